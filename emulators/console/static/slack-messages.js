// A message: who, when, its words and blocks, files, reactions, and what can be done with it.

import { renderBlocks, plan } from "./blocks.js";
import { ask } from "./dialogs.js";
import { button, el, timeOfDay } from "./dom.js";
import { fileCard } from "./slack-files.js";
import { icon } from "./slack-icons.js";
import { openMenu } from "./slack-menu.js";
import { attempt, isByApp, isMine, me, names, setThread, slack } from "./slack-store.js";
import { emoji, markdown, mrkdwn, typed } from "./text.js";

const TOGETHER_SECONDS = 300;
const REACTIONS = ["+1", "eyes", "tada", "heart", "no_bell"];
const edited = new Set(); // "channel/ts" of those that are being edited here
const dismissed = new Set(); // private notes that were put away
let redraw = () => {};

/** Have `draw` called when a message is to be shown otherwise although the state is the same. */
export function onMessageChange(draw) {
  redraw = draw;
}

const idOf = (message) => `${message.channel}/${message.ts}`;
export const isDismissed = (message) => dismissed.has(`${me().id}/${idOf(message)}`);

/** Whether a message stands under the one before it without a head of its own. */
export function isCompact(message, before) {
  if (!before || before.user !== message.user || message.visible_to || before.visible_to || before.subtype === "tombstone") return false;
  return Number(message.ts) - Number(before.ts) < TOGETHER_SECONDS;
}

/** What a message's node depends on, for `showList`. */
export function entryOf(message, before, inThread) {
  const editing = edited.has(idOf(message));
  return { message, compact: isCompact(message, before), inThread, editing, names: names() };
}

/** A picture for a person or the app. */
export function avatar(user, name, size = "") {
  if (user === slack().bot.id) return el("img", { className: `avatar ${size}`, src: "icon.svg", alt: "" });
  return el("span", { className: `avatar ${size} avatar-${user.slice(2, 3)}`, ariaHidden: "true" }, name[0]);
}

/** The node of a message. */
export function messageNode({ message, compact, inThread, editing }) {
  const name = names()[message.user] ?? message.user;
  const time = el("time", { dateTime: new Date(Number(message.ts) * 1000).toISOString() }, timeOfDay(Number(message.ts)));
  const mark = message.edited ? el("span", { className: "faint small" }, "(edited)") : null;
  const head = compact ? null : el("p", { className: "head" },
    el("strong", {}, name), isByApp(message) ? el("span", { className: "badge" }, "APP") : null, time, mark);
  const body = editing ? editor(message) : [content(message), compact ? mark : null, extras(message)];
  const classes = ["message", message.visible_to ? "private" : "", compact ? "compact" : "", editing ? "editing" : ""];
  const gutter = el("div", { className: "gutter" }, compact ? el("span", { className: "hover-time" }, timeOfDay(Number(message.ts))) : avatar(message.user, name));
  return el("article", { className: classes.join(" "), ariaLabel: `Message by ${name}`, "data-ts": message.ts },
    message.visible_to ? note(message) : null, gutter,
    el("div", { className: "body" }, head, body),
    editing || message.subtype === "tombstone" ? null : tools(message, inThread, name));
}

function note(message) {
  const away = () => {
    dismissed.add(`${me().id}/${idOf(message)}`);
    redraw();
  };
  return el("p", { className: "only-you" }, icon("eye"), el("span", {}, "Only visible to you"), button("Dismiss", away, { className: "link" }));
}

// -- what it says ----------------------------------------------------------------------------------------------

/** A message's words: blocks take the place of the text, except that a stream's Markdown stands before its blocks. */
function content(message) {
  if (message.subtype === "tombstone") return el("p", { className: "faint" }, message.text);
  const blocks = message.blocks.length ? renderBlocks(message.blocks, aroundOf(message)) : [];
  const isStream = message.stream && !(message.updated && message.blocks.length);
  const streamed = isStream ? [plan(message.stream.title, message.stream.tasks), markdown(message.text, names()), cursor(message.stream)] : [];
  const text = message.blocks.length || isStream ? [] : mrkdwn(message.text, names());
  return el("div", { className: "content" }, streamed, blocks, text);
}

