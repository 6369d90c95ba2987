// The right side: what happens at HeyGen, in the model, on the wire, and what can be made to go wrong.

import { button, el, showList, showValue, timeOfDay } from "./dom.js";
import { attempt } from "./slack.js";

const panel = (name) => document.getElementById(`panel-${name}`);
const counted = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
const money = (amount) => `$${amount.toFixed(2)}`;

/** Show the other side of a new state. */
export function showPanels(state) {
  showHeyGen(state.heygen);
  showModels(state.openai);
  showJournals(state.journals);
  showFaults(state.faults, state.openai.switches);
}

// -- HeyGen ----------------------------------------------------------------------------------------------------

const heygen = {
  facts: el("dl", { className: "facts" }),
  speed: el("select", { id: "speed" }),
  jobs: el("tbody"),
  nothing: el("p", { className: "empty" }, "No job yet. Ask for a translation on the left."),
  charges: el("ol", { className: "rows" }),
  deliveries: el("ol", { className: "rows" }),
  silence: el("p", { className: "empty" }, "None yet: they go out when a job ends."),
};
const SPEEDS = { real: "real time (4–7 minutes a job)", fast: "fast (100 times)", step: "stopped (only the buttons)" };

heygen.speed.append(...Object.entries(SPEEDS).map(([value, label]) => el("option", { value }, label)));
heygen.speed.addEventListener("change", () => attempt("heygen/speed", { speed: heygen.speed.value }));
panel("heygen").append(
  heygen.facts,
  el("div", { className: "controls", role: "group", ariaLabel: "HeyGen's clock" },
    button("+1 min", () => attempt("heygen/advance", { seconds: 60 })),
    button("+10 min", () => attempt("heygen/advance", { seconds: 600 })),
    button("Finish all jobs", () => attempt("heygen/finish", {})),
    button("Expire all links", () => attempt("heygen/expire", {})),
    button("Top up $50", () => attempt("heygen/top_up", { amount: 50 })),
  ),
  el("p", { className: "controls" }, el("label", { htmlFor: "speed" }, "Jobs progress in"), heygen.speed),
  el("h3", {}, "Jobs"),
  heygen.nothing,
  el("div", { className: "scroll" }, el("table", { className: "jobs", ariaLabel: "Jobs at HeyGen" }, heygen.jobs)),
  el("h3", {}, "Charges"),
  heygen.charges,
  el("h3", {}, "Webhooks sent"),
  heygen.silence,
  heygen.deliveries,
);

