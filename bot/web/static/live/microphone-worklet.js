// In the audio thread: whatever rate the microphone comes at, 24 kHz leave in frames of 40 ms, 16 bits each.
//
// A faster rate is filtered before it is thinned out, or what lies above 12 kHz would come back as a whistle below. The
// filter is a windowed sinc, looked up at 128 positions between two samples.

const PHASES = 128;
const HALF_WIDTH = 12; // zero crossings of the sinc to each side

class Resampler {
  constructor(from, to) {
    this.step = from / to;
    const cutoff = Math.min(1, to / from) * 0.94;
    this.reach = Math.ceil(HALF_WIDTH / cutoff);
    this.kernels = Array.from({ length: PHASES + 1 }, (_, phase) => this.kernel(phase / PHASES, cutoff));
    this.held = new Float32Array(2 * this.reach);
    this.position = this.reach;
  }

  /** Weights of the samples around a place that lies `offset` behind one of them. */
  kernel(offset, cutoff) {
    const weights = new Float32Array(2 * this.reach);
    let sum = 0;
    for (let index = 0; index < weights.length; index += 1) {
      const distance = index - this.reach + 1 - offset;
      const x = Math.PI * distance * cutoff;
      const window = 0.5 + 0.5 * Math.cos((Math.PI * distance) / (this.reach + 1));
      weights[index] = (x === 0 ? 1 : Math.sin(x) / x) * window;
      sum += weights[index];
    }
    return weights.map((weight) => weight / sum);
  }

  /** Take a block, give each sample that is complete to `give`. */
  take(block, give) {
    const samples = new Float32Array(this.held.length + block.length);
    samples.set(this.held);
    samples.set(block, this.held.length);
    while (Math.floor(this.position) + this.reach < samples.length) {
      const base = Math.floor(this.position);
      const weights = this.kernels[Math.round((this.position - base) * PHASES)];
      let value = 0;
      for (let index = 0; index < weights.length; index += 1) value += samples[base - this.reach + 1 + index] * weights[index];
      give(value);
      this.position += this.step;
    }
    const kept = Math.max(0, Math.floor(this.position) - this.reach);
    this.held = samples.slice(kept);
    this.position -= kept;
  }
}

class Through {
  take(block, give) {
    block.forEach(give);
  }
}

class Microphone extends AudioWorkletProcessor {
  constructor(options) {
    super();
    const { rate, samples } = options.processorOptions;
    this.resampler = sampleRate === rate ? new Through() : new Resampler(sampleRate, rate);
    this.samples = samples;
    this.frame = new Int16Array(samples);
    this.filled = 0;
  }

  process([input]) {
    if (input.length) this.resampler.take(mixed(input), (value) => this.put(value));
    return true;
  }

  put(value) {
    const loud = Math.max(-1, Math.min(1, value));
    this.frame[this.filled] = loud < 0 ? loud * 32768 : loud * 32767;
    this.filled += 1;
    if (this.filled < this.samples) return;
    this.port.postMessage(this.frame.buffer, [this.frame.buffer]);
    this.frame = new Int16Array(this.samples);
    this.filled = 0;
  }
}

function mixed(channels) {
  if (channels.length === 1) return channels[0];
  return channels[0].map((_, index) => channels.reduce((sum, channel) => sum + channel[index], 0) / channels.length);
}

registerProcessor('microphone', Microphone);
