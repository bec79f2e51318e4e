// The ringtone, which is computed instead of loaded.
import { signal } from '@preact/signals';
import { Ring, type Tone } from './ring.ts';

const sampleRate = 22_050;
/** The notes of the ringtone: start in seconds and frequency in hertz. Silence follows until it repeats. */
const notes = [[0, 659.26], [0.17, 880], [0.34, 659.26], [0.51, 880], [1, 659.26], [1.17, 880], [1.34, 659.26], [1.51, 880]] as const;
const lengthSeconds = 3.2;
const volume = 0.16;
const fadeSeconds = 0.03;

/** The ringtone, played by the browser's audio; silent if there is none. */
export class BrowserTone implements Tone {
  #context: AudioContext | undefined;
  #playing: { source: AudioBufferSourceNode; gain: GainNode } | undefined;
  readonly #gesture: Promise<void>;

  constructor() {
    const listening = new AbortController();
    this.#gesture = new Promise((resolve) => {
      const unlock = () => {
        listening.abort();
        // Some browsers only let a context play if a gesture started it.
        if (this.#prepare()) void this.#context!.resume().then(() => this.#rest(), () => undefined);
        resolve();
      };
      for (const name of ['pointerup', 'keydown']) addEventListener(name, unlock, { capture: true, signal: listening.signal });
    });
  }

  allowed(): Promise<void> {
    return this.#gesture;
  }

  start(): void {
    if (this.#playing || !this.#prepare()) return;
    const context = this.#context!;
    const source = new AudioBufferSourceNode(context, { buffer: ringing(context), loop: true });
    const gain = new GainNode(context, { gain: volume });
    source.connect(gain).connect(context.destination);
    source.start();
    this.#playing = { source, gain };
    void context.resume().catch(() => undefined);
  }

  stop(): void {
    const { source, gain } = this.#playing ?? {};
    this.#playing = undefined;
    if (!source || !gain) return;
    gain.gain.setTargetAtTime(0, gain.context.currentTime, fadeSeconds);
    source.onended = () => this.#rest();
    source.stop(gain.context.currentTime + 5 * fadeSeconds);
  }

  /** Creates the audio context. Returns whether there is one. */
  #prepare(): boolean {
    try {
      this.#context ??= new AudioContext();
      return true;
    } catch {
      return false;
    }
  }

  /** Releases the speaker while nothing plays. */
  #rest(): void {
    if (!this.#playing) void this.#context?.suspend().catch(() => undefined);
  }
}

function ringing(context: AudioContext): AudioBuffer {
  const buffer = context.createBuffer(1, lengthSeconds * sampleRate, sampleRate);
  const samples = buffer.getChannelData(0);
  for (const [beginning, frequency] of notes) {
    const first = Math.round(beginning * sampleRate);
    for (let index = first; index < samples.length; index++) {
      const time = (index - first) / sampleRate;
      // Like a bell: a sudden start, then fading.
      const loudness = Math.min(1, time / 0.004) * Math.exp(-7 * time);
      const wave = Math.sin(2 * Math.PI * frequency * time) + 0.3 * Math.sin(4 * Math.PI * frequency * time);
      samples[index]! += loudness * wave;
    }
  }
  return buffer;
}

/** Creates the ringing of this page. */
export function browserRing(): Ring {
  const isAttended = () => !document.hidden && document.hasFocus();
  const attended = signal(isAttended());
  const look = () => (attended.value = isAttended());
  document.addEventListener('visibilitychange', look);
  for (const name of ['focus', 'blur']) addEventListener(name, look);
  const ring = new Ring({
    tone: new BrowserTone(),
    storage: localStorage,
    // Only secure pages have locks. Elsewhere, every tab rings.
    oneTab: (work, signal) => (navigator.locks ? navigator.locks.request('natter.ring', { signal }, work) : work()),
    notifications: 'Notification' in window ? Notification : undefined,
    attended,
    focusPage: () => window.focus(),
  });
  addEventListener('storage', () => ring.adoptStored());
  return ring;
}
