// What is said, as text: a list for the eyes, and its finished lines once more for screen readers.

import { at, made, show } from './dom.js';

const MOST = 200;
const NEAR = 60; // pixels from the end that still count as being there
const NAMES = { you: 'You', avatar: 'Avatar', teammate: 'Teammate' };

export class Captions {
  #lines = new Map();
  #announced = new Set();
  #end = 0; // where the list was last scrolled to; out of reach while somebody reads older lines

  constructor() {
    new ResizeObserver(() => this.#followed() && this.#toEnd()).observe(at('captions'));
  }

  /** A finished line without words takes back what was shown of it. */
  put({ id, who, name, text, final, interrupted }) {
    if (final && !text) {
      this.#remove(id);
      return;
    }
    const followed = this.#followed();
    const line = this.#lines.get(id) ?? this.#added(id);
    const speaker = name || NAMES[who] || NAMES.avatar;
    line.className = [who, final ? 'final' : 'partial', interrupted ? 'interrupted' : ''].join(' ').trim();
    line.replaceChildren(made('b', {}, speaker), made('span', { dir: 'auto' }, text), ...ending(interrupted));
    if (final) this.#announce(id, `${speaker}: ${text}`);
    if (followed) this.#toEnd();
  }

  /** Asked before a change: a scroll event would come a frame late, and a line in between would take the reader away. */
  #followed() {
    const list = at('captions');
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    const followed = below < NEAR || list.scrollTop > this.#end - NEAR;
    if (!followed) this.#end = Infinity;
    return followed;
  }

  #toEnd() {
    const list = at('captions');
    list.scrollTop = list.scrollHeight;
    this.#end = list.scrollTop;
  }

  #added(id) {
    const line = made('li');
    this.#lines.set(id, line);
    at('captions').append(line);
    show(at('captions-empty'), false);
    if (this.#lines.size > MOST) this.#remove(this.#lines.keys().next().value);
    return line;
  }

  #remove(id) {
    this.#lines.get(id)?.remove();
    this.#lines.delete(id);
    this.#announced.delete(id);
    show(at('captions-empty'), this.#lines.size === 0);
  }

  #announce(id, sentence) {
    if (this.#announced.has(id)) return;
    this.#announced.add(id);
    at('spoken').replaceChildren(made('p', { dir: 'auto' }, sentence));
  }
}

function ending(interrupted) {
  return interrupted ? [made('small', {}, 'interrupted')] : [];
}
