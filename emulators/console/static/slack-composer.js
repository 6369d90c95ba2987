// The boxes that messages are written in: words, files to attach, commands and mentions with what completes them.

import { button, el } from "./dom.js";
import { sizeOf, upload } from "./slack-files.js";
import { icon } from "./slack-icons.js";
import { me, showProblem, slack } from "./slack-store.js";
import { suggestions } from "./slack-suggest.js";

const drafts = new Map(); // by the key of a place or thread and the person
const MOST_FILES = 10;

/**
 * A composer. `send(text, files)` resolves with whether it is sent. `aim(key, label, placeholder, commands)` says what
 * is written to: each has its own draft. What completes a word is offered while it is typed.
 */
export function composer(send) {
  let draft = { text: "", files: [] };
  let key = null;
  let withCommands = false;
  const box = el("textarea", { rows: 1, maxLength: 12000 });
  const offers = suggestions(box, () => withCommands);
  const attached = el("ul", { className: "attached", ariaLabel: "Files to send" });
  const picker = el("input", { type: "file", multiple: true, hidden: true, tabIndex: -1 });
  const sender = button(icon("send"), () => submit(), { className: "send", ariaLabel: "Send", title: "Send (Enter)" });
  const insert = (text) => {
    box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
    box.focus();
    typed();
  };
  const atWord = (text) => (box.selectionStart && !/\s$/.test(box.value.slice(0, box.selectionStart)) ? ` ${text}` : text);
  const tool = (name, label, act) => el("button", { type: "button", className: "tool", ariaLabel: label, title: label, onclick: act }, icon(name));
  const commandTool = tool("command", "Use a command", () => {
    box.value = "";
    insert("/");
  });
  const tools = el("div", { className: "composer-tools" },
    tool("attach", "Attach files", () => picker.click()),
    tool("at", "Mention somebody", () => insert(atWord("@"))),
    commandTool,
    el("span", { className: "hint" }, el("kbd", {}, "Shift"), " + ", el("kbd", {}, "Enter"), " for a new line"),
    sender,
  );
  const node = el("div", { className: "composer" }, offers.list, attached, box, picker, tools);

  const ready = () => Boolean(box.value.trim() || draft.files.length);
  const typed = () => {
    draft.text = box.value;
    offers.look();
    fit(box);
    sender.classList.toggle("ready", ready());
  };
  const submit = async () => {
    const from = draft;
    offers.hide();
    if (!ready() || from.waits) return;
    from.waits = true;
    await Promise.all(from.files.map((file) => file.done));
    from.waits = false;
    const { text, files } = from;
    if (draft !== from || !(text.trim() || files.length)) return; // the person has gone elsewhere meanwhile
    Object.assign(from, { text: "", files: [] }); // so that what is typed from now on is the next message
    showDraft();
    if (await send(text, files.map((file) => file.id))) return;
    if (!from.text && !from.files.length) Object.assign(from, { text, files });
    if (draft === from) showDraft();
  };
  const showDraft = () => {
    if (box.value !== draft.text) box.value = draft.text;
    attached.replaceChildren(...draft.files.map(chip));
    fit(box);
    sender.classList.toggle("ready", ready());
  };
  const chip = (file) => {
    const about = el("span", { className: "faint" }, file.id ? sizeOf(file.size) : "sending…");
    const remove = () => {
      draft.files = draft.files.filter((one) => one !== file);
      showDraft();
      box.focus();
    };
    return el("li", {}, icon("document"), el("span", {}, file.name), about, button(icon("close"), remove, { className: "tool", ariaLabel: `Remove ${file.name}` }));
  };
  const add = async (files) => {
    const into = draft;
    box.focus();
    const entries = [...files].slice(0, MOST_FILES - into.files.length).map((file) => ({ file, name: file.name, size: file.size, id: null }));
    for (const entry of entries) entry.done = deliver(entry, into);
    into.files.push(...entries);
    showDraft();
    await Promise.all(entries.map((entry) => entry.done));
  };
  const deliver = async (entry, into) => {
    try {
      entry.id = await upload(me().id, entry.file);
    } catch (error) {
      into.files = into.files.filter((one) => one !== entry);
      showProblem(error.message);
    }
    showDraft();
  };
  box.addEventListener("input", typed);
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || offers.keys(event)) return;
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    submit();
  });
  box.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    add(event.clipboardData.files);
  });
  picker.addEventListener("change", () => {
    add([...picker.files]);
    picker.value = "";
  });
  const aim = (target, label, placeholder, commands) => {
    withCommands = commands;
    commandTool.hidden = !commands || !slack().menu.commands.length;
    box.ariaLabel = label;
    box.placeholder = placeholder;
    if (target === key) return;
    key = target;
    if (!drafts.has(key)) drafts.set(key, { text: "", files: [] });
    draft = drafts.get(key);
    offers.hide();
    showDraft();
  };

  return { node, box, aim, add };
}

function fit(box) {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

/** Let files be dropped on `area`; `take(files)` gets them. The area says where they go while they hang over it. */
export function dropTarget(area, words, take) {
  const veil = el("div", { className: "veil", hidden: true, ariaHidden: "true" }, el("p", {}));
  let depth = 0;
  const holdsFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (change) => {
    depth = change === null ? 0 : Math.max(0, depth + change);
    veil.hidden = depth === 0;
    if (depth) veil.firstChild.textContent = words();
  };
  area.append(veil);
  area.addEventListener("dragenter", (event) => holdsFiles(event) && over(1));
  area.addEventListener("dragleave", (event) => holdsFiles(event) && over(-1));
  area.addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
  area.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    over(null);
    if (words()) take(event.dataTransfer.files);
  });
}
