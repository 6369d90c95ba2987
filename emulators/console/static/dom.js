// Building and updating elements. Content enters the page as text nodes only.

/** An element with properties and children; `null` and `false` children are left out. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.includes("-")) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button; an async `act` keeps it from being pressed again until it is done. The focus stays on it. */
export function button(label, act, properties = {}) {
  const node = el("button", { type: "button", ...properties }, label);
  node.addEventListener("click", async () => {
    if (node.ariaDisabled === "true") return;
    node.ariaDisabled = "true";
    try {
      await act();
    } finally {
      node.ariaDisabled = null;
    }
  });
  return node;
}

/** A link that leaves the page alone; anything but http(s) stays plain text. */
export function link(url, ...label) {
  if (!/^https?:\/\//i.test(url)) return el("span", {}, ...label);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

const kept = new WeakMap();
const FOCUSABLE = "button, a[href], input, select, textarea, summary, [tabindex]";
const nameOf = (node) => node.id || node.ariaLabel || node.textContent;

/** Where the focus is inside `node`, told so that it is found again in what takes its place; null when it is not. */
function focusIn(node) {
  const active = document.activeElement;
  if (!node.contains?.(active)) return null;
  const all = [...node.querySelectorAll(FOCUSABLE)];
  return { at: all.indexOf(active), name: nameOf(active), from: active.selectionStart, to: active.selectionEnd };
}

function focusAgain(node, spot) {
  const all = [...(node.querySelectorAll?.(FOCUSABLE) ?? [])];
  const same = all.filter((one) => nameOf(one) === spot.name);
  const found = same.includes(all[spot.at]) ? all[spot.at] : same[0] ?? all[Math.min(spot.at, all.length - 1)];
  found?.focus({ preventScroll: true });
  if (found?.setSelectionRange && typeof spot.from === "number") found.setSelectionRange(spot.from, spot.to);
}

/**
 * Make `parent` show `items` in order. An element stays in place while its key and its JSON stay the same, so that
 * focus, selection and open details survive; `build(item)` makes a new one, which takes over the focus of the old.
 */
export function showList(parent, items, keyOf, build) {
  const before = kept.get(parent) ?? new Map();
  const after = new Map();
  let spot = null;
  for (const item of items) {
    const signature = JSON.stringify(item);
    const old = before.get(keyOf(item));
    after.set(keyOf(item), old?.signature === signature ? old : { signature, node: build(item) });
  }
  for (const [key, { node }] of before) {
    const next = after.get(key)?.node;
    if (next === node) continue;
    const found = next && focusIn(node);
    if (found) spot = { ...found, node: next };
    node.remove();
  }
  let position = parent.firstChild;
  for (const { node } of after.values()) {
    if (node === position) position = position.nextSibling;
    else parent.insertBefore(node, position);
  }
  kept.set(parent, after);
  if (spot) focusAgain(spot.node, spot);
}

/** Replace the children of `parent`, but only when `value` is not what was shown last. The focus stays. */
export function showValue(parent, value, build) {
  const signature = JSON.stringify(value);
  if (kept.get(parent) === signature) return;
  const spot = kept.has(parent) ? focusIn(parent) : null;
  kept.set(parent, signature);
  parent.replaceChildren(...[build(value)].flat(Infinity).filter((child) => child !== null && child !== undefined));
  if (spot) focusAgain(parent, spot);
}

/** What the page's address remembers of where somebody looks: `{ person, place, tab }`. */
export function remembered() {
  return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
}

/** Have the page's address remember this as well. */
export function remember(change) {
  history.replaceState(null, "", `#${new URLSearchParams({ ...remembered(), ...change })}`);
}

/** A time of day, from Unix seconds. */
export function timeOfDay(seconds, withSeconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false, ...(withSeconds ? { second: "2-digit" } : {}) };
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", options);
}
