// LiveAvatar's side: credits, live sessions and what they cost, what the app did wrong in them.

import { button, el, showList, showValue, timeOfDay } from "./dom.js";
import { attempt } from "./slack.js";

const panel = document.getElementById("panel-live");
const live = {
  facts: el("dl", { className: "facts" }),
  nothing: el("p", { className: "empty" }, "No session yet. Tell the app on the left that you want to talk to a human."),
  sessions: el("div"),
};

panel.append(
  el("p", { className: "note" }, "A live session is paid by the minute from its start, so it starts only when somebody has joined and agreed."),
  live.facts,
  el("h3", {}, "Live sessions"),
  live.nothing,
  live.sessions,
);

/** Show LiveAvatar's snapshot, null where there is none. */
export function showLive(found) {
  document.getElementById("tab-live").hidden = !found;
  if (!found) return;
  const credits = Object.values(found.credits).reduce((sum, one) => sum + one, 0);
  const open = found.sessions.filter(isOpen).length;
  const facts = [["Credits left", credits.toFixed(0)], ["Used", found.used.toFixed(0)], ["Running", String(open)]];
  showValue(live.facts, facts, () => facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  live.nothing.hidden = found.sessions.length > 0;
  const sessions = [...found.sessions].reverse().map((one) => ({ ...one, billed_seconds: Math.round(one.billed_seconds) }));
  showList(live.sessions, sessions, (session) => session.id, sessionCard);
}

const isOpen = (session) => session.started !== null && session.ended === null;

function stateOf(session) {
  if (session.ended !== null) return ["completed", `ended: ${words(session.end_reason)}`];
  if (session.started === null) return ["queued", "token only, not started"];
  return ["running", session.viewers ? "live, somebody is in the room" : "started, nobody in the room"];
}

const words = (reason) => String(reason ?? "unknown").toLowerCase().replaceAll("_", " ");

function sessionCard(session) {
  const [mark, state] = stateOf(session);
  const said = `${session.utterances} ${session.utterances === 1 ? "speech" : "speeches"}, ${session.interruptions} interrupted`;
  const controls = isOpen(session)
    ? el("p", { className: "controls" },
        button("Break its connection", () => attempt("trouble", { name: "live_lost" })),
        button("End it from their side", () => attempt("trouble", { name: "live_ends" })))
    : null;
  return el("article", { className: "card" },
    el("p", { className: "head" },
      el("span", { className: `pill ${mark}` }, state),
      session.started ? el("time", {}, timeOfDay(session.started, true)) : null,
      el("span", { className: "faint" }, `${session.billed_seconds} s · ${session.credits} credits · ${said}`)),
    session.findings.length
      ? el("ul", { className: "plain" }, session.findings.map((finding) => el("li", { className: "misdeed" }, `⚠ ${finding}`)))
      : el("p", { className: "faint" }, "Nothing that the real service would object to."),
    controls,
  );
}
