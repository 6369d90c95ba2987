// How the session stands: its state, the time that is left, the connection.

import { at, say, show } from './dom.js';

const STATES = {
  connecting: 'Connecting', calling: 'Waiting', offered: 'Waiting', joined: 'Getting ready', starting: 'Starting',
  live: 'Live', human_takeover: 'A teammate speaks', closing: 'Ending', ended: 'Ended', reconnecting: 'Reconnecting',
};
const CURTAINS = {
  joined: 'Getting ready …', starting: 'The avatar is on its way …', live: 'The picture is on its way …',
  human_takeover: 'The picture is on its way …', closing: 'Ending …', reconnecting: 'Reconnecting …',
};
const QUALITIES = { excellent: 'good', good: 'fair', poor: 'poor', lost: 'lost' };

export class Vitals {
  #state = 'connecting';
  #endsAt = null;
  #ticking = null;

  get state() {
    return this.#state;
  }

  take({ state, remaining_seconds: remaining, muted }) {
    this.#state = state;
    this.#show(state);
    at('badge').textContent = badge(state, muted);
    if (remaining !== undefined) this.#endsAt = remaining === null ? null : Date.now() + remaining * 1000;
    this.#tick();
    this.#ticking ??= setInterval(() => this.#tick(), 1000);
  }

  connected(isConnected) {
    this.#show(isConnected ? this.#state : 'reconnecting');
    if (!isConnected) this.quality('lost');
  }

  quality(level) {
    const shown = QUALITIES[level] ?? 'none';
    at('quality').dataset.level = shown;
    at('quality').setAttribute('aria-label', `Connection: ${shown}`);
  }

  stop() {
    clearInterval(this.#ticking);
  }

  #show(state) {
    at('state').dataset.state = state;
    at('state-text').textContent = STATES[state] ?? STATES.connecting;
    at('curtain-text').textContent = CURTAINS[state] ?? 'Connecting …';
  }

  #tick() {
    const left = this.#endsAt === null ? null : Math.max(0, Math.round((this.#endsAt - Date.now()) / 1000));
    show(at('remaining'), left !== null);
    if (left === null) return;
    say(at('remaining-text'), `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`);
    at('remaining').classList.toggle('short', left <= 60);
  }
}

function badge(state, muted) {
  if (state === 'human_takeover') return 'AI avatar, a teammate speaks';
  return muted ? 'AI avatar, muted by a teammate' : 'AI avatar';
}