function aroundOf(message) {
  return {
    names: names(),
    me: me().id,
    people: slack().people,
    channels: slack().channels,
    act: (part, value, kind) => act(message, part, value, kind),
    suggest: async () => [],
  };
}

function act(message, part, value, kind = "click") {
  const body = { user: me().id, channel: message.channel, ts: message.ts, action_id: part.action_id };
  return attempt(kind, value ? { ...body, value } : body);
}

function cursor(stream) {
  return stream.state === "streaming" ? el("span", { className: "cursor", role: "img", ariaLabel: "still writing" }) : null;
}

function extras(message) {
  const files = message.files.map(fileCard);
  const reactions = Object.entries(message.reactions).map(([name, users]) => {
    const who = users.map((user) => names()[user] ?? user).join(", ");
    const mine = users.includes(me().id);
    return button([emoji(name), el("span", {}, String(users.length))], () => react(message, name), {
      className: `reaction${mine ? " mine" : ""}`, ariaLabel: `${name}: ${who}`, title: who,
    });
  });
  return [files.length ? el("div", { className: "files" }, files) : null, reactions.length ? el("div", { className: "reactions" }, reactions) : null];
}

const react = (message, name) => attempt("react", { user: me().id, channel: message.channel, ts: message.ts, name });

// -- what can be done with it ----------------------------------------------------------------------------------

function tools(message, inThread, name) {
  if (message.visible_to) return null;
  const root = { channel: message.channel, ts: message.thread_ts ?? message.ts };
  const reply = inThread ? null : button(icon("reply"), () => setThread(root), { className: "tool", ariaLabel: `Reply in thread to ${name}`, title: "Reply in thread" });
  const more = el("button", {
    type: "button", className: "tool", ariaLabel: `More actions for the message by ${name}`, title: "More actions", ariaHasPopup: "menu",
    "data-menu": idOf(message), onclick: () => openMenu(more, "Message actions", menuOf(message, inThread, root)),
  }, icon("more"));
  return el("div", { className: "tools", role: "group", ariaLabel: "Message actions" }, reply, more);
}

function menuOf(message, inThread, root) {
  const reactions = REACTIONS.map((name) => ({ label: emoji(name), act: () => react(message, name), row: true }));
  const own = isMine(message)
    ? [{ label: "Edit message", act: () => edit(message) }, { label: "Delete message…", act: () => remove(message), className: "danger" }]
    : [];
  const shortcuts = slack().menu.shortcuts.filter((one) => one.type === "message").map((one) => ({
    label: one.name, about: slack().bot.name,
    act: () => attempt("shortcut", { user: me().id, callback_id: one.callback_id, channel: message.channel, ts: message.ts }),
  }));
  return [reactions, inThread ? [] : [{ label: "Reply in thread", act: () => setThread(root) }], shortcuts, own];
}

function edit(message) {
  edited.add(idOf(message));
  redraw();
  document.querySelector(".editor textarea")?.focus();
}

function editor(message) {
  const box = el("textarea", { ariaLabel: "Edit your message", value: typed(message.text, names()), rows: 2, maxLength: 12000 });
  const leave = () => {
    edited.delete(idOf(message));
    redraw();
    document.querySelector(`[data-menu="${idOf(message)}"]`)?.focus();
  };
  const save = async () => {
    if (!box.value.trim()) return;
    if (await attempt("edit", { user: me().id, channel: message.channel, ts: message.ts, text: box.value })) leave();
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) save();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return el("div", { className: "editor" }, box, el("p", { className: "decide" }, button("Cancel", leave), button("Save", save, { className: "primary" })));
}

const PLAIN = (text) => ({ type: "plain_text", text });

async function remove(message) {
  const question = {
    title: PLAIN("Delete message"), text: PLAIN("This message is deleted for everybody. It cannot be undone."),
    confirm: PLAIN("Delete"), deny: PLAIN("Cancel"), style: "danger",
  };
  if (await ask(question, names())) await attempt("delete", { user: me().id, channel: message.channel, ts: message.ts });
}
