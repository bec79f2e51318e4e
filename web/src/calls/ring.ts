// Draws attention to a call: with a sound and with a notification of the browser, where the user wants them and the browser allows
// them.
import { type ReadonlySignal, effect, signal } from '@preact/signals';

/** A sound that repeats until it is stopped. */
export interface Tone {
  /** Resolves once the browser allows sound, which it does after the first click or key. */
  allowed(): Promise<void>;
  start(): void;
  stop(): void;
}

/** The parts of a browser that ringing needs. */
export interface RingSurroundings {
  tone: Tone;
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  /** Runs `work` in one tab at a time. Rejects if `signal` is aborted before it is this tab's turn. */
  oneTab(work: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Undefined where the browser has no notifications. */
  notifications: NotificationsLike | undefined;
  /** Whether the page is visible and has the focus. */
  attended: ReadonlySignal<boolean>;
  /** Brings the page to the fore. */
  focusPage(): void;
}

/** The constructor `Notification`. */
export interface NotificationsLike {
  new (title: string, options: NotificationOptions): Pick<Notification, 'close' | 'onclick'>;
  readonly permission: NotificationPermission;
  requestPermission(): Promise<NotificationPermission>;
}

const soundKey = 'natter.ring';
const notificationsKey = 'natter.notify';

/** Rings for calls, with settings that every tab shares. */
export class Ring {
  readonly #around: RingSurroundings;
  readonly #sounds;
  readonly #notifies;
  readonly #isBlocked = signal(false);

  constructor(around: RingSurroundings) {
    this.#around = around;
    this.#sounds = signal(this.#stored(soundKey) !== 'off');
    this.#notifies = signal(this.#stored(notificationsKey) === 'on' && around.notifications?.permission === 'granted');
  }

  /** Whether calls ring aloud. */
  get sounds(): ReadonlySignal<boolean> {
    return this.#sounds;
  }

  /** Whether calls are shown by notifications; undefined where the browser has none. */
  get notifies(): ReadonlySignal<boolean> | undefined {
    return this.#around.notifications && this.#notifies;
  }

  /** Whether the browser refused notifications when they were wanted. */
  get isBlocked(): ReadonlySignal<boolean> {
    return this.#isBlocked;
  }

  setSounds(on: boolean): void {
    this.#sounds.value = on;
    this.#store(soundKey, on);
  }

  /** Only to be called for a click: the browser may ask for permission. */
  async setNotifies(on: boolean): Promise<void> {
    const { notifications } = this.#around;
    const granted = on && (await notifications?.requestPermission()) === 'granted';
    this.#isBlocked.value = on && !granted;
    this.#notifies.value = granted;
    this.#store(notificationsKey, granted);
  }

  /** Takes over what was set in another tab. */
  adoptStored(): void {
    this.#sounds.value = this.#stored(soundKey) !== 'off';
    this.#notifies.value = this.#stored(notificationsKey) === 'on' && this.#around.notifications?.permission === 'granted';
  }

  /** Rings from now on for every caller; returns how to end that. */
  watch(caller: ReadonlySignal<string | null>): () => void {
    const stopSound = effect(() => {
      if (caller.value !== null && this.#sounds.value) return this.#sound();
      return undefined;
    });
    const stopNotifications = effect(() => {
      const name = caller.value;
      if (name !== null && this.#notifies.value && !this.#around.attended.value) return this.#notify(name);
      return undefined;
    });
    return () => {
      stopSound();
      stopNotifications();
    };
  }

  /** Sounds in one of the tabs that may; returns how to stop. */
  #sound(): () => void {
    const { tone, oneTab } = this.#around;
    const stopping = new AbortController();
    const { signal } = stopping;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const sound = async () => {
      await Promise.race([tone.allowed(), stopped]);
      if (signal.aborted) return;
      await oneTab(async () => {
        if (signal.aborted) return;
        tone.start();
        await stopped;
        tone.stop();
      }, signal);
    };
    // A tab that waited for its turn until the end, or a machine without a loudspeaker: the call is shown all the same.
    sound().catch(() => undefined);
    return () => stopping.abort();
  }

  #notify(name: string): (() => void) | undefined {
    const { notifications, focusPage } = this.#around;
    if (notifications?.permission !== 'granted') return undefined;
    try {
      // One for all tabs, by its tag. The page makes the sound.
      const options = { tag: 'natter.call', requireInteraction: true, silent: true, body: 'Open Natter to answer.' };
      const notification = new notifications(`${name} is calling`, options);
      notification.onclick = () => {
        focusPage();
        notification.close();
      };
      return () => notification.close();
    } catch {
      // Chromium on Android wants a service worker for it.
      return undefined;
    }
  }

  #stored(key: string): string | null {
    try {
      return this.#around.storage.getItem(key);
    } catch {
      return null;
    }
  }

  #store(key: string, on: boolean): void {
    try {
      this.#around.storage.setItem(key, on ? 'on' : 'off');
    } catch {
      // It holds until the page is left.
    }
  }
}
