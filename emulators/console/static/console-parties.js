// Says of each of the four companies whether it is emulated or real.

import { el, showValue } from "./dom.js";

const page = document.getElementById("parties");

/** Show a badge for each party; what it means opens under it. */
export function showParties(parties) {
  showValue(page, parties, () => parties.map(badge));
}

function badge({ name, label, emulated, says }) {
  const mark = emulated ? "emulated" : "real";
  return el("li", { className: `badge-of ${mark}`, title: says },
    el("strong", {}, label), el("span", { className: "mark" }, mark), el("span", { className: "unseen" }, ` ${name}: ${says}`));
}
