// Modals that the app opens on the acting person's screen: fill in, submit, close.

import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { button, el, showList } from "./dom.js";
import { control } from "./slack-controls.js";
import { names, slack } from "./slack-store.js";
import { icon } from "./slack-icons.js";
import { plain } from "./text.js";

const REQUIRED = "Please complete this required field.";
const STATED = /^initial_/;

let shown = null; // { view, dialog, parts, problem, title, decide, fields, errors }

/** Show the topmost of a person's `views`, or none. What was typed survives when the app changes the view. */
export function showModal(views, user) {
  const view = views.filter((one) => one.user === user).at(-1);
  if (shown && shown.view.id !== view?.id) hide();
  if (!view) return;
  if (!shown) shown = open(view);
  if (shown.drawn !== view.hash) draw(view);
  showErrors(view.errors);
}

function hide() {
  shown.dialog.close();
  shown.dialog.remove();
  shown = null;
}

function open(view) {
  const parts = el("div", { className: "parts" });
  const problem = el("p", { className: "problem", role: "alert", hidden: true });
  const title = el("h2", { id: "modal-title" });
  const decide = el("p", { className: "decide" });
  const close = button(icon("close"), () => leave(), { className: "tool", ariaLabel: "Close" });
  const head = el("header", {}, el("img", { src: "icon.svg", alt: "", width: 24, height: 24 }), title, close);
  const form = el("form", { noValidate: true }, head, parts, problem, decide);
  const dialog = el("dialog", { className: "dialog modal", "aria-labelledby": "modal-title" }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault(); // Enter in a box presses the button, as in Slack
    decide.querySelector(".send")?.click();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault(); // it closes when the emulator says so
    leave();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { view, dialog, parts, problem, title, decide, fields: new Map(), errors: "{}", drawn: null };
}

/** Bring the dialog to what the view says. A block that is the same, but for what it starts with, stays as it is. */
function draw(view) {
  const isFirst = shown.drawn === null;
  Object.assign(shown, { view, drawn: view.hash });
  shown.title.textContent = plain(view.title.text);
  const same = ({ element, ...block }) => ({ ...block, element: element && Object.fromEntries(Object.entries(element).filter(([name]) => !STATED.test(name))) });
  const entries = view.blocks.map((block, index) => ({ key: block.type === "input" ? block.block_id : `${index}/${block.type}`, same: same(block) }));
  const built = new Map(view.blocks.map((block, index) => [entries[index].key, block]));
  for (const id of shown.fields.keys()) if (!built.has(id)) shown.fields.delete(id);
  showList(shown.parts, entries, (entry) => entry.key, ({ key }) => {
    const block = built.get(key);
    return block.type === "input" ? field(block) : renderBlocks([block], around())[0];
  });
  const submit = view.submit ? button(plain(view.submit.text), submitted, { className: "send" }) : null;
  shown.decide.replaceChildren(button(plain(view.close?.text ?? "Cancel"), leave), ...(submit ? [submit] : []));
  if (isFirst) (shown.parts.querySelector("input, textarea, select") ?? submit ?? shown.decide.firstChild).focus();
}

function around() {
  const { view } = shown;
  const told = (part, value) => ({ action_id: part.action_id, values: filledIn(), ...(value ? { value } : {}) });
  return {
    names: names(),
    me: view.user,
    people: slack().people,
    channels: slack().channels,
    values: view.values,
    act: (part, value, kind = "click") => send(`view/${kind}`, told(part, value)),
    suggest: async (part, query) => {
      const found = await send("view/suggest", { action_id: part.action_id, query });
      return found ? found.options : [];
    },
  };
}

const leave = () => send("view/close");
const filledIn = () => Object.fromEntries([...shown.fields].map(([id, one]) => [id, one.read()]));

async function send(path, body = {}) {
  const { view, problem } = shown;
  try {
    const found = await post(path, { user: view.user, view: view.id, ...body });
    problem.hidden = true;
    return found;
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    return null;
  }
}

function submitted() {
  const isEmpty = (value) => value === null || value === "" || (Array.isArray(value) && !value.length);
  const missing = [...shown.fields].filter(([, one]) => !one.optional && isEmpty(one.read()));
  showLines(Object.fromEntries(missing.map(([id]) => [id, REQUIRED])));
  if (missing.length) return null;
  shown.errors = "{}"; // whatever the app complains of now is said anew
  return send("view/submit", { values: filledIn() });
}

/** The app's complaints under their inputs; the one under no input is Slack's own. */
function showErrors(errors) {
  const told = JSON.stringify(errors);
  if (told === shown.errors) return;
  shown.errors = told;
  showLines(errors);
  if (errors[""]) {
    shown.problem.textContent = errors[""];
    shown.problem.hidden = false;
  }
}

function showLines(errors) {
  for (const [id, { line, node }] of shown.fields) {
    line.textContent = errors[id] ?? "";
    line.hidden = !errors[id];
    const input = node.matches("input, textarea, select") ? node : node.querySelector("input");
    input?.setAttribute("aria-invalid", String(Boolean(errors[id])));
  }
  const first = [...shown.fields].find(([id]) => errors[id]);
  first?.[1].focus();
}

// -- inputs ----------------------------------------------------------------------------------------------------

function field(block) {
  const part = block.element;
  const state = shown.view.values[block.block_id]?.[part.action_id] ?? {};
  const label = plain(block.label.text);
  const tell = () => block.dispatch_action && around().act(part, made.read(), "select");
  const made = control(part, state, block.optional ? `${label} (optional)` : label, around(), tell);
  const line = el("p", { className: "problem", role: "alert", hidden: true });
  const focus = () => (made.node.matches("input, textarea, select") ? made.node : made.node.querySelector("input, select"))?.focus();
  shown.fields.set(block.block_id, { read: made.read, line, node: made.node, optional: block.optional, focus });
  const optional = block.optional ? el("span", { className: "faint" }, " (optional)") : null;
  const hint = block.hint ? el("p", { className: "hint" }, plain(block.hint.text)) : null;
  return el("div", { className: "field" }, el("span", { className: "label", ariaHidden: "true" }, label, optional), made.node, line, hint);
}
