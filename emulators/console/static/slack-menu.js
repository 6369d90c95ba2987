// A menu that opens at a button: arrow keys walk through it, Escape and a click elsewhere close it.

import { el } from "./dom.js";

let shown = null;

/** Open a menu at `anchor`. `groups` are lists of `{ label, about, act, picture }` with lines between them. */
export function openMenu(anchor, label, groups) {
  closeMenu();
  const entry = ({ label: words, about, act, className = "" }) =>
    el("button", { type: "button", role: "menuitem", tabIndex: -1, className, onclick: () => {
      closeMenu(true);
      act();
    } }, el("span", {}, words), about ? el("span", { className: "faint" }, about) : null);
  const parts = groups.filter((group) => group.length).map((group) => el("div", { role: "group", className: group[0].row ? "row" : "" }, group.map(entry)));
  const menu = el("div", { className: "menu", role: "menu", ariaLabel: label }, parts);
  document.body.append(menu);
  place(menu, anchor);
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  menu.addEventListener("keydown", (event) => {
    const at = items.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step) items[(at + step + items.length) % items.length].focus();
    else if (event.key === "Home") items[0].focus();
    else if (event.key === "End") items.at(-1).focus();
    else if (event.key === "Escape" || event.key === "Tab") closeMenu(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  anchor.setAttribute("aria-expanded", "true");
  shown = { menu, anchor };
  items[0]?.focus();
}

function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + 4 + height < innerHeight;
  menu.style.left = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - height - 4)}px`;
}

function closeMenu(backToAnchor = false) {
  if (!shown) return;
  const { menu, anchor } = shown;
  shown = null;
  menu.remove();
  anchor.setAttribute("aria-expanded", "false");
  const again = anchor.isConnected ? anchor : document.querySelector(`[data-menu="${anchor.dataset.menu}"]`);
  if (backToAnchor) again?.focus(); // its message may have been drawn anew meanwhile
}

document.addEventListener("mousedown", (event) => shown && !shown.menu.contains(event.target) && closeMenu());
