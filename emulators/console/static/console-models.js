// The model's side: each call with the whole item log that went in, and what came out.

import { details } from "./api.js";
import { el, showList, timeOfDay } from "./dom.js";

const panel = document.getElementById("panel-models");
const counted = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const models = { note: el("p", { className: "note" }), total: el("p"), calls: el("div") };
const WORDS = /"text": "((?:[^"\\]|\\.)*)/; // of a request that is cut off somewhere, so that it is no JSON
const NOTES = {
  emulated: "No model runs here. A rule-based planner reads the request and the tools on offer, and answers on OpenAI's wire. A turn needs two calls: one that says what to do, one that tells people.",
  real: "The model is real, so its calls are not seen here.",
};

panel.append(models.note, models.total, models.calls);

/** Show the model calls, newest first. */
export function showModels({ total, calls }, isReal) {
  models.note.textContent = isReal ? NOTES.real : NOTES.emulated;
  models.total.textContent = counted(total, "model call");
  showList(models.calls, [...calls].reverse(), (call) => call.number, callCard);
}

function callCard(call) {
  const tokens = call.usage ? `${call.usage.input_tokens} → ${call.usage.output_tokens} tokens` : "no usage";
  return el("article", { className: "card" },
    el("p", { className: "head" },
      el("strong", {}, `#${call.number}`),
      el("time", {}, timeOfDay(call.at, true)),
      el("span", { className: "faint" }, `${call.model} · by the ${call.by} · ${tokens}`),
    ),
    el("p", { className: "asked" }, WORDS.exec(call.newest_request)?.[1] ?? call.newest_request),
    call.misdeeds.map((misdeed) => el("p", { className: "misdeed" }, `⚠ on purpose: ${misdeed}`)),
    call.output.map(outputPart),
    itemLog(call),
  );
}

/** The items of a call, read when somebody opens them: they are long. */
function itemLog(call) {
  const holder = el("div", { className: "items" });
  const head = `Item log: ${counted(call.input_items, "item")} in, ${call.output.length} out, ${counted(call.tools_offered, "tool")} offered`;
  return unfolding(head, holder, async () => {
    const found = await details("call", { number: call.number });
    return [
      el("h3", {}, "Instructions"), block(found.instructions),
      el("h3", {}, "Tools on offer"), el("p", { className: "faint" }, found.tools.join(", ") || "none"),
      el("h3", {}, "Items in"), el("ol", { className: "log" }, found.input.map(itemRow)),
      el("h3", {}, "Items out"), el("ol", { className: "log" }, found.output.map(itemRow)),
    ];
  });
}

/** A summary that opens to what `read` gives, read at each opening. */
export function unfolding(summary, holder, read) {
  const node = el("details", { className: "unfold" }, el("summary", {}, summary), holder);
  node.addEventListener("toggle", async () => {
    if (!node.open) return;
    try {
      holder.replaceChildren(...(await read()).flat());
    } catch (error) {
      holder.replaceChildren(el("p", { className: "faint" }, error.message));
    }
  });
  return node;
}

/** Text or JSON, as it is. */
export function block(value) {
  return el("pre", { tabIndex: 0 }, typeof value === "string" ? value : JSON.stringify(value, null, 2));
}

const KINDS = { function_call: "calls a tool", function_call_output: "the tool answers", reasoning: "thinks" };

function itemRow(item) {
  const kind = KINDS[item.type] ?? item.role ?? item.type ?? "item";
  return el("li", {}, el("span", { className: `kind ${item.role ?? item.type ?? ""}` }, kind), block(contentOf(item)));
}

function contentOf(item) {
  if (item.type === "function_call") return `${item.name}(${item.arguments})`;
  if (item.type === "function_call_output") return item.output;
  if (typeof item.content === "string") return item.content;
  if (Array.isArray(item.content)) return item.content.map((part) => part.text ?? part.refusal ?? JSON.stringify(part)).join("\n");
  return item;
}

function outputPart(item) {
  switch (item.type) {
    case "function_call":
      return el("p", { className: "call" }, el("code", {}, `${item.name}(${item.arguments})`));
    case "message":
      return el("p", { className: "said" }, item.content.map((part) => part.text ?? part.refusal ?? "").join(""));
    default:
      return el("p", { className: "faint" }, item.type);
  }
}
