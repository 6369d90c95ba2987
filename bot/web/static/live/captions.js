// What is said, as text: a list for the eyes, and its finished lines once more for screen readers.

import { at, made, show } from './dom.js';

const MOST = 200;
const NAMES = { you: 'You', avatar: 'Avatar', teammate: 'Teammate' };

export class Captions {
  #lines = new Map();
  #announced = new Set();

  put({ id, who, name, text, final, interrupted }) {
    const list = at('captions');
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
    const line = this.#lines.get(id) ?? this.#added(id);
    const speaker = name || NAMES[who] || NAMES.avatar;
    line.className = [who, final ? 'final' : 'partial', interrupted ? 'interrupted' : ''].join(' ').trim();
    line.replaceChildren(made('b', {}, speaker), made('span', { dir: 'auto' }, text), ...ending(interrupted));
    if (final) this.#announce(id, `${speaker}: ${text}`);
    if (atEnd) list.scrollTop = list.scrollHeight;
  }

  #added(id) {
    const line = made('li');
    this.#lines.set(id, line);
    at('captions').append(line);
    show(at('captions-empty'), false);
    if (this.#lines.size > MOST) this.#removeOldest();
    return line;
  }

  #removeOldest() {
    const [oldest, line] = this.#lines.entries().next().value;
    line.remove();
    this.#lines.delete(oldest);
    this.#announced.delete(oldest);
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
