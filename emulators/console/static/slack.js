// The left side: people, channels, messages with their threads, and the composers.

import { post } from "./api.js";
import { button, el, showList, showValue, timeOfDay } from "./dom.js";
import { renderBlocks } from "./blocks.js";
import { showModal } from "./modals.js";
import { markdown, mrkdwn } from "./text.js";

const page = Object.fromEntries(
  ["person", "channels", "directs", "channel-name", "timeline", "prompts", "composer", "problem"].map((id) => [
    id,
    document.getElementById(id),
  ]),
);
const address = new URLSearchParams(location.hash.slice(1));
const chosen = { person: address.get("person") ?? "alice", place: address.get("place") ?? "videos" };
const openThreads = new Map(); // by "channel/ts", what the person wants; without an entry the newest are open
const seen = new Map(); // newest ts looked at, by channel
const OPEN_BY_ITSELF = 2;

let state = null;

/** Show the Slack part of a new state. */
export function showSlack(newState) {
  state = newState;
  const atEnd = page.timeline.scrollHeight - page.timeline.scrollTop - page.timeline.clientHeight < 60;
  showPeople();
  showPlaces();
  showTimeline();
  showPrompts();
  showModal(slack().views, me().id, names());
  if (atEnd) page.timeline.scrollTop = page.timeline.scrollHeight;
}

/** Say why something could not be done; the next success clears it. */
export function showProblem(text) {
  page.problem.textContent = text;
  page.problem.hidden = !text;
}

/** Do an action of the page, and say so when it is refused. */
export async function attempt(path, body) {
  try {
    await post(path, body);
    showProblem("");
    return true;
  } catch (error) {
    showProblem(error.message);
    return false;
  }
}

// -- who and where ---------------------------------------------------------------------------------------------

const slack = () => state.slack;
const me = () => slack().people.find((person) => person.name === chosen.person) ?? slack().people[0];

function names() {
  const people = slack().people.map((person) => [person.id, person.real_name]);
  const channels = slack().channels.map((channel) => [channel.id, channel.name]);
  const groups = slack().groups.map((group) => [`subteam^${group.id}`, `@${group.handle}`]);
  return Object.fromEntries([...people, ...channels, ...groups, [slack().bot.id, slack().bot.name], ["USLACKBOT", "Slackbot"]]);
}

/** The conversation with the app may not exist yet; it opens with the first message. */
function direct() {
  const { bot, channels } = slack();
  const both = [bot.id, me().id];
  const found = channels.find((one) => one.kind === "im" && both.every((id) => one.members.includes(id)));
  return { messages: [], kind: "im", ...found, id: found?.id ?? bot.id, name: bot.name };
}

function places() {
  const joined = slack().channels.filter((one) => one.kind !== "im" && one.members.includes(me().id));
  return { channels: joined, directs: [direct()] };
}

function here() {
  const { channels, directs } = places();
  return chosen.place === "@app" ? directs[0] : channels.find((one) => one.name === chosen.place) ?? channels[0];
}

const keyOf = (place) => (place.kind === "im" ? "@app" : place.name);
const titleOf = (place) => (place.kind === "im" ? place.name : `# ${place.name}`);

function choose(change) {
  Object.assign(chosen, change);
  const rest = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of Object.entries(chosen)) rest.set(name, value);
  history.replaceState(null, "", `#${rest}`);
  showProblem("");
  showSlack(state);
  page.timeline.scrollTop = page.timeline.scrollHeight;
}

function showPeople() {
  const people = slack().people.map((person) => ({ name: person.name, label: labelOf(person) }));
  showValue(page.person, people, () => people.map(({ name, label }) => el("option", { value: name }, label)));
  page.person.value = me().name;
}

/** A name, and what makes this person different: a guest, or a member of user groups. */
function labelOf(person) {
  const groups = slack().groups.filter((group) => group.members.includes(person.id)).map((group) => `@${group.handle}`);
  const marks = [...(person.guest ? ["guest"] : []), ...groups].join(", ");
  return marks ? `${person.real_name} (${marks})` : person.real_name;
}

page.person.addEventListener("change", () => choose({ person: page.person.value }));

function showPlaces() {
  const { channels, directs } = places();
  seen.set(here().id, newestIn(here()));
  for (const [list, found] of [[page.channels, channels], [page.directs, directs]]) {
    const items = found.map((place) => ({
      key: keyOf(place),
      title: titleOf(place),
      current: keyOf(place) === keyOf(here()),
      unread: newestIn(place) > (seen.get(place.id) ?? 0),
    }));
    showList(list, items, (item) => item.key, placeEntry);
  }
  page["channel-name"].textContent = titleOf(here());
}

function newestIn(place) {
  return Math.max(0, ...place.messages.map((message) => Number(message.ts)));
}

