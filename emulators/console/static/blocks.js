// Block Kit as DOM nodes. What is not known is shown as JSON, so that nothing the app posts stays invisible.

import { ask } from "./dialogs.js";
import { button, el, link } from "./dom.js";
import { markdown, mrkdwn, plain } from "./text.js";

/**
 * The nodes of a message's blocks. `around` has `names` (ids to names), `me` (who looks) and `act(element, value)` for
 * presses and choices.
 */
export function renderBlocks(blocks, around) {
  return blocks.map((block) => el("div", { className: `block block-${block.type}` }, renderBlock(block, around)));
}

function renderBlock(block, around) {
  switch (block.type) {
    case "section": return section(block, around);
    case "context": return el("div", { className: "context" }, block.elements.map((one) => contextPart(one, around)));
    case "actions": return el("div", { className: "actions" }, block.elements.map((one) => element(one, around)));
    case "context_actions": return el("div", { className: "actions" }, block.elements.map((one) => element(one, around)));
    case "divider": return el("hr");
    case "header": return el("p", { className: "heading" }, plain(block.text.text));
    case "markdown": return markdown(block.text, around.names);
    case "image": return image(block);
    case "rich_text": return block.elements.map((part) => richPart(part, around));
    default: return unknown(block);
  }
}

function textObject(object, around) {
  return object.type === "mrkdwn" ? mrkdwn(object.text, around.names) : [plain(object.text)];
}

function section(block, around) {
  const words = block.text ? el("div", { className: "words" }, textObject(block.text, around)) : null;
  const fields = block.fields
    ? el("div", { className: "fields" }, block.fields.map((one) => el("div", {}, textObject(one, around))))
    : null;
  const accessory = block.accessory ? element(block.accessory, around) : null;
  return el("div", { className: accessory ? "with-accessory" : "" }, el("div", {}, words, fields), accessory);
}

function contextPart(part, around) {
  return part.type === "image" ? image(part, "small") : el("span", {}, textObject(part, around));
}

/** Pictures from outside are not loaded here: a link with their description stands in for them. */
function image(part, size = "large") {
  const url = part.image_url ?? "";
  const standIn = () => link(url, `🖼 ${part.alt_text || "picture"}`);
  if (!/^http:\/\/127\.0\.0\.1(:\d+)?\//.test(url)) return standIn();
  const picture = el("img", { src: url, alt: part.alt_text ?? "", className: size, loading: "lazy" });
  picture.addEventListener("error", () => picture.replaceWith(standIn()));
  const title = part.title ? el("figcaption", {}, plain(part.title.text)) : null;
  return size === "small" ? picture : el("figure", {}, title, picture);
}

function element(part, around) {
  if (part.visible_to_user_ids && !part.visible_to_user_ids.includes(around.me)) return null;
  switch (part.type) {
    case "button": return pressable(part, around);
    case "image": return image(part, "small");
    case "static_select":
    case "overflow": return menu(part, around);
    default: return unknown(part);
  }
}

function pressable(part, around) {
  const label = plain(part.text.text);
  const look = part.style ?? "ordinary";
  if (part.url && /^https?:\/\//i.test(part.url)) {
    const anchor = link(part.url, label);
    anchor.className = `pressable ${look}`;
    anchor.addEventListener("click", () => around.act(part, part.value));
    return anchor;
  }
  const press = async () => ((await confirmed(part, around)) ? around.act(part, part.value) : null);
  return button(label, press, { className: `pressable ${look}`, title: part.accessibility_label ?? null });
}

async function confirmed(part, around) {
  return !part.confirm || ask(part.confirm, around.names);
}

function menu(part, around) {
  const groups = part.option_groups ?? [];
  const options = [...(part.options ?? []), ...groups.flatMap((group) => group.options)];
  const label = part.placeholder ? plain(part.placeholder.text) : "More…";
  const begun = part.initial_option?.value ?? "";
  const choose = async () => {
    if (await confirmed(part, around)) await around.act(part, choice.value, "select");
    else choice.value = begun;
  };
  const choice = el(
    "select",
    { ariaLabel: label, onchange: choose },
    el("option", { value: "", disabled: true, selected: !begun }, label),
    options.map((option) => el("option", { value: option.value, selected: option.value === begun }, plain(option.text.text))),
  );
  return choice;
}

function richPart(part, around) {
  const inner = () => part.elements.flatMap((one) => richInline(one, around));
  switch (part.type) {
    case "rich_text_section": return el("div", {}, inner());
    case "rich_text_preformatted": return el("pre", {}, inner());
    case "rich_text_quote": return el("blockquote", {}, inner());
    case "rich_text_list": {
      const items = part.elements.map((item) => el("li", {}, richPart(item, around)));
      return el(part.style === "ordered" ? "ol" : "ul", {}, items);
    }
    default: return unknown(part);
  }
}

const STYLES = { bold: "strong", italic: "em", strike: "s", code: "code" };

function richInline(part, around) {
  switch (part.type) {
    case "text": {
      const tags = Object.entries(STYLES).filter(([style]) => part.style?.[style]);
      return [tags.reduce((inner, [, tag]) => el(tag, {}, inner), part.text)];
    }
    case "link": return [link(part.url, part.text ?? part.url)];
    case "user": return mrkdwn(`<@${part.user_id}>`, around.names);
    case "channel": return mrkdwn(`<#${part.channel_id}>`, around.names);
    case "broadcast": return mrkdwn(`<!${part.range}>`, around.names);
    case "emoji": return mrkdwn(`:${part.name}:`, around.names);
    default: return [unknown(part)];
  }
}

function unknown(part) {
  const summary = el("summary", {}, `${part.type ?? "block"} (not drawn here)`);
  return el("details", { className: "unknown" }, summary, el("pre", {}, JSON.stringify(part, null, 2)));
}