function showHeyGen(found) {
  const wallets = Object.entries(found.wallets).map(([name, balance]) => [`Wallet “${name}”`, money(balance)]);
  const facts = [...wallets, ["Spent", money(found.spent)], ["HeyGen's clock", timeOfDay(found.clock, true)]];
  showValue(heygen.facts, facts, () => facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  if (document.activeElement !== heygen.speed) heygen.speed.value = found.speed;
  heygen.nothing.hidden = found.jobs.length > 0;
  heygen.silence.hidden = found.deliveries.length > 0;
  const jobs = found.jobs.map((job) => ({ ...job, due: null, when: when(job, found) })).reverse();
  showList(heygen.jobs, jobs, (job) => job.id, jobRow);
  showList(heygen.charges, found.charges.slice(-20).reverse(), (charge) => charge.job_id, chargeRow);
  const deliveries = found.deliveries.slice(-20).reverse();
  showList(heygen.deliveries, deliveries, (one) => `${one.event_id}/${one.endpoint}/${one.attempt}/${one.at}`, deliveryRow);
}

const isOpen = (job) => job.state === "queued" || job.state === "running";

function when(job, found) {
  if (job.completed) return `at ${timeOfDay(job.completed)}`;
  if (!isOpen(job)) return "";
  const left = Math.max(0, job.due - found.clock);
  return left > 90 ? `${Math.round(left / 60)} min left` : `${Math.round(left)} s left`;
}

function jobRow(job) {
  const name = job.language ?? job.kind;
  const controls = isOpen(job)
    ? [
        button("Finish", () => attempt("heygen/finish", { job_id: job.id }), { ariaLabel: `Finish ${name}` }),
        button("Fail", () => attempt("heygen/finish", { job_id: job.id, fail: "The speech could not be separated from the music." }), { ariaLabel: `Fail ${name}` }),
      ]
    : null;
  return el("tr", {},
    el("td", {}, el("strong", {}, name), el("span", { className: "faint" }, job.kind)),
    el("td", {}, el("span", { className: `pill ${job.state}` }, job.state), el("span", { className: "faint" }, job.when)),
    el("td", {}, el("code", { title: job.id }, `${job.id.slice(0, 8)}…`)),
    el("td", { className: "end" }, controls),
  );
}

function chargeRow(charge) {
  const what = `${charge.language ?? charge.kind}${charge.refunded ? " (refunded)" : ""}`;
  const key = charge.idempotency_key ? `key ${charge.idempotency_key.slice(0, 8)}…` : "no key";
  return el("li", {}, el("time", {}, timeOfDay(charge.at, true)), el("span", {}, `${money(charge.amount)} ${what}`), el("span", { className: "faint", title: charge.idempotency_key ?? null }, key));
}

function deliveryRow(one) {
  const attempt = one.attempt > 1 ? `, attempt ${one.attempt}` : "";
  return el("li", {}, el("time", {}, timeOfDay(one.at, true)), el("span", {}, `${one.event_type}${attempt}`), statusMark(one.status));
}

function statusMark(status) {
  const good = Number(status) >= 200 && Number(status) < 400;
  return el("span", { className: `code ${good ? "good" : "bad"}` }, String(status));
}

// -- model calls -----------------------------------------------------------------------------------------------

const models = { total: el("p"), calls: el("div") };
panel("models").append(
  el("p", { className: "note" }, "No model runs here. A rule-based planner reads the request and the tools on offer, and answers on OpenAI's wire."),
  models.total,
  models.calls,
);

function showModels({ total, calls }) {
  models.total.textContent = counted(total, "model call");
  showList(models.calls, [...calls].reverse(), (call) => call.number, callCard);
}

function callCard(call) {
  const tokens = call.usage ? `${call.usage.input_tokens} → ${call.usage.output_tokens} tokens` : "no usage";
  return el("article", { className: "card" },
    el("p", { className: "head" },
      el("strong", {}, `#${call.number}`),
      el("time", {}, timeOfDay(call.at, true)),
      el("span", { className: "faint" }, `${call.model} · by the ${call.by} · ${counted(call.input_items, "item")} · ${counted(call.tools_offered, "tool")} · ${tokens}`),
    ),
    el("p", { className: "asked" }, call.newest_request),
    call.misdeeds.map((misdeed) => el("p", { className: "misdeed" }, `⚠ on purpose: ${misdeed}`)),
    call.output.map(outputPart),
  );
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

// -- requests --------------------------------------------------------------------------------------------------

const PARTY_NAMES = { slack: "Slack", heygen: "HeyGen", openai: "OpenAI" };
const journal = { filter: el("select", { id: "party" }), rows: el("ol", { className: "rows journal" }) };
let journals = null;

journal.filter.append(
  el("option", { value: "" }, "all three"),
  ...Object.entries(PARTY_NAMES).map(([value, label]) => el("option", { value }, label)),
);
journal.filter.addEventListener("change", () => journals && showJournals(journals));
panel("journals").append(
  el("p", { className: "note" }, "Every request the app made, newest first, as the emulators received it."),
  el("p", { className: "controls" }, el("label", { htmlFor: "party" }, "Show"), journal.filter),
  journal.rows,
);

function showJournals(found) {
  journals = found;
  const wanted = Object.keys(found).filter((party) => !journal.filter.value || party === journal.filter.value);
  const entries = wanted.flatMap((party) => found[party].map((entry) => ({ party, ...entry })));
  entries.sort((one, other) => other.round - one.round || other.at - one.at || other.seq - one.seq);
  showList(journal.rows, entries.slice(0, 200), (entry) => `${entry.party}/${entry.seq}`, journalRow);
}

function journalRow(entry) {
  const status = entry.status || (entry.fault ? "dropped" : "…");
  return el("li", {},
    el("time", {}, timeOfDay(entry.at, true)),
    el("span", { className: `party ${entry.party}` }, PARTY_NAMES[entry.party]),
    el("code", { className: "path" }, `${entry.method} ${entry.path}`),
    entry.fault ? el("span", { className: "code bad" }, entry.fault.replace("_", " ")) : null,
    statusMark(status),
  );
}

// -- trouble ---------------------------------------------------------------------------------------------------

const SUBMIT = { party: "heygen", method: "POST", path: "/v3/(video-translations|videos)" };
const MODEL = { party: "openai", method: "POST", path: "/v1/(responses|chat/completions)" };
const POST = { party: "slack", path: "/api/chat.postMessage" };
const TROUBLE = [
  ["HeyGen", "Drop the reply of the next submit", "The job is made and charged, but the app never hears of it.", { ...SUBMIT, kind: "drop_reply" }],
  ["HeyGen", "429 on the next submit", "Too many requests, come back in three seconds.", { ...SUBMIT, kind: "before", status: 429, retry_after: 3 }],
  ["HeyGen", "500 for the next five reads", "Looking after jobs fails for a while.", { party: "heygen", method: "GET", path: "/v3/.*", kind: "before", status: 500, times: 5 }],
  ["OpenAI", "429 on the next model call", "Too many requests, come back in two seconds.", { ...MODEL, kind: "before", status: 429, retry_after: 2 }],
  ["OpenAI", "Drop the next model call", "The connection breaks before anything is answered.", { ...MODEL, kind: "drop_before" }],
  ["Slack", "429 on the next post", "Too many requests, come back in three seconds.", { ...POST, kind: "before", status: 429, retry_after: 3 }],
  ["Slack", "Drop the reply of the next post", "The message is posted, but the app does not know.", { ...POST, kind: "drop_reply" }],
];
const VICES = [
  ["gullible", "Gullible model", "It obeys CALL tool {…} wherever it stands: in a file's name, a title, a tool's answer."],
  ["liar", "Lying model", "Every answer claims something else that is not true, in many languages."],
];
const vices = VICES.map(([name, label, meaning]) => {
  const toggle = el("input", { type: "checkbox", onchange: () => attempt("model", { [name]: toggle.checked }) });
  return { name, toggle, row: el("li", {}, el("span", { className: "party openai" }, "OpenAI"), el("label", {}, el("strong", {}, label), el("span", { className: "faint" }, meaning)), toggle) };
});
for (const [index, { toggle }] of vices.entries()) toggle.ariaLabel = VICES[index][1];
const faults = { armed: el("ul", { className: "rows" }), none: el("p", { className: "empty" }, "Nothing is armed.") };

panel("faults").append(
  el("p", { className: "note" }, "Arm a fault, then ask for something. No result should be lost and nothing paid twice."),
  el("ul", { className: "trouble" }, TROUBLE.map(([party, label, meaning, fault]) =>
    el("li", {},
      el("span", { className: `party ${party.toLowerCase()}` }, party),
      el("span", {}, el("strong", {}, label), el("span", { className: "faint" }, meaning)),
      button("Arm", () => attempt("fault", fault), { ariaLabel: `Arm: ${party}, ${label}` }),
    ))),
  el("ul", { className: "trouble" }, vices.map((vice) => vice.row)),
  el("h3", {}, "Armed"),
  faults.none,
  faults.armed,
  el("p", { className: "controls" }, button("Disarm all", () => attempt("fault/clear", {}))),
);

function showFaults(armed, switches) {
  for (const { name, toggle } of vices) toggle.checked = switches[name];
  faults.none.hidden = armed.length > 0;
  showList(faults.armed, armed.map((fault, index) => ({ index, ...fault })), (fault) => fault.index, (fault) =>
    el("li", {},
      el("span", { className: `party ${fault.party}` }, PARTY_NAMES[fault.party]),
      el("code", { className: "path" }, `${fault.method ?? "any"} ${fault.path}`),
      el("span", { className: "code bad" }, `${fault.kind.replace("_", " ")} × ${fault.times}`),
    ));
}
