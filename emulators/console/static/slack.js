// The Slack side of the page: brings sidebar, conversation, thread, Home and modals to each new state.

import { button, el, showValue } from "./dom.js";
import { showModal } from "./modals.js";
import { composer, dropTarget } from "./slack-composer.js";
import { showHome } from "./slack-home.js";
import { icon } from "./slack-icons.js";
import { onMessageChange } from "./slack-messages.js";
import { showSidebar } from "./slack-sidebar.js";
import {
  attempt, choose, chosenNow, here, isByApp, isHome, isMine, isReply, me, onChoice, openThread, setState, setThread,
  showProblem, slack, statusOf, titleOf, whole,
} from "./slack-store.js";
import { scrollToEnd, showThread, showTimeline } from "./slack-timeline.js";

export { attempt, showProblem };

const page = Object.fromEntries(
  ["channel-name", "place-tabs", "timeline", "prompts", "composer", "thread", "thread-composer", "thread-close"].map((id) => [id, document.getElementById(id)]),
);
const conversation = document.querySelector(".conversation");
const WIDE = matchMedia("(min-width: 961px)");
const EXAMPLE = /https:\/\/example\.com\/\S+/; // nothing is there; HeyGen's emulator has a film of its own
const NO_COMMANDS = "Slack has no slash commands in threads. Type it in the box of the channel, or say it in words.";
const began = new Set(); // "channel/ts" of threads that have opened by themselves
const writer = composer(sayHere);
const replier = composer(sayInThread);
let isFirst = true;

page.composer.append(writer.node);
page["thread-composer"].append(replier.node);
page["thread-close"].append(icon("close"));
dropTarget(conversation, () => (isHome() ? "" : `Share in ${titleOf(here())}`), (files) => writer.add(files));
dropTarget(page.thread, () => "Share in this thread", (files) => replier.add(files));
// A file that misses would be opened in the place of the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());
// On a narrow screen Slack takes what the page's head and the tour leave of it.
const above = [document.querySelector(".top"), document.getElementById("tour")];
const measure = () => document.body.style.setProperty("--above", `${above.reduce((sum, node) => sum + node.offsetHeight, 0)}px`);
for (const node of above) new ResizeObserver(measure).observe(node);
onMessageChange(() => draw());
onChoice((before) => {
  const { person, place } = chosenNow();
  draw();
  if (before.place !== place || before.person !== person) scrollToEnd();
});

/** Show the Slack part of a new state. */
export function showSlack(newState) {
  setState(newState);
  if (isFirst) begin();
  else openByItself();
  draw();
}

function draw() {
  showBar();
  showHome(isHome());
  page.timeline.hidden = page.composer.hidden = isHome();
  const before = openThread();
  const root = showThread();
  if (before && !root) setTimeout(() => openThread() === before && setThread(null)); // it is gone
  showTimeline();
  conversation.inert = Boolean(root) && !WIDE.matches; // the thread lies over it
  showWriters(root);
  showPrompts();
  showSidebar(); // what was just shown is not new any more
  showModal(slack().views, me().id);
}

/** What was there when the page was opened: the newest conversation stands beside the channel, where there is room. */
function begin() {
  isFirst = false;
  const replies = here().messages.filter(isReply);
  for (const reply of replies) began.add(keyOf(reply.channel, reply.thread_ts));
  const newest = replies.at(-1);
  if (newest && WIDE.matches && !isHome()) setThread({ channel: newest.channel, ts: newest.thread_ts });
  else if (isHome()) choose({});
  scrollToEnd();
}

const keyOf = (channel, ts) => `${channel}/${ts}`;

/** A thread opens by itself once the app answers in it what this person has begun here. */
function openByItself() {
  if (isHome() || replier.box.value) return;
  const place = here();
  const mine = place.messages.filter((one) => !isReply(one) && isMine(one) && !began.has(keyOf(place.id, one.ts)));
  const answered = mine.filter((root) => statusOf(place.id, root.ts) || place.messages.some((one) => isByApp(one) && one.thread_ts === root.ts));
  for (const root of answered) began.add(keyOf(place.id, root.ts));
  const root = answered.at(-1);
  if (root && !page.thread.contains(document.activeElement)) setThread({ channel: place.id, ts: root.ts });
}

