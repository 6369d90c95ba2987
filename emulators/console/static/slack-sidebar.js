// The left edge: who is at the page, channels, the app, and who else is waited for.

import { button, el, showList, showValue } from "./dom.js";
import { icon } from "./slack-icons.js";
import { avatar } from "./slack-messages.js";
import {
  callsFor, choose, here, isReply, keyOf, marksOf, me, meant, places, slack, titleOf, unseen,
} from "./slack-store.js";

const page = Object.fromEntries(["sidebar", "team", "person", "person-about", "channels", "directs", "elsewhere", "drawer"].map((id) => [id, document.getElementById(id)]));

/** Show the sidebar. */
export function showSidebar() {
  showValue(page.team, slack().team, (team) => team);
  showPeople();
  const { channels, directs } = places();
  for (const [list, found] of [[page.channels, channels], [page.directs, directs]]) showList(list, found.map(entryOf), (item) => item.key, placeEntry);
}

function showPeople() {
  const people = slack().people.map((person) => ({ name: person.name, label: labelOf(person) }));
  showValue(page.person, people, () => people.map(({ name, label }) => el("option", { value: name }, label)));
  page.person.value = me().name;
  showValue(page["person-about"], [me(), marksOf(me())], ([person, marks]) => [
    avatar(person.id, person.real_name, "tiny"), ...(marks.length ? marks : ["member"]).map((mark) => el("span", { className: `role ${mark.startsWith("@") ? "group" : mark}` }, mark)),
  ]);
  const waiting = slack().people.filter((person) => person.id !== me().id).map((person) => ({ person, calls: callsFor(person) })).filter(({ calls }) => calls);
  page.elsewhere.hidden = !waiting.length;
  showList(page.elsewhere, waiting, ({ person }) => person.id, ({ person, calls }) =>
    el("li", {}, button([avatar(person.id, person.real_name, "tiny"), el("span", {}, `${person.real_name} is called`), el("span", { className: "count" }, String(calls))],
      () => choose({ person: person.name }), { title: `Be ${person.real_name}` })));
}

function labelOf(person) {
  const marks = marksOf(person).filter((mark) => !mark.startsWith("@")).join(", ");
  return marks ? `${person.real_name} (${marks})` : person.real_name;
}

page.person.addEventListener("change", () => choose({ person: page.person.value }));

/** Roots of others count as new here, and so does what is meant for this person in any thread. */
function entryOf(place) {
  const found = unseen(place.id, place.messages);
  return {
    key: keyOf(place),
    title: titleOf(place),
    current: keyOf(place) === keyOf(here()),
    unread: found.some((message) => !isReply(message)),
    calls: found.filter(meant(place, me())).length,
  };
}

function placeEntry({ key, title, current, unread, calls }) {
  const picture = key === "@app" ? avatar(slack().bot.id, title, "tiny") : el("span", { className: "hash", ariaHidden: "true" }, "#");
  const words = key === "@app" ? title : key;
  const count = calls ? el("span", { className: "count" }, String(calls), el("span", { className: "unseen" }, " new")) : null;
  const open = el("button", { type: "button", className: unread || calls ? "unread" : "", ariaLabel: `${title}${calls ? `, ${calls} new` : unread ? ", new messages" : ""}`, onclick: () => {
    choose({ place: key });
    setDrawer(false);
  } }, picture, el("span", {}, words), count);
  if (current) open.setAttribute("aria-current", "page");
  return el("li", {}, open);
}

// -- on narrow screens it is a drawer --------------------------------------------------------------------------

export function setDrawer(open) {
  if (page.sidebar.classList.contains("open") === open) return;
  page.sidebar.classList.toggle("open", open);
  page.drawer.setAttribute("aria-expanded", String(open));
  if (open) page.person.focus();
  else page.drawer.focus();
}

page.drawer.append(icon("menu"));
page.drawer.addEventListener("click", () => setDrawer(!page.sidebar.classList.contains("open")));
page.sidebar.addEventListener("keydown", (event) => event.key === "Escape" && setDrawer(false));
document.addEventListener("mousedown", (event) => {
  if (page.sidebar.classList.contains("open") && !page.sidebar.contains(event.target) && !page.drawer.contains(event.target)) setDrawer(false);
});
