// What the Slack side knows: the newest state, who the person at the page is, where they look, and what they have seen.

import { post } from "./api.js";
import { remember, remembered } from "./dom.js";

const problem = document.getElementById("problem");
const chosen = (({ person = "alice", place = "videos" }) => ({ person, place }))(remembered());
const seen = new Map(); // newest ts looked at, by person and place or thread
const NOTICE = "a person's notice"; // of what happened before the page was opened nothing is new
const APP = "@app";
const HOME = "@app/home";

let state = null;
let thread = null; // { channel, ts } in the pane
let draw = () => {};

/** Take a new state; what was there when the page was opened counts as seen. */
export function setState(newState) {
  if (!state) seen.set(NOTICE, newest(newState.slack.channels.flatMap((channel) => channel.messages)));
  state = newState;
}

/** Have `redraw` called whenever the person looks elsewhere. */
export function onChoice(redraw) {
  draw = redraw;
}

export const whole = () => state;
export const slack = () => state.slack;
export const me = () => slack().people.find((person) => person.name === chosen.person) ?? slack().people[0];
export const isHome = () => chosen.place === HOME;
export const isMine = (message) => message.user === me().id;
export const isByApp = (message) => message.user === slack().bot.id;

/** Say why something could not be done; the next success clears it. */
export function showProblem(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

/** Do an action of the page, and say so when it is refused. */
export async function attempt(path, body) {
  return (await answer(path, body)) !== null;
}

/** Do an action of the page and give back what came of it; null, and said so, when it is refused. */
export async function answer(path, body) {
  try {
    const found = await post(path, body);
    showProblem("");
    return found;
  } catch (error) {
    showProblem(error.message);
    return null;
  }
}

/** What ids stand for: people, channels, user groups, the app. */
export function names() {
  const people = slack().people.map((person) => [person.id, person.real_name]);
  const channels = slack().channels.map((channel) => [channel.id, channel.name]);
  const groups = slack().groups.map((group) => [`subteam^${group.id}`, `@${group.handle}`]);
  return Object.fromEntries([...people, ...channels, ...groups, [slack().bot.id, slack().bot.name], ["USLACKBOT", "Slackbot"], ["me", me().id]]);
}

/** What the app lets a person do, and what Slack says of them. */
export function marksOf(person) {
  const groups = slack().groups.filter((group) => group.members.includes(person.id)).map((group) => `@${group.handle}`);
  return [...person.roles, ...(person.guest ? ["guest"] : []), ...groups];
}

// -- places ----------------------------------------------------------------------------------------------------

/** The conversation of `person` with the app may not exist yet; it opens with the first message. */
export function direct(person = me()) {
  const { bot, channels } = slack();
  const both = [bot.id, person.id];
  const found = channels.find((one) => one.kind === "im" && both.every((id) => one.members.includes(id)));
  return { messages: [], kind: "im", ...found, id: found?.id ?? bot.id, name: bot.name };
}

/** What stands in a person's sidebar. */
export function places(person = me()) {
  const joined = slack().channels.filter((one) => one.kind !== "im" && one.members.includes(person.id));
  return { channels: joined, directs: [direct(person)] };
}

/** The conversation that is looked at. */
export function here() {
  const { channels, directs } = places();
  return chosen.place.startsWith(APP) ? directs[0] : channels.find((one) => one.name === chosen.place) ?? channels[0];
}

export const keyOf = (place) => (place.kind === "im" ? APP : place.name);
export const titleOf = (place) => (place.kind === "im" ? place.name : `# ${place.name}`);

/** Look elsewhere, or be somebody else: `person` and `place` (a channel's name, "@app" or "@app/home"). */
export function choose(change) {
  const before = { ...chosen };
  Object.assign(chosen, change);
  remember(chosen);
  showProblem("");
  if (isHome()) attempt("home", { user: me().id });
  else if (chosen.place === APP && state) attempt("home", { user: me().id, tab: "messages" });
  if (thread && thread.channel !== here().id) thread = null;
  if (state) draw(before);
}

/** Open a thread in the pane, or close the pane with null. */
export function setThread(root) {
  thread = root;
  draw({ ...chosen });
}

/** The thread in the pane: `{ channel, ts }` or null. A DM that was opened by its first message has got its id. */
export const openThread = () => thread;
export const isOpen = (root) => thread?.channel === root.channel && thread.ts === root.ts;
export const chosenNow = () => ({ ...chosen });

// -- messages --------------------------------------------------------------------------------------------------

export const inOrder = (one, other) => Number(one.ts) - Number(other.ts);
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;
export const statusOf = (channel, ts) => slack().statuses.find((one) => one.channel === channel && one.thread_ts === ts);

/** Every message this person sees in a place, private notes among them. */
export function visible(place) {
  const notes = slack().private.filter((note) => note.channel === place.id && note.visible_to === me().id);
  return [...place.messages, ...notes].sort(inOrder);
}

/** A root and its replies, of a channel's visible messages. */
export function threadOf(channelId, ts) {
  const place = [direct(), ...slack().channels].find((one) => one.id === channelId);
  const all = place ? visible(place) : [];
  return { place, root: all.find((one) => one.ts === ts), replies: all.filter((one) => isReply(one) && one.thread_ts === ts) };
}

// -- what is new -----------------------------------------------------------------------------------------------

const newest = (messages) => Math.max(0, ...messages.map((message) => Number(message.ts)));
const seenOf = (person, key) => Math.max(seen.get(NOTICE) ?? 0, seen.get(`${person.id}/${key}`) ?? 0);

/** The person has looked at these messages of a place or thread. */
export function look(key, messages) {
  seen.set(`${me().id}/${key}`, newest(messages));
}

/** Messages of others that a person has not seen. */
export function unseen(key, messages, person = me()) {
  const since = seenOf(person, key);
  return messages.filter((message) => message.user !== person.id && Number(message.ts) > since);
}

/** How many new messages are meant for a person: those that mention them, and every direct one. */
export function callsFor(person) {
  const { channels, directs } = places(person);
  const notes = slack().private.filter((note) => note.visible_to === person.id);
  const calls = (place) => [
    ...unseen(place.id, place.messages, person).filter(meant(place, person)),
    ...unseen(place.id, notes.filter((note) => note.channel === place.id), person),
  ];
  return [...channels, ...directs].reduce((sum, place) => sum + calls(place).length, 0);
}

export function meant(place, person) {
  return (message) => place.kind === "im" || JSON.stringify([message.text, message.blocks]).includes(`<@${person.id}>`);
}
