// Block Kit as DOM nodes. What is not known is shown as JSON, so that nothing the app posts stays invisible.

import { el, link } from "./dom.js";
import { element } from "./slack-elements.js";
import { emoji, markdown, mrkdwn, plain } from "./text.js";

/**
 * The nodes of a message's blocks. `around` has `names` (ids to names), `me` (who looks), `people`, `channels`, the
 * `values` of inputs, `suggest(element, query)` and `act(element, value, kind)` for presses and choices.
 */
export function renderBlocks(blocks, around) {
  return blocks.map((block) => el("div", { className: `block block-${block.type}` }, renderBlock(block, around)));
}

function renderBlock(block, around) {
  switch (block.type) {
    case "section": return section(block, around);
    case "context": return el("div", { className: "context" }, block.elements.map((one) => contextPart(one, around)));
    case "context_actions":
    case "actions": return el("div", { className: "actions" }, block.elements.map((one) => element(one, block, around)));
    case "divider": return el("hr");
    case "header": return el("p", { className: "heading", role: "heading", ariaLevel: "3" }, plain(block.text.text));
    case "markdown": return markdown(block.text, around.names);
    case "image": return image(block);
    case "video": return video(block);
    case "rich_text": return block.elements.map((part) => richPart(part, around));
    case "table": return table(block, around);
    case "alert": return el("div", { className: `alert ${block.level ?? "default"}` }, textObject(block.text, around));
    case "plan": return plan(block.title, (block.tasks ?? []).map((task) => ({ ...task, rich: around })));
    case "task_card": return plan("", [{ ...block, rich: around }]);
    case "card": return card(block, around);
    case "carousel": return el("div", { className: "carousel" }, block.elements.map((one) => card(one, around)));
    case "container": return container(block, around);
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
  const part = block.accessory;
  const accessory = part ? (part.type === "image" ? image(part, "accessory") : element(part, block, around)) : null;
  return el("div", { className: accessory ? "with-accessory" : "" }, el("div", {}, words, fields), accessory);
}

function contextPart(part, around) {
  return part.type === "image" ? image(part, "small") : el("span", {}, textObject(part, around));
}

const isLocal = (url) => /^http:\/\/127\.0\.0\.1(:\d+)?\//.test(url);

/** Pictures from outside are not loaded here: a link with their description stands in for them. */
function image(part, size = "large") {
  const url = part.image_url ?? "";
  const standIn = () => link(url, `🖼 ${part.alt_text || "picture"}`);
  if (!isLocal(url)) return standIn();
  const picture = el("img", { src: url, alt: part.alt_text ?? "", className: size, loading: "lazy" });
  picture.addEventListener("error", () => picture.replaceWith(standIn()));
  const title = part.title ? el("figcaption", {}, plain(part.title.text)) : null;
  return size === "large" ? el("figure", {}, title, picture) : picture;
}

function video(block) {
  const title = link(block.title_url ?? block.video_url, plain(block.title.text));
  title.className = "video-title";
  const by = [block.provider_name, block.author_name].filter(Boolean).join(" · ");
  return el("figure", { className: "video-block" },
    by ? el("span", { className: "faint" }, by) : null,
    title,
    block.description ? el("span", { className: "faint" }, plain(block.description.text)) : null,
    image({ image_url: block.thumbnail_url, alt_text: block.alt_text }, "thumbnail"),
  );
}

function table(block, around) {
  const cell = (one) => (one.type === "rich_text" ? one.elements.map((part) => richPart(part, around)) : String(one.text ?? one.number ?? ""));
  const rows = block.rows.map((row, index) => el("tr", {}, row.map((one) => el(index ? "td" : "th", {}, cell(one)))));
  return el("div", { className: "scroll" }, el("table", {}, rows));
}

const TASK_WORDS = { pending: "to do", in_progress: "under way", complete: "done", error: "failed" };

/** A plan with its tasks, as a stream builds it up or a block holds it; null where there is nothing in it. */
export function plan(title, tasks) {
  if (!title && !tasks.length) return null;
  const words = (part, rich) => (typeof part === "string" ? part : part && rich ? part.elements.map((one) => richPart(one, rich)) : null);
  const row = (task) => el("li", { className: `task ${task.status ?? "pending"}` },
    el("span", { className: "task-mark", role: "img", ariaLabel: TASK_WORDS[task.status] ?? "to do" }),
    el("div", {}, el("span", {}, task.title),
      [task.details, task.output].filter(Boolean).map((part) => el("div", { className: "faint" }, words(part, task.rich)))),
  );
  return el("div", { className: "plan" }, title ? el("p", { className: "plan-title" }, title) : null, el("ul", {}, tasks.map(row)));
}

function card(block, around) {
  return el("div", { className: "card-block" },
    block.hero_image ? image(block.hero_image, "thumbnail") : null,
    block.title ? el("strong", {}, textObject(block.title, around)) : null,
    block.subtitle ? el("span", { className: "faint" }, textObject(block.subtitle, around)) : null,
    block.body ? el("div", {}, textObject(block.body, around)) : null,
    block.actions ? el("div", { className: "actions" }, block.actions.map((one) => element(one, block, around))) : null,
  );
}

function container(block, around) {
  const inside = renderBlocks(block.child_blocks, around);
  const title = block.title ? plain(block.title.text) : "";
  if (!block.is_collapsible) return el("div", { className: "card-block" }, title ? el("strong", {}, title) : null, inside);
  return el("details", { className: "card-block", open: !block.default_collapsed }, el("summary", {}, title || "More"), inside);
}

// -- rich text -------------------------------------------------------------------------------------------------

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
    case "rich_text": return part.elements.map((one) => richPart(one, around));
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
    case "usergroup": return mrkdwn(`<!subteam^${part.usergroup_id}>`, around.names);
    case "channel": return mrkdwn(`<#${part.channel_id}>`, around.names);
    case "broadcast": return mrkdwn(`<!${part.range}>`, around.names);
    case "emoji": return [emoji(part.name)];
    default: return [unknown(part)];
  }
}

function unknown(part) {
  const summary = el("summary", {}, `${part.type ?? "block"} (not drawn here)`);
  return el("details", { className: "unknown" }, summary, el("pre", {}, JSON.stringify(part, null, 2)));
}
