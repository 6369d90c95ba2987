// Sentences that a person should know now: one for each thing, until it is over or dismissed.

import { at, made } from './dom.js';

const MOST = 3;

export function notice(code, text) {
  if (!text) {
    find(code)?.remove();
    return;
  }
  const dismiss = made('button', { type: 'button', 'aria-label': 'Dismiss' }, '×');
  const line = made('p', { 'data-code': code }, made('span', { dir: 'auto' }, text), dismiss);
  dismiss.addEventListener('click', () => line.remove());
  find(code)?.remove();
  at('notices').append(line);
  if (at('notices').children.length > MOST) at('notices').firstElementChild.remove();
}

function find(code) {
  return [...at('notices').children].find((line) => line.dataset.code === code);
}
