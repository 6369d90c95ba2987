// Picture and sound: the room that the avatar is in. It is joined again by itself when it is lost.

import { at, show } from './dom.js';

const RETRY_AFTER = [1000, 2000, 4000, 8000]; // milliseconds
const PLAYS_AT_LATEST = 5000; // after joining, when no frame says so

/** Whether the library that shows the picture is there: it may have been blocked, or be another than its hash. */
export function canShow() {
  return 'LivekitClient' in window;
}

export class Stage {
  #on;
  #room = null;
  #access = null;
  #failures = 0;
  #timer = null;
  #told = false;

  /** `on`: `ready()` when it plays, `blocked(bool)`, `quality(level)`, `trouble(bool)`. */
  constructor(on) {
    this.#on = on;
    at('video').addEventListener('playing', () => this.#plays());
    at('video').addEventListener('resize', fitted);
  }

  /** Join a room; staying in the one that we are in already. */
  async join(access) {
    const same = access.url === this.#access?.url && access.token === this.#access?.token;
    this.#access = access;
    this.#told = false;
    if (!same || !this.#room) await this.#enter();
    else if (at('curtain').hidden) this.#plays();
  }

  async leave() {
    this.#access = null;
    clearTimeout(this.#timer);
    const room = this.#room;
    this.#room = null;
    show(at('curtain'), true);
    await room?.disconnect();
  }

  /** After a click: browsers hold back sound that nobody has asked for. */
  async unblock() {
    await this.#room?.startAudio();
    await at('video').play().catch(() => {});
  }

  async #enter() {
    clearTimeout(this.#timer);
    const old = this.#room;
    this.#room = null;
    await old?.disconnect();
    const { url, token } = this.#access;
    const room = (this.#room = this.#built());
    try {
      await room.connect(url, token, { maxRetries: 2 });
      this.#timer = setTimeout(() => this.#plays(), PLAYS_AT_LATEST);
    } catch {
      this.#gone(room);
    }
  }

  #built() {
    const { LoggerNames, Room, RoomEvent, getLogger } = window.LivekitClient;
    // Whatever goes wrong is an event, and is told to the person. `false`: nothing of it is stored.
    for (const name of Object.values(LoggerNames)) getLogger(name).setLevel('silent', false);
    // Two connections, one each way: every server knows that, and no other is tried first.
    const room = new Room({ adaptiveStream: false, singlePeerConnection: false });
    room.on(RoomEvent.TrackSubscribed, (track) => track.attach(at(track.kind)));
    room.on(RoomEvent.TrackUnsubscribed, (track) => track.detach());
    room.on(RoomEvent.AudioPlaybackStatusChanged, () => this.#on.blocked(!room.canPlaybackAudio));
    room.on(RoomEvent.ConnectionQualityChanged, (quality, who) => who.isLocal && this.#on.quality(quality));
    room.on(RoomEvent.Reconnecting, () => this.#on.trouble(true));
    room.on(RoomEvent.Reconnected, () => this.#on.trouble(false));
    room.on(RoomEvent.Disconnected, () => this.#gone(room));
    return room;
  }

  #plays() {
    if (this.#room?.state !== 'connected') return;
    clearTimeout(this.#timer);
    this.#failures = 0;
    show(at('curtain'), at('video').videoWidth === 0);
    this.#on.trouble(false);
    if (!this.#told) this.#on.ready();
    this.#told = true;
  }

  #gone(room) {
    if (room !== this.#room || !this.#access) return;
    this.#room = null;
    show(at('curtain'), true);
    this.#on.trouble(true);
    const wait = RETRY_AFTER[Math.min(this.#failures, RETRY_AFTER.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => this.#enter(), wait);
  }
}

/** The frame takes the picture's shape, whichever way up that is. */
function fitted() {
  const { videoWidth: width, videoHeight: height } = at('video');
  if (width && height) at('video').parentElement.style.setProperty('--shape', `${width} / ${height}`);
}
