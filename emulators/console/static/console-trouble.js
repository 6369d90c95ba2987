// What can be made to go wrong, with what it does in a sentence.

import { button, el, showList } from "./dom.js";
import { PARTY_NAMES } from "./console-requests.js";
import { attempt } from "./slack.js";

const panel = document.getElementById("panel-faults");
const SUBMIT = { party: "heygen", method: "POST", path: "/v3/(video-translations|videos|lipsyncs)" };
const MODEL = { party: "openai", method: "POST", path: "/v1/(responses|chat/completions)" };
const POST = { party: "slack", path: "/api/chat.postMessage" };
const LIVE = { party: "liveavatar", method: "POST", path: "/v1/sessions/start" };

const TROUBLE = [
  ["heygen", "Drop the reply of the next submit", "The job is made and charged, but the app never hears of it.", "fault", { ...SUBMIT, kind: "drop_reply" }],
  ["heygen", "429 on the next submit", "Too many requests: come back in three seconds.", "fault", { ...SUBMIT, kind: "before", status: 429, retry_after: 3 }],
  ["heygen", "500 on the next submit", "It fails before anything was made.", "fault", { ...SUBMIT, kind: "before", status: 500 }],
  ["heygen", "500 for the next five reads", "Looking after jobs fails for a while.", "fault", { party: "heygen", method: "GET", path: "/v3/.*", kind: "before", status: 500, times: 5 }],
  ["heygen", "The next job fails", "HeyGen cannot make it, and gives the money back.", "trouble", { name: "job_fails" }],
  ["heygen", "Lose the next three webhooks", "The app is not told that jobs have ended, and has to look.", "trouble", { name: "webhooks_lost" }],
  ["heygen", "Send webhooks five times", "The app is told the same thing again and again.", "trouble", { name: "webhooks_repeated" }],
  ["liveavatar", "All places are taken", "A live session cannot start until this is disarmed.", "trouble", { name: "live_busy" }],
  ["liveavatar", "500 on the next start", "The session fails to start.", "fault", { ...LIVE, kind: "before", status: 500 }],
  ["liveavatar", "Break the running session's connection", "The avatar falls silent until the app has connected again.", "trouble", { name: "live_lost" }],
  ["openai", "429 on the next model call", "Too many requests: come back in two seconds.", "fault", { ...MODEL, kind: "before", status: 429, retry_after: 2 }],
  ["openai", "Cut the next model stream", "The connection breaks in the middle of an answer.", "fault", { ...MODEL, kind: "cut", keep: 900 }],
  ["openai", "Drop the next model call", "The connection breaks before anything is answered.", "fault", { ...MODEL, kind: "drop_before" }],
  ["slack", "429 on the next post", "Too many requests: come back in three seconds.", "fault", { ...POST, kind: "before", status: 429, retry_after: 3 }],
  ["slack", "Drop the reply of the next post", "The message is posted, but the app does not know.", "fault", { ...POST, kind: "drop_reply" }],
];
const VICES = [
  ["gullible", "Gullible model", "It obeys CALL tool {…} wherever it stands: in a file's name, a title, a tool's answer."],
  ["liar", "Lying model", "Every answer claims something else that is not true, in many languages."],
];
const vices = VICES.map(([name, label, meaning]) => {
  const toggle = el("input", { type: "checkbox", ariaLabel: label, onchange: () => attempt("model", { [name]: toggle.checked }) });
  return { name, toggle, row: el("li", {}, partyMark("openai"), el("label", {}, el("strong", {}, label), el("span", { className: "faint" }, meaning)), toggle) };
});
const faults = { armed: el("ul", { className: "rows" }), none: el("p", { className: "empty" }, "Nothing is armed.") };
const rows = TROUBLE.map(([party, label, meaning, path, body]) => ({ party, node: troubleRow(party, label, meaning, path, body) }));

panel.append(
  el("p", { className: "note" }, "Arm something, then ask for a video. No result may be lost and nothing paid twice."),
  el("h3", {}, "Armed"),
  faults.none,
  faults.armed,
  el("p", { className: "controls" }, button("Disarm all", () => attempt("fault/clear", {}))),
  el("ul", { className: "trouble" }, rows.map((row) => row.node)),
  el("h3", {}, "A model that misbehaves"),
  el("ul", { className: "trouble" }, vices.map((vice) => vice.row)),
);

function partyMark(party) {
  return el("span", { className: `party of-${party}` }, PARTY_NAMES[party]);
}

function troubleRow(party, label, meaning, path, body) {
  return el("li", {},
    partyMark(party),
    el("span", {}, el("strong", {}, label), el("span", { className: "faint" }, meaning)),
    button("Arm", () => attempt(path, body), { ariaLabel: `Arm: ${PARTY_NAMES[party]}, ${label}` }),
  );
}

/** Show what is armed; `parties` says whose emulator is there to go wrong. */
export function showTrouble({ faults: armed, troubles, openai, parties }) {
  const emulated = new Set(parties.filter((party) => party.emulated).map((party) => party.name));
  for (const { party, node } of rows) node.hidden = !emulated.has(party);
  for (const { name, toggle } of vices) toggle.checked = openai.switches[name];
  const all = [...armed.map(faultWords), ...troubles.map((one) => ({ ...one, where: "" }))];
  faults.none.hidden = all.length > 0;
  showList(faults.armed, all.map((one, index) => ({ index, ...one })), (one) => one.index, armedRow);
}

function faultWords(fault) {
  const answer = fault.kind === "before" ? String(fault.status) : fault.kind.replace("_", " ");
  return { party: fault.party, kind: answer, times: fault.times, where: `${fault.method ?? "any"} ${fault.path}` };
}

function armedRow(one) {
  return el("li", {}, partyMark(one.party), el("code", { className: "path" }, one.where), el("span", { className: "code bad" }, `${one.kind} × ${one.times}`));
}
