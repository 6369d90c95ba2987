// HeyGen's side: wallet, clock, jobs, charges, webhooks.

import { button, el, showList, showValue, timeOfDay } from "./dom.js";
import { attempt } from "./slack.js";

export const money = (amount) => `$${amount.toFixed(2)}`;

const panel = document.getElementById("panel-heygen");
const heygen = {
  facts: el("dl", { className: "facts" }),
  speed: el("select", { id: "speed" }),
  jobs: el("tbody"),
  nothing: el("p", { className: "empty" }, "No job yet. Ask for a translation on the left."),
  charges: el("ol", { className: "rows" }),
  free: el("p", { className: "empty" }, "Nothing was charged yet."),
  deliveries: el("ol", { className: "rows" }),
  silence: el("p", { className: "empty" }, "None yet: they go out when a job ends."),
};
const SPEEDS = { real: "real time (4–7 minutes a job)", fast: "fast (100 times)", step: "stopped (only the buttons)" };
const JOBS_SHOWN = 40;
const REASON = "The speech could not be separated from the music.";

heygen.speed.append(...Object.entries(SPEEDS).map(([value, label]) => el("option", { value }, label)));
heygen.speed.addEventListener("change", () => attempt("heygen/speed", { speed: heygen.speed.value }));
panel.append(
  heygen.facts,
  el("div", { className: "controls clock", role: "group", ariaLabel: "HeyGen's clock" },
    el("label", { htmlFor: "speed" }, "Clock"),
    heygen.speed,
    button("+1 min", () => attempt("heygen/advance", { seconds: 60 })),
    button("+10 min", () => attempt("heygen/advance", { seconds: 600 })),
    button("Finish all jobs", () => attempt("heygen/finish", {}), { id: "finish-all" }),
  ),
  el("div", { className: "controls", role: "group", ariaLabel: "HeyGen's account" },
    button("Top up $50", () => attempt("heygen/top_up", { amount: 50 })),
    button("Expire all links", () => attempt("heygen/expire", {})),
  ),
  el("h3", { id: "heygen-jobs" }, "Jobs"),
  heygen.nothing,
  el("div", { className: "scroll" }, el("table", { className: "jobs", ariaLabel: "Jobs at HeyGen" }, heygen.jobs)),
  el("h3", { id: "heygen-charges" }, "Charges"),
  heygen.free,
  heygen.charges,
  el("h3", { id: "heygen-webhooks" }, "Webhooks sent"),
  heygen.silence,
  heygen.deliveries,
);

/** Show HeyGen's snapshot. */
export function showHeyGen(found) {
  showFacts(found);
  if (document.activeElement !== heygen.speed) heygen.speed.value = found.speed;
  heygen.nothing.hidden = found.jobs.length > 0;
  heygen.free.hidden = found.charges.length > 0;
  heygen.silence.hidden = found.deliveries.length > 0;
  const jobs = found.jobs.slice(-JOBS_SHOWN).map((job) => ({ ...job, due: null, when: when(job, found) })).reverse();
  showList(heygen.jobs, jobs, (job) => job.id, jobRow);
  showList(heygen.charges, found.charges.slice(-20).reverse(), (charge) => charge.job_id, chargeRow);
  const deliveries = found.deliveries.map((one, index) => ({ index, ...one })).slice(-20).reverse();
  showList(heygen.deliveries, deliveries, (one) => `${one.index}/${one.event_id}/${one.at}`, deliveryRow);
}

function showFacts(found) {
  const open = found.jobs.filter(isOpen).length;
  const wallets = Object.entries(found.wallets).map(([name, balance]) => [`Wallet “${name}”`, money(balance)]);
  const facts = [...wallets, ["Spent", money(found.spent)], ["Running", String(open)], ["HeyGen's clock", timeOfDay(found.clock, true)]];
  showValue(heygen.facts, facts, () => facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
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
        button("Fail", () => attempt("heygen/finish", { job_id: job.id, fail: REASON }), { ariaLabel: `Fail ${name}` }),
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

/** A status code, or a word for what came in place of one. */
export function statusMark(status) {
  const good = Number(status) >= 101 && Number(status) < 400;
  return el("span", { className: `code ${good ? "good" : "bad"}` }, String(status));
}
