// What is said, as text: a list for the eyes, and its finished lines once more for screen readers.

import { at, made, show } from './dom.js';

const MOST = 200;
const NAMES = { you: 'You', avatar: 'Avatar', teammate: 'Teammate' };

export class Captions {
  #lines = new Map();
  #announced = new Set();
  #follows = true; // nobody has scrolled up to read older lines

  constructor() {
    const list = at('captions');
    list.addEventListener('scroll', () => {
      this.#follows = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    });
    new ResizeObserver(() => this.#toEnd()).observe(list);
  }

  /** A finished line without words takes back what was shown of it. */
  put({ id, who, name, text, final, interrupted }) {
    if (final && !text) {
      this.#remove(id);
      return;
    }
    const line = this.#lines.get(id) ?? this.#added(id);
    const speaker = name || NAMES[who] || NAMES.avatar;
    line.className = [who, final ? 'final' : 'partial', interrupted ? 'interrupted' : ''].join(' ').trim();
    line.replaceChildren(made('b', {}, speaker), made('span', { dir: 'auto' }, text), ...ending(interrupted));
    if (final) this.#announce(id, `${speaker}: ${text}`);
    this.#toEnd();
  }

  #toEnd() {
    if (this.#follows) at('captions').scrollTop = at('captions').scrollHeight;
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
