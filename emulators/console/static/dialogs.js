// Dialogs on top of the page: the question before a press counts, and what is asked in one.

import { button, el } from "./dom.js";
import { mrkdwn, plain } from "./text.js";

/** Ask what a confirm dialog of Block Kit asks; resolves with whether the person agreed. `names` maps ids to names. */
export function ask(confirm, names) {
  return new Promise((resolve) => {
    const words = confirm.text.type === "mrkdwn" ? mrkdwn(confirm.text.text, names) : plain(confirm.text.text);
    const finish = (agreed) => () => {
      dialog.remove();
      resolve(agreed);
    };
    const agree = button(plain(confirm.confirm.text), finish(true), { className: `pressable ${confirm.style ?? "primary"}` });
    const deny = button(plain(confirm.deny.text), finish(false));
    const dialog = el("dialog", { className: "dialog", ariaLabel: plain(confirm.title.text) },
      el("h2", {}, plain(confirm.title.text)),
      el("div", { className: "words" }, words),
      el("p", { className: "decide" }, deny, agree),
    );
    dialog.addEventListener("cancel", finish(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}
