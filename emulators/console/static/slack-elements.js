// Interactive elements that tell the app at once: buttons, menus, feedback, and controls outside of a form.

import { ask } from "./dialogs.js";
import { button, el, link } from "./dom.js";
import { control } from "./slack-controls.js";
import { icon } from "./slack-icons.js";
import { plain } from "./text.js";

/** A node for an element of a message, a modal or the Home; null for one that this person does not see. */
export function element(part, block, around) {
  if (part.visible_to_user_ids && !part.visible_to_user_ids.includes(around.me)) return null;
  switch (part.type) {
    case "button":
    case "workflow_button": return pressable(part, around);
    case "feedback_buttons": return feedback(part, around);
    case "icon_button": return iconButton(part, around);
    case "overflow": return overflow(part, around);
    default: return chosen(part, block, around);
  }
}

/** Whether a press or a choice is meant, asked where the element says so. */
async function confirmed(part, around) {
  return !part.confirm || ask(part.confirm, around.names);
}

function pressable(part, around) {
  const label = plain(part.text.text);
  const look = { className: `pressable ${part.style ?? "ordinary"}`, title: part.accessibility_label ?? null, "data-action": part.action_id };
  if (part.url && /^https?:\/\//i.test(part.url)) {
    const anchor = link(part.url, label);
    anchor.className = look.className;
    anchor.addEventListener("click", () => around.act(part, part.value));
    return anchor;
  }
  return button(label, async () => ((await confirmed(part, around)) ? around.act(part, part.value) : null), look);
}

function feedback(part, around) {
  const thumb = (one, name) => {
    const press = async () => {
      const told = await around.act(part, one.value);
      if (told !== false) for (const other of group.children) other.setAttribute("aria-pressed", String(other === node));
    };
    const label = one.accessibility_label ?? plain(one.text.text);
    const node = button(icon(name), press, { className: "tool", ariaLabel: label, title: plain(one.text.text), "aria-pressed": "false" });
    return node;
  };
  const group = el("span", { className: "feedback", role: "group", ariaLabel: "Feedback" });
  group.append(thumb(part.positive_button, "thumb_up"), thumb(part.negative_button, "thumb_down"));
  return group;
}

function iconButton(part, around) {
  const press = async () => ((await confirmed(part, around)) ? around.act(part, part.value) : null);
  const label = part.accessibility_label ?? plain(part.text.text);
  return button(icon("bin"), press, { className: "tool", ariaLabel: label, title: plain(part.text.text) });
}

function overflow(part, around) {
  const choose = async () => {
    const value = menu.value;
    menu.value = "";
    if (await confirmed(part, around)) await around.act(part, value, "select");
  };
  const options = part.options.map((option) => el("option", { value: option.value }, plain(option.text.text)));
  const first = el("option", { value: "", disabled: true, selected: true }, "⋯");
  const menu = el("select", { className: "overflow", ariaLabel: "More actions", onchange: choose }, first, options);
  return menu;
}

function chosen(part, block, around) {
  const label = part.placeholder ? plain(part.placeholder.text) : block.text ? plain(block.text.text) : "Choose";
  const state = around.values?.[block.block_id]?.[part.action_id] ?? {};
  const tell = async () => {
    if (await confirmed(part, around)) await around.act(part, made.read(), "select");
  };
  const made = control(part, state, label, around, tell);
  made.node.classList.add("inline-control");
  return made.node;
}