function placeEntry({ key, title, current, unread }) {
  const mark = unread ? el("span", { className: "unread" }, " new") : null;
  const open = el("button", { type: "button", onclick: () => choose({ place: key }) }, title, mark);
  if (current) open.setAttribute("aria-current", "true");
  return el("li", {}, open);
}

// -- messages --------------------------------------------------------------------------------------------------

const inOrder = (one, other) => Number(one.ts) - Number(other.ts);
const isReply = (message) => message.thread_ts && message.thread_ts !== message.ts;

/** Every message this person sees here, private notes among them. */
function visible(place) {
  const notes = slack().private.filter((note) => note.channel === place.id && note.visible_to === me().id);
  return [...place.messages, ...notes].sort(inOrder);
}

function showTimeline() {
  const place = here();
  const all = visible(place);
  const known = new Set(all.filter((message) => !isReply(message)).map((message) => message.ts));
  const roots = all.filter((m) => !isReply(m) || m.subtype === "thread_broadcast" || !known.has(m.thread_ts));
  const items = roots.map((root) => ({ key: `${place.id}/${root.ts}/${me().id}` }));
  if (!roots.length) {
    showList(page.timeline, [{ key: `empty/${place.id}`, place: titleOf(place) }], (item) => item.key, emptyPlace);
    return;
  }
  showList(page.timeline, items, (item) => item.key, () => el("div", { className: "entry" }, el("div"), el("div")));
  const withReplies = roots.filter((root) => all.some((m) => isReply(m) && m.thread_ts === root.ts));
  const newest = new Set(withReplies.slice(-OPEN_BY_ITSELF).map((root) => root.ts));
  roots.forEach((root, index) => {
    const [holder, thread] = page.timeline.children[index].children;
    showValue(holder, [root, names()], () => messageNode(root));
    showThread(thread, root, all.filter((m) => isReply(m) && m.thread_ts === root.ts), newest.has(root.ts));
  });
}

function emptyPlace({ place }) {
  return el("p", { className: "empty" }, `Nothing in ${place} yet. Try one of the suggestions below, or write your own.`);
}

function showThread(holder, root, replies, byItself) {
  if (root.visible_to) return;
  const key = `${root.channel}/${root.ts}`;
  const status = slack().statuses.find((one) => one.channel === root.channel && one.thread_ts === root.ts);
  const open = openThreads.get(key) ?? (byItself || Boolean(status));
  const parts = threadParts(holder, key, root);
  const count = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  showValue(parts.toggle, [replies.length, open], () => (replies.length ? count : open ? "Close thread" : "Reply in thread"));
  parts.toggle.setAttribute("aria-expanded", String(open));
  parts.box.hidden = !open;
  if (!open) return;
  showList(parts.replies, replies.map((reply) => [reply, names(), me().id]), ([reply]) => reply.ts, ([reply]) => messageNode(reply));
  showValue(parts.status, status ?? null, (line) => (line ? statusLine(line) : []));
}

const threads = new WeakMap();

/** The parts of a thread, made once, so that a half-written reply and the focus survive every update. */
function threadParts(holder, key, root) {
  if (threads.has(holder)) return threads.get(holder);
  const toggle = button("", () => setOpen(key, parts.box.hidden), { className: "toggle" });
  const replies = el("div");
  const status = el("div");
  const writer = composer("Reply…", "Reply in the thread", (text) => sayInThread(root, text));
  const parts = { toggle, replies, status, box: el("div", { className: "thread" }, replies, status, writer) };
  holder.append(toggle, parts.box);
  threads.set(holder, parts);
  return parts;
}

function setOpen(key, open) {
  openThreads.set(key, open);
  showSlack(state);
}

function statusLine(line) {
  const stop = line.can_stop
    ? button("Stop", () => attempt("stop", { user: me().id, channel: line.channel, thread_ts: line.thread_ts }), {
        className: "quiet small",
      })
    : null;
  return el("p", { className: "status", role: "status" }, `${slack().bot.name} ${line.text}`, stop);
}

function messageNode(message) {
  const name = names()[message.user] ?? message.user;
  const isApp = message.user === slack().bot.id;
  const note = message.visible_to ? el("p", { className: "only-you" }, "👁 Only visible to you") : null;
  const head = el(
    "p",
    { className: "head" },
    el("strong", {}, name),
    isApp ? el("span", { className: "badge" }, "APP") : null,
    el("time", {}, timeOfDay(Number(message.ts))),
    message.edited ? el("span", { className: "faint" }, "(edited)") : null,
  );
  const initials = el("span", { className: `avatar avatar-${isApp ? "app" : message.user.slice(2, 3)}`, ariaHidden: "true" }, name[0]);
  const body = el("div", { className: "body" }, note, head, content(message), extras(message));
  return el("article", { className: message.visible_to ? "message private" : "message", ariaLabel: `Message by ${name}` }, initials, body);
}

