// Modals that the app opens on the acting person's screen: fill in, submit, close.

import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { button, el } from "./dom.js";
import { plain } from "./text.js";

let shown = null; // { id, hash, user, dialog, problem, errors }

/** Show the topmost of a person's `views`, or none. What was typed survives until the app changes the view. */
export function showModal(views, user, names) {
  const view = views.filter((one) => one.user === user).at(-1);
  if (shown && (shown.id !== view?.id || shown.hash !== view.hash)) hide();
  if (view && !shown) shown = open(view, names);
  if (view) showErrors(view.errors);
}

function hide() {
  shown.dialog.remove();
  shown = null;
}

function open(view, names) {
  const around = {
    names,
    me: view.user,
    act: (part, value, kind = "click") => send(view, `view/${kind}`, value ? { action_id: part.action_id, value } : { action_id: part.action_id }),
  };
  const inputs = [];
  const parts = view.blocks.map((block) => (block.type === "input" ? field(block, view, inputs) : renderBlocks([block], around)));
  const problem = el("p", { className: "problem", role: "alert", hidden: true });
  const values = () => Object.fromEntries(inputs.map((input) => [input.id, input.read()]));
  const submit = view.submit
    ? button(plain(view.submit.text), () => send(view, "view/submit", { values: values() }), { className: "send" })
    : null;
  const close = () => send(view, "view/close");
  const title = plain(view.title.text);
  const dialog = el("dialog", { className: "dialog modal", ariaLabel: title },
    el("h2", {}, title),
    el("div", { className: "parts" }, parts),
    problem,
    el("p", { className: "decide" }, button(plain(view.close?.text ?? "Cancel"), close), submit),
  );
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault(); // it closes when the emulator says so
    close();
  });
  document.body.append(dialog);
  dialog.showModal();
  const errors = Object.fromEntries(inputs.map((input) => [input.id, input.error]));
  return { id: view.id, hash: view.hash, dialog, problem, errors };
}

async function send(view, path, body = {}) {
  const { problem } = shown;
  try {
    await post(path, { user: view.user, view: view.id, ...body });
    problem.hidden = true;
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
  }
}

/** The app's complaints under their inputs; the one under no input is Slack's own. */
function showErrors(errors) {
  for (const [id, line] of Object.entries(shown.errors)) {
    line.textContent = errors[id] ?? "";
    line.hidden = !errors[id];
  }
  if (errors[""]) {
    shown.problem.textContent = errors[""];
    shown.problem.hidden = false;
  }
}

// -- inputs ----------------------------------------------------------------------------------------------------

function field(block, view, inputs) {
  const state = view.values[block.block_id]?.[block.element.action_id] ?? {};
  const label = plain(block.label.text) + (block.optional ? " (optional)" : "");
  const { node, read } = control(block.element, state, label);
  const error = el("p", { className: "problem", role: "alert", hidden: true });
  if (read) inputs.push({ id: block.block_id, read, error });
  const hint = block.hint ? el("p", { className: "faint" }, plain(block.hint.text)) : null;
  return el("div", { className: "field" }, el("span", { className: "label" }, label), node, hint, error);
}

/** A control, and what reads it; without `read` it cannot be filled in here. */
function control(part, state, label) {
  switch (part.type) {
    case "plain_text_input": return text(part.multiline ? "textarea" : "input", {}, part, state, label);
    case "number_input": return text("input", { inputMode: "decimal" }, part, state, label);
    case "email_text_input": return text("input", { type: "email" }, part, state, label);
    case "url_text_input": return text("input", { type: "url" }, part, state, label);
    case "datepicker": return picker("date", state.selected_date, label);
    case "timepicker": return picker("time", state.selected_time, label);
    case "static_select": return select(part, state, label);
    case "radio_buttons": return choices("radio", part, [state.selected_option], label);
    case "checkboxes":
    case "multi_static_select": return choices("checkbox", part, state.selected_options ?? [], label);
    default: return { node: el("pre", {}, JSON.stringify(part, null, 2)) };
  }
}

function text(tag, more, part, state, label) {
  const placeholder = part.placeholder ? plain(part.placeholder.text) : "";
  const node = el(tag, { ...more, ariaLabel: label, value: state.value ?? "", placeholder });
  return { node, read: () => node.value || null };
}

function picker(type, value, label) {
  const node = el("input", { type, ariaLabel: label, value: value ?? "" });
  return { node, read: () => node.value || null };
}

const optionsOf = (part) => [...(part.options ?? []), ...(part.option_groups ?? []).flatMap((group) => group.options)];

function select(part, state, label) {
  const options = optionsOf(part).map((option) =>
    el("option", { value: option.value, selected: option.value === state.selected_option?.value }, plain(option.text.text)),
  );
  const none = el("option", { value: "" }, part.placeholder ? plain(part.placeholder.text) : "—");
  const node = el("select", { ariaLabel: label }, none, options);
  return { node, read: () => node.value || null };
}

let groups = 0;

function choices(type, part, chosen, label) {
  const values = new Set(chosen.filter(Boolean).map((option) => option.value));
  groups += 1;
  const boxes = optionsOf(part).map((option) => [
    el("input", { type, name: `choices-${groups}`, value: option.value, checked: values.has(option.value) }),
    plain(option.text.text),
  ]);
  const node = el("div", { role: "group", ariaLabel: label }, boxes.map(([box, words]) => el("label", { className: "choice" }, box, words)));
  const ticked = () => boxes.filter(([box]) => box.checked).map(([box]) => box.value);
  return { node, read: () => (type === "radio" ? ticked()[0] ?? null : ticked()) };
}
