// Block Kit's interactive elements under a person's hands: texts, numbers, dates, lists, choices, files.

import { button, el } from "./dom.js";
import { icon } from "./slack-icons.js";
import { upload } from "./slack-files.js";
import { plain } from "./text.js";

const TYPING_MILLISECONDS = 200;
let made = 0;

/**
 * A control for one element: `{ node, read() }`, where `read` gives the value as the emulator takes it, null or an empty
 * list for none. `state` is what Slack keeps of it, `around` has people, channels and `suggest(part, query)`, and
 * `changed()` is called after a choice.
 */
export function control(part, state, label, around, changed = () => {}) {
  switch (part.type) {
    case "plain_text_input": return written(part.multiline ? "textarea" : "input", {}, part, state, label);
    case "number_input": return written("input", { inputMode: "decimal" }, part, state, label);
    case "email_text_input": return written("input", { type: "email" }, part, state, label);
    case "url_text_input": return written("input", { type: "url" }, part, state, label);
    case "datepicker": return calendar("date", state.selected_date ?? part.initial_date, label, changed);
    case "timepicker": return calendar("time", state.selected_time ?? part.initial_time, label, changed);
    case "datetimepicker": return moment(state.selected_date_time ?? part.initial_date_time, label, changed);
    case "static_select": return dropdown(part, state, label, changed);
    case "radio_buttons": return choices("radio", part, [state.selected_option ?? part.initial_option], label, changed);
    case "checkboxes": return choices("checkbox", part, state.selected_options ?? part.initial_options ?? [], label, changed);
    case "file_input": return files(part, label, around);
    default: return listOf(part, state, label, around, changed);
  }
}

function written(tag, more, part, state, label) {
  const placeholder = part.placeholder ? plain(part.placeholder.text) : "";
  const value = state.value ?? part.initial_value ?? "";
  const node = el(tag, { ...more, ariaLabel: label, value, placeholder, maxLength: part.max_length ?? 3000 });
  return { node, read: () => node.value || null };
}

function calendar(type, value, label, changed) {
  const node = el("input", { type, ariaLabel: label, value: value ?? "", onchange: () => changed() });
  return { node, read: () => node.value || null };
}

