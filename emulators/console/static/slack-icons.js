// The page's own pictures: line drawings of 20 by 20, in the colour of the text around them.

const NAMESPACE = "http://www.w3.org/2000/svg";
const PATHS = {
  attach: "M10 4v12M4 10h12",
  at: "M13 10a3 3 0 1 1-3-3 3 3 0 0 1 3 3Zm0 0v1.2a1.9 1.9 0 0 0 3.8 0V10a6.8 6.8 0 1 0-2.7 5.4",
  audio: "M4 8v4h3l4 3.5v-11L7 8H4Zm10-.8a4 4 0 0 1 0 5.6M16.2 5a7 7 0 0 1 0 10",
  back: "M12 4 6 10l6 6",
  bin: "M4 6h12M8 6V4h4v2M6 6l.8 10h6.4L14 6M8.6 9v4.5M11.4 9v4.5",
  close: "M5 5l10 10M15 5 5 15",
  command: "M12.5 3.5l-5 13",
  document: "M6 3h5.5L15 6.5V17H6V3Zm5 0v4h4M8.4 10.4h4.2M8.4 13.2h4.2",
  down: "M5.5 8 10 12.5 14.5 8",
  edit: "M4 16l.8-3.4L13 4.4l2.6 2.6-8.2 8.2L4 16Z",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5Zm5.3 0a2.2 2.2 0 1 0 4.4 0 2.2 2.2 0 0 0-4.4 0Z",
  film: "M3.5 5h13v10h-13V5Zm4.8 2.6v4.8l4-2.4-4-2.4Z",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  reply: "M3.5 4.5h13v9h-7l-3.5 3v-3H3.5v-9Z",
  send: "M3.5 3.8 17 10 3.5 16.2 5.2 10 3.5 3.8ZM5.2 10H11",
  smile: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM7.6 8.2h.01M12.4 8.2h.01M7 11.8a3.6 3.6 0 0 0 6 0",
  stop: "M6 6h8v8H6z",
  table: "M3.5 4.5h13v11h-13v-11Zm0 3.7h13M3.5 11.8h13M8.5 8.2v7.3",
  thumb_down: "M6 3.5v8M6 11.5h.8l2.6 5c1.3 0 2-.8 2-2.2v-2.1h3.2a1.5 1.5 0 0 0 1.4-1.9l-1.2-5a1.6 1.6 0 0 0-1.6-1.3H6M3.5 3.5v8",
  thumb_up: "M6 16.5v-8M6 8.5h.8l2.6-5c1.3 0 2 .8 2 2.2v2.1h3.2a1.5 1.5 0 0 1 1.4 1.9l-1.2 5a1.6 1.6 0 0 1-1.6 1.3H6M3.5 16.5v-8",
};

/** A picture by its name; it says nothing to screen readers, so what it stands on needs a label. */
export function icon(name) {
  const picture = document.createElementNS(NAMESPACE, "svg");
  const line = document.createElementNS(NAMESPACE, "path");
  picture.setAttribute("viewBox", "0 0 20 20");
  picture.setAttribute("class", `icon icon-${name}`);
  picture.setAttribute("aria-hidden", "true");
  line.setAttribute("d", PATHS[name]);
  picture.append(line);
  return picture;
}
