// The few things that every part of the page does with its elements.

export const at = (id) => document.getElementById(id);

export function show(element, shown) {
  element.hidden = !shown;
}

/** Show text where there is any, else nothing. */
export function say(element, text) {
  element.textContent = text ?? '';
  show(element, Boolean(text));
}

export function made(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Replace one of the page's three views with another, and put the reader at its heading. */
export function turnTo(view) {
  for (const name of ['lobby', 'session', 'farewell']) show(at(name), name === view);
  show(at('vitals'), view === 'session');
  at(`${view}-title`).focus({ preventScroll: true });
}