function moment(value, label, changed) {
  const local = value ? new Date(value * 1000 - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : "";
  const node = el("input", { type: "datetime-local", ariaLabel: label, value: local, onchange: () => changed() });
  return { node, read: () => (node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null) };
}

const optionsOf = (part) => [...(part.options ?? []), ...(part.option_groups ?? []).flatMap((group) => group.options)];

function dropdown(part, state, label, changed) {
  const begun = (state.selected_option ?? part.initial_option)?.value;
  const one = (option) => el("option", { value: option.value, selected: option.value === begun }, plain(option.text.text));
  const groups = (part.option_groups ?? []).map((group) => el("optgroup", { label: plain(group.label.text) }, group.options.map(one)));
  const none = el("option", { value: "", disabled: Boolean(begun) }, part.placeholder ? plain(part.placeholder.text) : "Choose an option");
  const node = el("select", { ariaLabel: label, onchange: () => changed() }, none, (part.options ?? []).map(one), groups);
  return { node, read: () => node.value || null };
}

function choices(type, part, chosen, label, changed) {
  const values = new Set(chosen.filter(Boolean).map((option) => option.value));
  made += 1;
  const boxes = optionsOf(part).map((option) => ({
    box: el("input", { type, name: `choices-${made}`, value: option.value, checked: values.has(option.value), onchange: () => changed() }),
    words: plain(option.text.text),
    about: option.description ? el("span", { className: "faint about" }, plain(option.description.text)) : null,
  }));
  const rows = boxes.map(({ box, words, about }) => el("label", { className: "choice" }, box, el("span", {}, words, about)));
  const node = el("div", { role: type === "radio" ? "radiogroup" : "group", ariaLabel: label, className: "choices" }, rows);
  const ticked = () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
  return { node, read: () => (type === "radio" ? ticked()[0] ?? null : ticked()) };
}

function files(part, label, around) {
  const ids = [];
  const shown = el("ul", { className: "attached" });
  const node = el("input", { type: "file", ariaLabel: label, multiple: (part.max_files ?? 10) > 1 });
  node.addEventListener("change", async () => {
    for (const file of [...node.files].slice(0, (part.max_files ?? 10) - ids.length)) {
      ids.push(await upload(around.me, file));
      shown.append(el("li", {}, file.name));
    }
    node.value = "";
  });
  return { node: el("div", {}, node, shown), read: () => ids };
}

// -- lists to type into ----------------------------------------------------------------------------------------

/** What an element has to offer for a query: `[{ value, label, option }]`. */
function offers(part, around) {
  const matching = (all) => (query) => all.filter((one) => one.label.toLowerCase().includes(query.toLowerCase()));
  const people = around.people.map((person) => ({ value: person.id, label: person.real_name }));
  const channels = around.channels.filter((one) => one.kind !== "im").map((one) => ({ value: one.id, label: `#${one.name}` }));
  const kind = part.type.replace("multi_", "");
  switch (kind) {
    case "users_select": return matching(people);
    case "channels_select": return matching(channels);
    case "conversations_select": return matching((part.filter?.include ?? ["im"]).includes("im") ? [...channels, ...people] : channels);
    case "external_select": return async (query) => (await around.suggest(part, query)).map(offer);
    default: return matching(optionsOf(part).map((option) => ({ value: option.value, label: plain(option.text.text) })));
  }
}

const offer = (option) => ({ value: option.value, label: plain(option.text.text), option: { text: option.text, value: option.value } });

function begun(part, state, known) {
  const options = [...(state.selected_options ?? []), ...(state.selected_option ? [state.selected_option] : [])].map(offer);
  const ids = ["user", "channel", "conversation"].flatMap((kind) => [
    ...(state[`selected_${kind}s`] ?? part[`initial_${kind}s`] ?? []), ...[state[`selected_${kind}`] ?? part[`initial_${kind}`] ?? []].flat(),
  ]);
  return [...options, ...ids.map((id) => ({ value: id, label: known(id) }))];
}

/** A box to type into, with the options that fit below it: one choice, or several as chips. */
function listOf(part, state, label, around, changed) {
  const several = part.type.startsWith("multi_");
  const find = offers(part, around);
  const known = (id) => around.names[id] ?? id;
  let picked = begun(part, state, known);
  let open = [];
  let at = -1;
  let asked = 0;
  let waiting = null;
  made += 1;
  const id = `list-${made}`;
  const chips = el("span", { className: "chips" });
  const box = el("input", {
    type: "text", role: "combobox", autocomplete: "off", ariaLabel: label, ariaExpanded: "false", ariaAutoComplete: "list",
    "aria-controls": id, placeholder: part.placeholder ? plain(part.placeholder.text) : "Type to search",
  });
  const list = el("ul", { id, role: "listbox", ariaLabel: label, className: "options", hidden: true });
  const clear = button(icon("close"), () => settle([]), { className: "clear", ariaLabel: `Clear ${label}` });
  const node = el("div", { className: "picker" }, chips, box, clear, list);

  const close = () => {
    clearTimeout(waiting);
    asked += 1; // an answer on its way opens nothing any more
    list.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  };
  const rest = () => {
    box.value = several ? "" : picked[0]?.label ?? "";
    close();
  };
  const show = () => {
    chips.replaceChildren(...(several ? picked : []).map((one) =>
      el("span", { className: "picked" }, one.label, button(icon("close"), () => settle(picked.filter((other) => other !== one)), { ariaLabel: `Remove ${one.label}` })),
    ));
    clear.hidden = several || !picked.length;
  };
  const settle = (next) => {
    picked = next;
    show();
    rest();
    box.focus();
    changed();
  };
  const take = (one) => settle(several ? [...picked.filter((other) => other.value !== one.value), one] : [one]);
  const mark = (index) => {
    at = index;
    [...list.children].forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    list.children[at]?.scrollIntoView({ block: "nearest" });
    if (at >= 0) box.setAttribute("aria-activedescendant", `${id}-${at}`);
  };
  const draw = () => {
    const row = (one, index) => el("li", { role: "option", id: `${id}-${index}`, ariaSelected: "false", onmousedown: (event) => {
      event.preventDefault(); // the box keeps the focus
      take(one);
    } }, one.label);
    list.replaceChildren(...(open.length ? open.map(row) : [el("li", { className: "faint" }, "Nothing fits.")]));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    at = -1;
  };
  const look = async () => {
    clearTimeout(waiting);
    asked += 1;
    const mine = asked;
    const query = !several && picked[0]?.label === box.value ? "" : box.value;
    const found = await find(query);
    if (mine !== asked || document.activeElement !== box) return;
    open = found.filter((one) => !several || picked.every((other) => other.value !== one.value));
    draw();
    if (query && open.length) mark(0);
  };
  const onKey = (event) => {
    const shown = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!shown) look();
      else mark((at + (event.key === "ArrowDown" ? 1 : -1) + open.length) % Math.max(1, open.length));
    } else if (event.key === "Enter" && shown) {
      event.preventDefault(); // it does not submit the form
      if (open[at]) take(open[at]);
    } else if (event.key === "Escape" && shown) {
      event.preventDefault();
      event.stopPropagation(); // the dialog stays open
      close();
    } else if (event.key === "Backspace" && several && !box.value && picked.length) {
      settle(picked.slice(0, -1));
    }
  };
  box.addEventListener("focus", () => box.select());
  box.addEventListener("click", look);
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(look, TYPING_MILLISECONDS);
  });
  box.addEventListener("keydown", onKey);
  box.addEventListener("blur", rest);
  show();
  rest();
  const values = () => picked.map((one) => one.option ?? one.value);
  return { node, read: () => (several ? values() : values()[0] ?? null) };
}
