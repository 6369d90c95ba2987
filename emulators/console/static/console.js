// Starts the page: polls the state, shows it, and runs the tabs.

import { poll } from "./api.js";
import { remember, remembered } from "./dom.js";
import { showPanels } from "./panels.js";
import { attempt, showSlack } from "./slack.js";
import { showTour } from "./tour.js";

const connection = document.getElementById("connection");
const tabs = [...document.querySelectorAll("[role=tab]")];

function setConnection(text, good) {
  if (connection.textContent !== text) connection.textContent = text;
  connection.classList.toggle("lost", !good);
}

function show(state) {
  setConnection("connected", true);
  showSlack(state);
  showPanels(state);
  showTour(state);
}

function openTab(tab, focus = true) {
  for (const one of tabs) {
    const selected = one === tab;
    one.setAttribute("aria-selected", String(selected));
    one.tabIndex = selected ? 0 : -1;
    document.getElementById(one.getAttribute("aria-controls")).hidden = !selected;
  }
  if (focus) tab.focus();
  remember({ tab: tab.id.replace("tab-", "") });
}

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };
const shown = () => tabs.filter((tab) => !tab.hidden);

for (const tab of tabs) {
  tab.addEventListener("click", () => openTab(tab));
  tab.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (step) openTab(shown().at((shown().indexOf(tab) + step) % shown().length));
  });
}
openTab(tabs.find((tab) => tab.id === `tab-${remembered().tab}`) ?? tabs[0], false);

document.getElementById("reset").addEventListener("click", () => {
  const question = "Empty Slack, HeyGen and the model's journal? The app keeps what it remembers of earlier jobs.";
  if (window.confirm(question)) attempt("reset");
});

poll(show, () => setConnection("no answer from the playground: is it still running?", false));
