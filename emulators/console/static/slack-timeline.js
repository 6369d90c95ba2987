// The messages of a conversation, and the thread in the pane beside it.

import { button, el, showList, showValue, timeOfDay } from "./dom.js";
import { icon } from "./slack-icons.js";
import { avatar, entryOf, isDismissed, messageNode } from "./slack-messages.js";
import {
  attempt, here, isOpen, isReply, look, me, names, openThread, setThread, slack, statusOf, threadOf, titleOf, unseen, visible,
} from "./slack-store.js";

const timeline = document.getElementById("timeline");
const pane = document.getElementById("thread");
const parts = {
  place: document.getElementById("thread-place"),
  messages: document.getElementById("thread-messages"),
  status: document.getElementById("thread-status"),
};
const CLOSE_TO_THE_END = 80; // pixels
const FACES = 4;

/** Whether a list that scrolls shows its end, so that it may follow what comes. */
const followed = (node) => node.scrollHeight - node.scrollTop - node.clientHeight < CLOSE_TO_THE_END;
const toEnd = (node) => {
  node.scrollTop = node.scrollHeight;
};

// -- the channel -----------------------------------------------------------------------------------------------

/** Show the conversation that is looked at. */
export function showTimeline() {
  const place = here();
  const follow = followed(timeline);
  const all = visible(place).filter((message) => !isDismissed(message));
  const known = new Set(all.filter((message) => !isReply(message)).map((message) => message.ts));
  const roots = all.filter((one) => !isReply(one) || one.subtype === "thread_broadcast" || !known.has(one.thread_ts));
  look(place.id, all);
  const entries = roots.length ? withDays(roots, all) : [{ key: `empty/${place.id}`, empty: titleOf(place) }];
  showList(timeline, entries, (entry) => entry.key, entryNode);
  if (follow) toEnd(timeline);
}

export const scrollToEnd = () => toEnd(timeline);

function withDays(roots, all) {
  return roots.flatMap((root, index) => {
    const before = roots[index - 1];
    const day = dayOf(root);
    const isNew = !before || dayOf(before) !== day;
    const replies = all.filter((one) => isReply(one) && one.thread_ts === root.ts);
    const entry = { key: `${root.channel}/${root.ts}/${me().id}`, ...entryOf(root, isNew || threadFollows(before, all) ? null : before, false), bar: barOf(root, replies) };
    return isNew ? [{ key: `day/${day}`, day }, entry] : [entry];
  });
}

const threadFollows = (before, all) => all.some((one) => isReply(one) && one.thread_ts === before.ts);

function dayOf(message) {
  const day = new Date(Number(message.ts) * 1000);
  return day.toDateString() === new Date().toDateString() ? "Today" : day.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
}

function entryNode(entry) {
  if (entry.empty) return el("div", { className: "empty" }, el("p", { className: "heading" }, `This is the very beginning of ${entry.empty}`), el("p", {}, "Try one of the suggestions below, or write your own."));
  if (entry.day) return el("p", { className: "day" }, el("span", {}, entry.day));
  const node = messageNode(entry);
  const bar = threadBar(entry);
  if (bar) node.querySelector(".body").append(bar);
  return node;
}

/** What the line under a root tells of its thread; null where there is none. */
function barOf(root, replies) {
  if (root.visible_to) return null;
  const status = statusOf(root.channel, root.ts);
  if (!replies.length && !status) return null;
  const users = [...new Set(replies.filter((one) => !one.visible_to).map((one) => one.user))].slice(0, FACES);
  const isNew = unseen(`${root.channel}/${root.ts}`, replies).length > 0 && !isOpen(root);
  return { count: replies.length, users, last: replies.at(-1)?.ts ?? null, open: isOpen(root), isNew, status: status?.text ?? null };
}

function threadBar({ message: root, bar }) {
  if (!bar) return null;
  const count = bar.count ? `${bar.count} ${bar.count === 1 ? "reply" : "replies"}` : "Thread";
  const working = bar.status ? el("span", { className: "working" }, `${slack().bot.name} ${bar.status}`) : null;
  const last = bar.last && !working ? el("span", { className: "faint" }, `Last reply ${timeOfDay(Number(bar.last))}`) : null;
  return button(
    [...bar.users.map((user) => avatar(user, names()[user] ?? user, "tiny")), el("strong", {}, count), bar.isNew ? el("span", { className: "new" }, "New") : null, working, last],
    () => setThread(bar.open ? null : { channel: root.channel, ts: root.ts }),
    { className: `thread-bar${bar.open ? " open" : ""}`, "aria-expanded": String(bar.open), "aria-controls": "thread" },
  );
}

// -- the thread ------------------------------------------------------------------------------------------------

/** Show the thread in the pane, or no pane; gives back the thread's root. */
export function showThread() {
  const open = openThread();
  const found = open ? threadOf(open.channel, open.ts) : null;
  pane.hidden = !found?.root;
  pane.parentElement.classList.toggle("with-thread", !pane.hidden);
  if (pane.hidden) return null;
  const { place, root } = found;
  const replies = found.replies.filter((message) => !isDismissed(message));
  const key = `${open.channel}/${open.ts}`;
  const isOther = parts.messages.dataset.thread !== key;
  const follow = isOther || followed(parts.messages);
  parts.messages.dataset.thread = key;
  look(key, replies);
  showValue(parts.place, titleOf(place), (title) => title);
  const entry = (message, index) => ({ key: message.ts, ...entryOf(message, index ? replies[index - 1] : null, true) });
  const count = replies.length ? [{ key: "count", count: `${replies.length} ${replies.length === 1 ? "reply" : "replies"}` }] : [];
  const entries = [{ key: `root/${root.ts}`, ...entryOf(root, null, true) }, ...count, ...replies.map(entry)];
  showList(parts.messages, entries, (one) => one.key, (one) => (one.count ? el("p", { className: "count" }, el("span", {}, one.count)) : messageNode(one)));
  showValue(parts.status, statusOf(root.channel, root.ts) ?? null, (line) => (line ? statusLine(line) : []));
  if (follow) toEnd(parts.messages);
  return root;
}

function statusLine(line) {
  const press = () => attempt("stop", { user: me().id, channel: line.channel, thread_ts: line.thread_ts });
  const stop = line.can_stop ? button([icon("stop"), "Stop"], press, { className: "stop" }) : null;
  const dots = el("span", { className: "dots", ariaHidden: "true" }, el("i"), el("i"), el("i"));
  return [dots, el("span", {}, el("strong", {}, slack().bot.name), ` ${line.text}`), stop];
}

document.getElementById("thread-close").addEventListener("click", leave);
pane.addEventListener("keydown", (event) => event.key === "Escape" && leave());

/** Close the pane; the focus goes back to the line that opened it. */
function leave() {
  const { ts } = openThread() ?? {};
  setThread(null);
  (timeline.querySelector(`[data-ts="${ts}"] .thread-bar`) ?? timeline).focus();
}
