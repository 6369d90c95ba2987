// What the tour's steps are made of: questions about the state, and things people do.

import { post } from "./api.js";
import { choose, isReply, me, setThread } from "./slack-store.js";

/** How things stood when a scenario was begun, so that what comes after can be told from what was there. */
export function baseline(state) {
  return {
    totals: { ...state.heygen.totals },
    spent: state.heygen.spent,
    calls: state.openai.total,
    sessions: new Set((state.liveavatar?.sessions ?? []).map((session) => session.id)),
    used: state.liveavatar?.used ?? 0,
    since: newestTs(state),
  };
}

const newestTs = (state) => Math.max(0, ...state.slack.channels.flatMap((one) => one.messages.map((m) => Number(m.ts))));

export const personOf = (state, name) => state.slack.people.find((person) => person.name === name).id;
export const channelOf = (state) => state.slack.channels.find((one) => one.name === "videos");
export const more = (run, name) => run.state.heygen.totals[name] - run.before.totals[name];
const wordsOf = (message) => `${message.text} ${JSON.stringify(message.blocks)}`;

/** Messages in the channel since the scenario began. */
export function fresh(run) {
  return channelOf(run.state).messages.filter((message) => Number(message.ts) > run.before.since);
}

/** Alice's question with these words that is the newest since the scenario began. */
export function rootWith(run, pattern) {
  const alice = personOf(run.state, "alice");
  return fresh(run).findLast((message) => message.user === alice && !isReply(message) && pattern.test(message.text));
}

/** What the app wrote in the thread of `root`. */
export function byApp(run, root) {
  if (!root) return [];
  return fresh(run).filter((message) => message.user === run.state.slack.bot.id && message.thread_ts === root.ts);
}

/** The newest message of the app's in a thread that has a button with this action. */
export function offering(run, root, action) {
  return byApp(run, root).findLast((message) => JSON.stringify(message.blocks).includes(`"${action}"`));
}

/** Messages of a thread that call Alice back and show these words. */
export function calling(run, root, pattern) {
  const mention = `<@${personOf(run.state, "alice")}>`;
  return byApp(run, root).filter((message) => message.text.includes(mention) && pattern.test(wordsOf(message)));
}

/** The first of the app's links with `part` in its path ("/v/") in what a message says and shows; undefined where there is none. */
export function linkIn(message, part) {
  return new RegExp(`https?:\\/\\/[^\\s|>"]+${part}[^\\s|>"\\\\]+`).exec(message ? wordsOf(message) : "")?.[0];
}

/** Live sessions since the scenario began. */
export function sessions(run) {
  return (run.state.liveavatar?.sessions ?? []).filter((session) => !run.before.sessions.has(session.id));
}

// -- where to look ---------------------------------------------------------------------------------------------

/** The thread in its pane, or where it can be opened. */
export const THREAD = ["#thread", "#timeline"];

/** A button of the app's in the thread, once the page is used as the person who may press it. */
export function buttonOf(name, action) {
  return me().name === name ? [`#thread-messages [data-action="${action}"]`, ...THREAD] : ["#person"];
}

// -- what people do --------------------------------------------------------------------------------------------

/** Be this person at the page, in the channel of the tour. */
export function be(name) {
  choose({ person: name, place: "videos" });
}

/** Look at the channel alone. */
export const closeThread = () => setThread(null);

/** Say something to the app, and open the thread that comes of it. */
export async function ask(run, text, path = "say", extra = {}) {
  be("alice");
  const body = { user: personOf(run.state, "alice"), channel: channelOf(run.state).id };
  const { ts } = await post(path, { ...body, text: `@${run.state.slack.bot.name} ${text}`, ...extra });
  setThread({ channel: body.channel, ts });
}

/** Say something in a thread as somebody. */
export async function reply(run, name, root, text) {
  be(name);
  setThread({ channel: root.channel, ts: root.ts });
  await post("say", { user: personOf(run.state, name), channel: root.channel, text, thread_ts: root.ts });
}

/** Press a button of the app's as somebody; what is not there yet cannot be pressed. */
export async function press(run, name, root, action) {
  const message = offering(run, root, action);
  if (!message) throw new Error("That button is not there yet; wait a moment.");
  be(name);
  setThread({ channel: root.channel, ts: root.ts });
  const body = { user: personOf(run.state, name), channel: message.channel, ts: message.ts, action_id: action };
  const answer = await post("click", body);
  if (answer.ok === false) throw new Error(`The app did not answer: ${answer.reason ?? answer.status}.`);
}

/** Open a tab of the other side. */
export function openTab(name) {
  document.getElementById(`tab-${name}`).click();
}

export { post };
