// The microphone: asked for, listened to in the audio thread, and honest about why nothing comes.

const RATE = 24_000;
const FRAME_SAMPLES = 960; // 40 ms
const SILENT_FRAMES = 200; // eight seconds
const FAINTEST = 33; // of 32,768: below is what a switched off microphone gives

const KINDS = {
  NotAllowedError: 'denied', SecurityError: 'denied', NotFoundError: 'missing', OverconstrainedError: 'missing',
  NotReadableError: 'busy', AbortError: 'busy',
};

export const TROUBLES = {
  denied: 'Your browser blocks the microphone for this page. Allow it beside the address bar, or type instead.',
  missing: 'There is no microphone on this device. Connect one, or type instead.',
  busy: 'Your microphone cannot be used: another program may have it. Close that, or type instead.',
  unsupported: 'This browser cannot use a microphone on this page. You can type instead.',
  silent: 'We have heard nothing from your microphone yet. If you are speaking, check that it is switched on and that the right one is chosen, or type.',
  lost: 'Your microphone was disconnected. Connect it and turn it on again, or type.',
};

export class MicrophoneError extends Error {
  constructor(kind, cause) {
    super(TROUBLES[kind], { cause });
    this.kind = kind;
  }
}

export class Microphone {
  #on;
  #stream = null;
  #context = null;
  #muted = false;
  #heard = false;
  #quietFrames = 0;
  #opening = Promise.resolve();

  /** `on`: `frame(buffer)` of 1,920 bytes each 40 ms, `level(0 to 1)`, `trouble(kind or null)`. */
  constructor(on) {
    this.#on = on;
  }

  get isOpen() {
    return this.#stream !== null;
  }

  get isSuspended() {
    return this.#context !== null && this.#context.state !== 'running';
  }

  get deviceId() {
    return this.#stream?.getAudioTracks()[0].getSettings().deviceId;
  }

  /** Ask for it, one after the other; throws `MicrophoneError`. */
  open(deviceId) {
    this.#opening = this.#opening.catch(() => {}).then(() => this.#open(deviceId));
    return this.#opening;
  }

  async #open(deviceId) {
    this.close();
    if (!navigator.mediaDevices?.getUserMedia || !window.AudioWorkletNode) throw new MicrophoneError('unsupported');
    this.#stream = await captured(deviceId);
    try {
      await this.#listen();
    } catch (error) {
      this.close();
      throw error instanceof MicrophoneError ? error : new MicrophoneError('unsupported', error);
    }
    this.#stream.getAudioTracks()[0].addEventListener('ended', () => this.#lost());
    this.#startOver();
  }

  mute(muted) {
    this.#muted = muted;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted;
    this.#on.level(0);
  }

  /** After a click: browsers hold back sound that nobody has asked for. */
  async resume() {
    await this.#context?.resume();
  }

  close() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#context?.close();
    this.#stream = this.#context = null;
  }

  /** Begin anew to wait for the first sound. */
  #startOver() {
    this.#heard = false;
    this.#quietFrames = 0;
    this.mute(this.#muted);
  }

  async #listen() {
    this.#context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
    let source;
    try {
      source = this.#context.createMediaStreamSource(this.#stream);
    } catch {
      // Some browsers do not convert a stream's rate; then our worklet does.
      await this.#context.close();
      this.#context = new AudioContext({ latencyHint: 'interactive' });
      source = this.#context.createMediaStreamSource(this.#stream);
    }
    await this.#context.audioWorklet.addModule('static/microphone-worklet.js');
    const node = new AudioWorkletNode(this.#context, 'microphone', {
      numberOfInputs: 1,
      numberOfOutputs: 0,
      processorOptions: { rate: RATE, samples: FRAME_SAMPLES },
    });
    node.port.onmessage = (event) => this.#frame(event.data);
    source.connect(node);
    this.#context.resume().catch(() => {});
  }

  #frame(buffer) {
    if (this.#muted || !this.isOpen) return;
    const peak = loudest(new Int16Array(buffer));
    this.#judge(peak);
    this.#on.level(Math.min(1, Math.sqrt(peak / 20_000)));
    this.#on.frame(buffer);
  }

  #judge(peak) {
    if (this.#heard) return;
    this.#heard = peak > FAINTEST;
    this.#quietFrames += 1;
    if (this.#heard) this.#on.trouble(null);
    else if (this.#quietFrames === SILENT_FRAMES) this.#on.trouble('silent');
  }

  #lost() {
    this.close();
    this.#on.level(0);
    this.#on.trouble('lost');
  }
}

/** The microphones there are, once one of them may be used: before that they have no names. */
export async function microphones() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === 'audioinput' && device.deviceId);
}

async function captured(deviceId) {
  const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };
  const wanted = deviceId ? { ...audio, deviceId: { exact: deviceId } } : audio;
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: wanted });
  } catch (error) {
    // The one that was chosen once is not there any more; any other will do.
    if (deviceId && error.name === 'OverconstrainedError') return captured(null);
    throw new MicrophoneError(KINDS[error.name] ?? 'unsupported', error);
  }
}

function loudest(samples) {
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
