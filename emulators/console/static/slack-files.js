// Files: sending what a person drops or picks, and showing what stands in messages.

import { el } from "./dom.js";
import { icon } from "./slack-icons.js";

const KINDS = { video: "film", audio: "audio", image: "eye", text: "document" };
const TABLES = ["CSV", "TSV"];
const UPLOAD_MILLISECONDS = 120_000;

/** Send a file as a person and give back its id; rejects with the server's sentence. It is not shared yet. */
export async function upload(user, file) {
  const query = new URLSearchParams({ user, name: file.name });
  const answer = await fetch(`/api/upload?${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: file,
    signal: AbortSignal.timeout(UPLOAD_MILLISECONDS),
  });
  const result = await answer.json().catch(() => ({ error: `The playground answered ${answer.status}.` }));
  if (!answer.ok) throw new Error(result.error);
  return result.file;
}

/** A size as people say it. */
export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

const isTable = (file) => TABLES.includes(file.ending);
const pictureOf = (file) => (isTable(file) ? "table" : KINDS[file.type.split("/")[0]] ?? "document");

/** The card of a file in a message: a player, a picture, the first lines, or its name alone. */
export function fileCard(file) {
  const address = `/files/${file.id}`;
  const head = el("a", { className: "file-head", href: address, target: "_blank", rel: "noopener", download: file.name },
    el("span", { className: `file-mark ${isTable(file) ? "table" : file.type.split("/")[0]}` }, icon(pictureOf(file))),
    el("span", { className: "file-words" }, el("strong", {}, file.name), el("span", { className: "faint" }, `${file.ending || "File"} · ${sizeOf(file.size)}`)),
  );
  return el("div", { className: "file" }, head, player(file, address), isTable(file) ? rows(file.preview) : lines(file.preview));
}

function player(file, address) {
  switch (file.shown) {
    case "video": return media("video", file, address, { playsInline: true });
    case "audio": return media("audio", file, address, {});
    case "image": return el("img", { src: address, alt: file.name, className: "large", loading: "lazy" });
    default: return null;
  }
}

/** A player; what the browser cannot play keeps only its card. */
function media(tag, file, address, more) {
  const node = el(tag, { ...more, src: address, controls: true, preload: "metadata", ariaLabel: file.name });
  node.addEventListener("error", () => node.remove());
  return node;
}

function lines(preview) {
  return preview ? el("pre", { className: "preview" }, preview) : null;
}

function rows(preview) {
  if (!preview) return null;
  const cells = preview.split("\n").map((line) => line.split(/[,;\t]/));
  const row = (found, tag) => el("tr", {}, found.slice(0, 5).map((cell) => el(tag, {}, cell.replaceAll('"', ""))));
  return el("div", { className: "scroll preview" }, el("table", {}, cells.map((found, index) => row(found, index ? "td" : "th"))));
}
