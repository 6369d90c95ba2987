// The guided tour: three scenarios of a few steps each, done by the person or, with “Show me”, by the page.

import { el, showValue } from "./dom.js";
import { baseline, be, closeThread } from "./tour-kit.js";
import { ESCALATE } from "./tour-escalate.js";
import { LEADS } from "./tour-leads.js";
import { TRANSLATE } from "./tour-translate.js";

const SCENARIOS = [TRANSLATE, ESCALATE, LEADS];
const TARGET = "tour-target";
const panel = document.getElementById("tour");
const opener = document.getElementById("tour-open");

let run = null; // { scenario, at, before, state, reached, problem, busy }
let newest = null;

/** Show the tour of a new state. */
export function showTour(state) {
  newest = state;
  opener.hidden = false;
  if (!run) return;
  run.state = state;
  if (startedOver()) {
    begin(run.scenario);
    return;
  }
  notice();
  draw();
}

/** Somebody has emptied the emulators: what was there before the scenario is gone. */
const startedOver = () => run.state.heygen.totals.jobs < run.before.totals.jobs;

// -- going through it ------------------------------------------------------------------------------------------

function begin(scenario) {
  run?.scenario.leave?.();
  run = { scenario, at: 0, before: baseline(newest), state: newest, reached: new Set(), problem: "", busy: false };
  be("alice");
  closeThread();
  draw();
  focusHead();
}

/** A step that was done stays done, whatever comes after it. */
function notice() {
  const step = run.scenario.steps[run.at];
  if (step && !run.reached.has(run.at) && step.done(run)) run.reached.add(run.at);
}

function go(to) {
  run.at = Math.max(0, Math.min(to, run.scenario.steps.length));
  run.problem = "";
  if (run.at === run.scenario.steps.length) run.scenario.leave?.();
  notice();
  draw();
  focusHead();
}

async function show(step) {
  if (run.busy) return;
  const mine = run;
  run.busy = true;
  run.problem = "";
  draw();
  try {
    await step.show(mine);
  } catch (error) {
    mine.problem = error.message;
  } finally {
    mine.busy = false;
    draw();
  }
}

function close() {
  run?.scenario.leave?.();
  run = null;
  point(null);
  panel.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  opener.focus();
}

opener.addEventListener("click", () => {
  if (!panel.hidden) {
    close();
    return;
  }
  if (!newest) return;
  panel.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  begin(SCENARIOS[0]);
});
panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.tagName !== "SELECT") close();
});

// -- showing it ------------------------------------------------------------------------------------------------

function draw() {
  if (!run) return;
  const { scenario, at, reached, problem, busy } = run;
  const step = scenario.steps[at] ?? null;
  const blocked = scenario.needs?.(run.state) ?? "";
  const proof = step ? null : scenario.proof(run);
  const value = [scenario.name, at, [...reached], problem, busy, blocked, proof, step?.options?.get() ?? null];
  showValue(panel, value, () => [head(), step ? stepBody(step, blocked) : proofBody(proof)]);
  point(step && !reached.has(at) ? step.target(run) : null);
}

function head() {
  const choices = SCENARIOS.map((scenario, index) => {
    const mine = scenario === run.scenario;
    return act(`${index + 1}. ${scenario.title}`, () => begin(scenario), { ariaPressed: String(mine), id: `tour-${scenario.name}` });
  });
  return el("div", { className: "tour-head" },
    choices, dots(), el("span", { className: "spread" }),
    act("Start again", () => begin(run.scenario)), act("Close", close, { ariaLabel: "Close the tour" }));
}

function dots() {
  const { steps } = run.scenario;
  const label = run.at < steps.length ? `Step ${run.at + 1} of ${steps.length}` : "What was proved";
  const marks = steps.map((_, index) => el("i", { className: [run.reached.has(index) && "done", index === run.at && "now"].filter(Boolean).join(" ") }));
  return el("p", { className: "tour-dots" }, el("span", { className: "tour-count" }, label), marks);
}

function stepBody(step, blocked) {
  const done = run.reached.has(run.at);
  const text = el("div", { className: "tour-text" },
    title(step.title), el("p", {}, step.text), el("p", { className: "tour-why" }, step.why),
    el("p", { className: "tour-problem", role: "alert" }, blocked || run.problem));
  return el("div", { className: "tour-body" }, text, acts(step, done, blocked));
}

function acts(step, done, blocked) {
  const last = run.at === run.scenario.steps.length - 1;
  const next = last ? "What was proved" : "Next";
  return el("div", { className: "tour-acts" },
    step.options ? options(step.options) : null,
    el("span", { role: "status", className: done ? "tour-done" : "tour-wait" }, done ? "✓ done" : run.busy ? "working…" : "waiting for you"),
    run.at > 0 ? act("Back", () => go(run.at - 1)) : null,
    step.show && !blocked ? act(step.label ?? "Show me", () => show(step), { id: "tour-show", className: done ? "" : "primary" }) : null,
    act(done ? next : "Skip", () => go(run.at + 1), { id: "tour-next", className: done ? "primary" : "" }));
}

function options({ label, values, get, set }) {
  const choice = el("select", { id: "tour-option" }, values.map((value) => el("option", { value: String(value) }, String(value))));
  choice.value = String(get());
  choice.addEventListener("change", () => set(Number(choice.value)));
  return el("label", { className: "tour-options" }, label, choice);
}

function proofBody(proof) {
  const good = proof.every(([, found, wanted]) => wanted === null || found === wanted);
  const rows = proof.map(([what, found, wanted]) => el("tr", {},
    el("th", { scope: "row" }, what), el("td", {}, String(found)), verdict(found, wanted)));
  const text = el("div", { className: "tour-text" },
    title(good ? "What was proved: every result arrived, and nothing was paid twice" : "Not everything was played to its end"),
    el("table", { className: "tour-proof" }, el("tbody", {}, rows)));
  const following = SCENARIOS[SCENARIOS.indexOf(run.scenario) + 1];
  return el("div", { className: "tour-body" }, text, el("div", { className: "tour-acts" },
    act("Back", () => go(run.at - 1)),
    following
      ? act(`Next: ${following.title}`, () => begin(following), { id: "tour-next", className: "primary" })
      : act("Finish the tour", close, { id: "tour-next", className: "primary" })));
}

function verdict(found, wanted) {
  if (wanted === null) return el("td", {});
  const good = found === wanted;
  return el("td", { className: good ? "good" : "bad" }, good ? "✓ right" : `✗ should be ${wanted}`);
}

const title = (text) => el("h2", { id: "tour-title", tabIndex: -1 }, text);

function act(label, done, properties = {}) {
  return el("button", { type: "button", onclick: done, ...properties }, label);
}

function focusHead() {
  panel.querySelector("h2")?.focus({ preventScroll: true });
}

/** Mark the place on the page that the step is about: the newest of the first kind that is there, if any is. */
function point(selectors) {
  const visible = (selector) => [...document.querySelectorAll(selector)].filter((node) => node.offsetParent !== null);
  const found = (selectors ?? []).map(visible).find((nodes) => nodes.length)?.at(-1) ?? null;
  for (const node of document.querySelectorAll(`.${TARGET}`)) if (node !== found) node.classList.remove(TARGET);
  if (!found || found.classList.contains(TARGET)) return;
  found.classList.add(TARGET);
  found.scrollIntoView({ block: "nearest", behavior: "auto" });
}
