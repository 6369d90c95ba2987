// The page's websocket: it says hello, keeps the connection alive, and opens it again by itself when it breaks.

const RETRY_AFTER = [500, 1000, 2000, 4000, 8000]; // milliseconds
const GIVE_UP_AFTER = 120_000;
const SILENT_AFTER = 40_000; // the server asks every 15 s whether we are there
const MOST_WAITING = 200_000; // bytes; sound that waits longer would come too late

const FINAL = {
  4000: 'ended', 4001: 'elsewhere', 4003: 'refused', 1003: 'broken', 1007: 'broken', 1008: 'broken', 1009: 'broken',
};

export class Connection {
  #on;
  #socket = null;
  #timer = null;
  #watch = null;
  #failures = 0;
  #brokenSince = null;
  #over = false;

  /** `on`: `hello()` gives the first message, `message(object)`, `open()`, `broken()`, `over(why)`. */
  constructor(on) {
    this.#on = on;
    addEventListener('online', () => this.#hurry());
    document.addEventListener('visibilitychange', () => document.hidden || this.#hurry());
  }

  open() {
    const address = new URL('ws', location.href);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => this.#opened(socket));
    socket.addEventListener('message', (event) => this.#received(event.data));
    socket.addEventListener('close', (event) => this.#closed(socket, event.code));
    this.#socket = socket;
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Whether it could be sent. */
  send(message) {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
    return this.isOpen;
  }

  /** Sound is dropped where it would only pile up. */
  sendSound(buffer) {
    if (this.isOpen && this.#socket.bufferedAmount <= MOST_WAITING) this.#socket.send(buffer);
  }

  finish() {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#watch);
    this.#socket?.close(1000);
  }

  #opened(socket) {
    socket.send(JSON.stringify({ type: 'hello', version: 1, ...this.#on.hello() }));
    this.#listen();
    this.#on.open();
  }

  #received(data) {
    this.#listen();
    const message = JSON.parse(data);
    if (message.type === 'state') this.#settled();
    if (message.type === 'ping') this.send({ type: 'pong' });
    else this.#on.message(message);
  }

  /** We are in; a server that turns us away says other things, and is asked again less and less often. */
  #settled() {
    this.#failures = 0;
    this.#brokenSince = null;
  }

  /** A connection over which nothing comes any more is a broken one, whatever the browser believes. */
  #listen() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#closed(this.#socket, 1006), SILENT_AFTER);
  }

  #closed(socket, code) {
    if (socket !== this.#socket || this.#over) return;
    clearTimeout(this.#watch);
    this.#socket = null;
    socket.close();
    this.#brokenSince ??= Date.now();
    if (code in FINAL) this.#stop(FINAL[code]);
    else if (Date.now() - this.#brokenSince > GIVE_UP_AFTER) this.#stop('lost');
    else this.#retry();
  }

  #stop(why) {
    this.#over = true;
    this.#on.over(why);
  }

  #retry() {
    const wait = RETRY_AFTER[Math.min(this.#failures, RETRY_AFTER.length - 1)];
    this.#failures += 1;
    this.#on.broken();
    this.#timer = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }

  /** The network is back, or somebody looks at the page again: no reason to wait. */
  #hurry() {
    if (this.#over || this.#socket || !this.#brokenSince) return;
    clearTimeout(this.#timer);
    this.open();
  }
}
