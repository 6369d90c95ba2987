// What a composer offers while somebody types: commands with how they go, and people to mention.

import { el } from "./dom.js";
import { me, slack } from "./slack-store.js";

let made = 0;

/** `[{ label, about, text }]` for what stands before the caret; `text` is what the whole box becomes. */
export function offersFor(box, withCommands) {
  const before = box.value.slice(0, box.selectionStart);
  const command = before.match(/^\/\S*$/);
  if (command && withCommands) return commands(before);
  const more = before.match(/^(\/\S+) (\S*)$/);
  if (more && withCommands) return wordsOf(more[1], more[2], before);
  const mention = before.match(/(?:^|\s)@([\w.-]*)$/);
  return mention ? people(mention[1], before, box.value.slice(box.selectionStart)) : [];
}

function commands(typed) {
  const fitting = slack().menu.commands.filter((one) => one.name.startsWith(typed));
  return fitting.map((one) => ({ label: one.name, about: one.about ?? "", hint: one.hint ?? "", text: `${one.name} `, must: true }));
}

/** The parts of a command's usage hint that begin with what was typed. */
function wordsOf(name, word, before) {
  const command = slack().menu.commands.find((one) => one.name === name);
  const usages = (command?.hint ?? "").split("|").map((part) => part.trim()).filter(Boolean);
  const fitting = usages.filter((usage) => usage.startsWith(word.toLowerCase()) && usage !== word);
  return fitting.map((usage) => ({
    label: `${name} ${usage}`, about: "", hint: "", text: `${before.slice(0, before.length - word.length)}${usage.split(" ")[0]}${usage.includes(" ") ? " " : ""}`,
  }));
}

function people(word, before, after) {
  const { bot } = slack();
  const known = [{ real_name: bot.name, about: "App" }, ...slack().people.filter((one) => one.id !== me().id)];
  const fitting = known.filter((one) => one.real_name.toLowerCase().startsWith(word.toLowerCase()) && one.real_name !== word);
  const rest = before.slice(0, before.length - word.length);
  return fitting.map((one) => ({
    label: `@${one.real_name}`, about: one.about ?? "", hint: "", text: `${rest}${one.real_name} ${after}`, caret: rest.length + one.real_name.length + 1, must: true,
  }));
}

/**
 * A list of offers over `box`. `keys(event)` says whether it has used a key. Tab takes what is marked, or the first;
 * Enter takes what was marked with the arrows, and the first where the box holds no whole word yet (`must`).
 */
export function suggestions(box, withCommands) {
  made += 1;
  const id = `offers-${made}`;
  const list = el("ul", { id, role: "listbox", ariaLabel: "Suggestions", className: "offers", hidden: true });
  let offers = [];
  let at = -1;
  const hide = () => {
    list.hidden = true;
    offers = [];
    at = -1;
    box.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    at = index;
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    if (at >= 0) box.setAttribute("aria-activedescendant", `${id}-${at}`);
  };
  const take = (offer) => {
    box.value = offer.text;
    box.setSelectionRange(offer.caret ?? offer.text.length, offer.caret ?? offer.text.length);
    box.dispatchEvent(new Event("input"));
  };
  const row = (offer, index) =>
    el("li", { role: "option", id: `${id}-${index}`, ariaSelected: "false", onmousedown: (event) => {
      event.preventDefault(); // the box keeps the focus
      take(offer);
    } }, el("strong", {}, offer.label), offer.about ? el("span", { className: "faint" }, offer.about) : null,
      offer.hint ? el("code", {}, offer.hint) : null);
  const look = () => {
    offers = offersFor(box, withCommands());
    if (!offers.length) return hide();
    list.replaceChildren(...offers.map(row));
    list.hidden = false;
    at = -1;
    box.removeAttribute("aria-activedescendant");
    return undefined;
  };
  const keys = (event) => {
    if (list.hidden) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = offers[at] ?? (event.key === "Tab" || offers[0].must ? offers[0] : null);
    if (step) mark((at + step + offers.length) % offers.length);
    else if (event.key === "Escape") hide();
    else if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && chosen) take(chosen);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  box.setAttribute("aria-controls", id);
  box.setAttribute("aria-autocomplete", "list");
  box.addEventListener("blur", hide);
  return { list, look, keys, hide };
}