/** A message's words: blocks take the place of the text, except that a stream's Markdown stands before its blocks. */
function content(message) {
  if (message.subtype === "tombstone") return el("p", { className: "faint" }, message.text);
  const around = { names: names(), me: me().id, act: (part, value, kind) => act(message, part, value, kind) };
  const blocks = message.blocks.length ? renderBlocks(message.blocks, around) : [];
  const isStream = message.stream && !(message.updated && message.blocks.length);
  const streamed = isStream ? [tasks(message.stream), markdown(message.text, names()), cursor(message.stream)] : [];
  const text = message.blocks.length || isStream ? [] : mrkdwn(message.text, names());
  return el("div", { className: "content" }, streamed, blocks, text);
}

function cursor(stream) {
  return stream.state === "streaming" ? el("span", { className: "cursor", ariaLabel: "still writing" }, "▍") : null;
}

const TASK_MARKS = { pending: "○", in_progress: "◐", complete: "✓", error: "✕" };

function tasks(stream) {
  const title = stream.title ? el("p", { className: "heading" }, stream.title) : null;
  const items = stream.tasks.map((task) =>
    el("li", {}, `${TASK_MARKS[task.status] ?? "·"} ${task.title}`, task.details ? el("span", { className: "faint" }, ` ${task.details}`) : null),
  );
  return [title, items.length ? el("ul", { className: "tasks" }, items) : null];
}

function extras(message) {
  const files = message.files.map((file) => el("p", { className: "file" }, `📎 ${file.name} (${file.size} bytes)`));
  const reactions = Object.entries(message.reactions).map(([name, users]) =>
    el("span", { className: "reaction" }, mrkdwn(`:${name}:`, {}), ` ${users.length}`),
  );
  return [files, reactions.length ? el("p", {}, reactions) : null];
}

function act(message, part, value, kind = "click") {
  const body = { user: me().id, channel: message.channel, ts: message.ts, action_id: part.action_id };
  return attempt(kind, value ? { ...body, value } : body);
}

// -- writing ---------------------------------------------------------------------------------------------------

function composer(placeholder, label, send) {
  const text = el("textarea", { rows: 1, placeholder, ariaLabel: label, maxLength: 12000 });
  const submit = async () => {
    if (text.value.trim() && (await send(text.value))) text.value = "";
    fit(text);
  };
  text.addEventListener("input", () => fit(text));
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  return el("div", { className: "composer" }, text, button("Send", submit, { className: "send" }));
}

function fit(text) {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

async function sayHere(text) {
  const target = { user: me().id, channel: here().id };
  const command = text.trim().match(/^(\/\S+)\s*([\s\S]*)$/);
  const done = command
    ? await attempt("command", { ...target, command: command[1], text: command[2] })
    : await attempt("say", { ...target, text });
  page.timeline.scrollTop = page.timeline.scrollHeight;
  return done;
}

function sayInThread(root, text) {
  if (/^\/\S/.test(text.trim())) {
    showProblem("Slack has no slash commands in threads. Type it in the box at the bottom, or say it in words.");
    return false;
  }
  return attempt("say", { user: me().id, channel: root.channel, text, thread_ts: root.ts });
}

const writer = composer("", "Message", sayHere);
page.composer.append(writer);

function showPrompts() {
  const direct = here().kind === "im";
  const mention = direct ? "" : `@${slack().bot.name} `;
  const box = writer.querySelector("textarea");
  box.placeholder = direct ? `Message ${here().name}, or /heygen help` : `Message #${here().name}: ask ${mention}…, or /heygen help`;
  box.ariaLabel = `Message ${titleOf(here())}`;
  const source = `${state.heygen.url}/sources/launch.mp4`;
  const prompts = [
    ["Translate a video", `${mention}translate ${source} into French, German and Japanese`],
    ["What is running?", `${mention}what is running?`, "follow up"],
    ["How much credit is left?", `${mention}how much credit is left?`],
    ["/heygen jobs", "/heygen jobs"],
    ["/heygen help", "/heygen help"],
  ];
  showValue(page.prompts, prompts, () =>
    prompts.map(([label, text, follow]) => {
      const send = () => (follow ? followUp(text) : sayHere(text));
      return button(label, send, { className: "chip", title: follow ? `${text} (in the newest thread)` : text });
    }),
  );
}

/** Ask in the newest thread that the app is in: it knows the jobs of its own thread. */
function followUp(text) {
  const place = here();
  const answered = place.messages.filter((message) => message.user === slack().bot.id && message.thread_ts);
  const root = place.messages.find((message) => message.ts === answered.at(-1)?.thread_ts);
  return root ? sayInThread(root, text) : sayHere(text);
}
