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

/** A button; an async `act` disables it until it is done. */
export function button(label, act, properties = {}) {
  const node = el("button", { type: "button", ...properties }, label);
  node.addEventListener("click", async () => {
    node.disabled = true;
    try {
      await act();
    } finally {
      node.disabled = false;
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

/**
 * Make `parent` show `items` in order. An element stays in place while its key and its JSON stay the same, so that
 * focus, selection and open details survive; `build(item)` makes a new one.
 */
export function showList(parent, items, keyOf, build) {
  const before = kept.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const signature = JSON.stringify(item);
    const old = before.get(keyOf(item));
    after.set(keyOf(item), old?.signature === signature ? old : { signature, node: build(item) });
  }
  for (const [key, { node }] of before) if (after.get(key)?.node !== node) node.remove();
  let position = parent.firstChild;
  for (const { node } of after.values()) {
    if (node === position) position = position.nextSibling;
    else parent.insertBefore(node, position);
  }
  kept.set(parent, after);
}

/** Replace the children of `parent`, but only when `value` is not what was shown last. */
export function showValue(parent, value, build) {
  const signature = JSON.stringify(value);
  if (kept.get(parent) === signature) return;
  kept.set(parent, signature);
  parent.replaceChildren(...[build(value)].flat());
}

/** A time of day, from Unix seconds. */
export function timeOfDay(seconds, withSeconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false, ...(withSeconds ? { second: "2-digit" } : {}) };
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", options);
}
