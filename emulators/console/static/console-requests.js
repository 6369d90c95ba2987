// The wire: every request the app made, as the emulators received it.

import { details } from "./api.js";
import { el, showList, timeOfDay } from "./dom.js";
import { statusMark } from "./console-heygen.js";
import { block, unfolding } from "./console-models.js";

export const PARTY_NAMES = { slack: "Slack", heygen: "HeyGen", openai: "OpenAI", liveavatar: "LiveAvatar" };

const panel = document.getElementById("panel-journals");
const journal = { filter: el("select", { id: "party" }), rows: el("ol", { className: "rows journal" }) };
const SHOWN = 150;
let journals = null;

journal.filter.append(
  el("option", { value: "" }, "everybody"),
  ...Object.entries(PARTY_NAMES).map(([value, label]) => el("option", { value }, label)),
);
journal.filter.addEventListener("change", () => journals && showJournals(journals));
panel.append(
  el("p", { className: "note" }, "Every request the app made, newest first. Open one to see what was sent and answered; what was made to go wrong is marked red."),
  el("p", { className: "controls" }, el("label", { htmlFor: "party" }, "Show"), journal.filter),
  journal.rows,
);

/** Show the journals, merged. */
export function showJournals(found) {
  journals = found;
  const wanted = Object.keys(found).filter((party) => !journal.filter.value || party === journal.filter.value);
  const entries = wanted.flatMap((party) => found[party].map((entry) => ({ party, ...entry })));
  entries.sort((one, other) => other.round - one.round || other.at - one.at || other.seq - one.seq);
  showList(journal.rows, entries.slice(0, SHOWN), (entry) => `${entry.party}/${entry.seq}`, journalRow);
}

function journalRow(entry) {
  const fault = entry.fault?.replace("_", " ");
  const line = el("span", { className: "line" },
    el("time", {}, timeOfDay(entry.at, true)),
    el("span", { className: `party of-${entry.party}` }, PARTY_NAMES[entry.party]),
    el("code", { className: "path" }, `${entry.method} ${entry.path}`),
    fault && entry.status ? el("span", { className: "code bad" }, fault) : null,
    statusMark(entry.status || fault || "…"),
  );
  return el("li", {}, unfolding(line, el("div", { className: "items" }), async () => {
    const found = await details("request", { party: entry.party, seq: entry.seq });
    return Object.entries(found).filter(([, value]) => value !== null && JSON.stringify(value) !== "{}").map(([name, value]) => [
      el("h3", {}, { query: "Query", body: "Sent", reply: "Answered" }[name]), block(value),
    ]);
  }));
}