// -- the bar over the conversation -----------------------------------------------------------------------------

function showBar() {
  const place = here();
  const isApp = place.kind === "im";
  showValue(page["channel-name"], [titleOf(place), place.members?.length], ([title, members]) => [
    isApp ? el("img", { src: "icon.svg", alt: "", className: "avatar tiny" }) : null,
    el("span", {}, title),
    isApp ? el("span", { className: "badge" }, "APP") : el("span", { className: "faint members" }, `${members} members`),
  ]);
  page["place-tabs"].hidden = !isApp;
  showValue(page["place-tabs"], isHome(), (home) => [["Messages", "@app", !home], ["Home", "@app/home", home]].map(([label, key, current]) => {
    const tab = button(label, () => choose({ place: key }), { className: "place-tab" });
    if (current) tab.setAttribute("aria-current", "page");
    return tab;
  }));
}

// -- writing ---------------------------------------------------------------------------------------------------

function showWriters(root) {
  const place = here();
  const where = place.kind === "im" ? place.name : `#${place.name}`;
  writer.aim(`${me().id}/${place.id}`, `Message ${titleOf(place)}`, `Message ${where}`, true);
  if (root) replier.aim(`${me().id}/${root.channel}/${root.ts}`, "Reply in the thread", "Reply…", false);
}

async function sayHere(text, files) {
  const target = { user: me().id, channel: here().id };
  const command = files.length ? null : text.trim().match(/^(\/\S+)\s*([\s\S]*)$/);
  const done = command
    ? await attempt("command", { ...target, command: command[1], text: command[2] })
    : await attempt("say", { ...target, ...words(text), files });
  scrollToEnd();
  return done;
}

const words = (text) => (text.trim() ? { text } : {});

function sayInThread(text, files) {
  const { channel, ts } = openThread();
  if (!files.length && /^\/\S/.test(text.trim())) {
    showProblem(NO_COMMANDS);
    return false;
  }
  return attempt("say", { user: me().id, channel, ...words(text), files, thread_ts: ts });
}

// -- suggestions -----------------------------------------------------------------------------------------------

/** `[label, text, follow]`: in a channel the page's own, in the Messages tab what the app suggests to this person. */
function promptsHere() {
  const place = here();
  const commands = [["/heygen jobs", "/heygen jobs"], ["/heygen help", "/heygen help"]];
  const source = `${whole().heygen.url}/sources/launch.mp4`;
  if (place.kind === "im") {
    const given = slack().prompts[place.id] ?? slack().menu.prompts;
    const found = given.map(({ title, message }) => [title, message.replace(EXAMPLE, source)]);
    return [...found, ...commands];
  }
  const mention = `@${slack().bot.name} `;
  return [
    ["Translate a video", `${mention}translate ${source} into French, German and Japanese`],
    ["What is running?", `${mention}what is running?`, "follow up"],
    ["How much credit is left?", `${mention}how much credit is left?`],
    ...commands,
  ];
}

function showPrompts() {
  const prompts = promptsHere();
  page.prompts.hidden = isHome();
  showValue(page.prompts, prompts, () =>
    prompts.map(([label, text, follow]) => {
      const send = () => (follow ? followUp(text) : sayHere(text, []));
      return button(label, send, { className: "chip", title: follow ? `${text} (in the newest thread)` : text });
    }),
  );
}

/** Ask in the newest thread that the app is in: it knows the jobs of its own thread. */
function followUp(text) {
  const place = here();
  const answered = place.messages.filter((message) => isByApp(message) && message.thread_ts).at(-1);
  if (!answered) return sayHere(text, []);
  setThread({ channel: place.id, ts: answered.thread_ts });
  return sayInThread(text, []);
}
