// Before anything starts: what this is, the microphone, consent. Nothing costs anything here.

import { at, made, say, show } from './dom.js';
import { exchange, forgetToken, tokenOfAddress } from './entry.js';
import { remember } from './memory.js';
import { MicrophoneError, TROUBLES, microphones } from './microphone.js';
import { canShow } from './stage.js';

const INCOMPLETE = 'A part of this page did not load, and without it there is no picture. Please load the page again.';

export class Lobby {
  #microphone;
  #enter;
  #isBusy = false;

  /** `enter` is called once we are let in. */
  constructor(microphone, enter) {
    this.#microphone = microphone;
    this.#enter = enter;
    at('enter').addEventListener('submit', (event) => this.#submitted(event));
    at('try').addEventListener('click', () => this.#open());
    at('microphones').addEventListener('change', () => this.#open(at('microphones').value));
    at('consent').addEventListener('change', () => show(at('consent-missing'), false));
    for (const choice of document.getElementsByName('voice')) choice.addEventListener('change', () => this.#chosen());
  }

  level(loud) {
    at('level').value = loud;
    at('level').textContent = loud > 0.1 ? 'loud' : 'quiet';
  }

  trouble(kind) {
    say(at('microphone-trouble'), kind && TROUBLES[kind]);
  }

  get #speaks() {
    return document.querySelector('[name=voice]:checked').value === 'speak';
  }

  #chosen() {
    show(at('device'), this.#speaks);
    this.trouble(null);
    if (this.#speaks) return;
    this.#microphone.close();
    this.#listDevices([]);
  }

  async #open(deviceId) {
    this.trouble(null);
    try {
      await this.#microphone.open(deviceId);
      this.#listDevices(await microphones());
      return true;
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      this.trouble(error.kind);
      this.#listDevices([]);
      return false;
    }
  }

  #listDevices(devices) {
    const options = devices.map((device) => made('option', { value: device.deviceId }, device.label || 'Microphone'));
    at('microphones').replaceChildren(...options);
    if (devices.length) at('microphones').value = this.#microphone.deviceId ?? devices[0].deviceId;
    show(at('devices'), devices.length > 0);
    show(at('try'), devices.length === 0);
  }

  async #submitted(event) {
    event.preventDefault();
    if (this.#isBusy) return;
    say(at('enter-trouble'), null);
    if (!at('consent').checked) {
      show(at('consent-missing'), true);
      at('consent').focus();
      return;
    }
    if (!canShow()) {
      say(at('enter-trouble'), INCOMPLETE);
      return;
    }
    this.#busy(true);
    if (await this.#hasVoice()) await this.#exchange();
    this.#busy(false);
  }

  /** Whether we can go on: with a microphone that works, or without one on purpose. */
  async #hasVoice() {
    if (!this.#speaks || this.#microphone.isOpen || (await this.#open(at('microphones').value))) return true;
    const type = document.querySelector('[name=voice][value=type]');
    type.checked = true;
    show(at('device'), false);
    say(at('enter-trouble'), 'Start again to go on by typing.');
    at('start').focus();
    return false;
  }

  async #exchange() {
    const outcome = await exchange(tokenOfAddress());
    if (!outcome.ok) {
      say(at('enter-trouble'), `${outcome.title}. ${outcome.text}`);
      return;
    }
    forgetToken();
    remember({ microphone: this.#speaks, device: this.#microphone.deviceId });
    this.#enter();
  }

  /** Not disabled: a button that is loses the focus. */
  #busy(isBusy) {
    this.#isBusy = isBusy;
    at('start').setAttribute('aria-disabled', isBusy);
    at('start').textContent = isBusy ? 'One moment …' : 'Start';
  }
}
