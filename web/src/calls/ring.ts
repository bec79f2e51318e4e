// The ringing of a call, by sound and by notification, if the user enables them and the browser permits it.
import { type ReadonlySignal, effect, signal } from '@preact/signals';

/** A sound that repeats until `stop`. */
export interface Tone {
  /** Resolves once the browser permits sound, after the first click or key. */
  allowed(): Promise<void>;
  start(): void;
  stop(): void;
}

/** The parts of a browser that ringing needs. */
export interface RingEnvironment {
  tone: Tone;
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  /** Runs `work` in one tab at a time. Rejects if `signal` aborts before this tab's turn. */
  oneTab(work: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** Undefined if the browser has no notifications. */
  notifications: NotificationsLike | undefined;
  /** Whether the page is visible and focused. */
  attended: ReadonlySignal<boolean>;
  /** Brings the page to the front. */
  focusPage(): void;
}

/** The browser's `Notification` constructor. */
export interface NotificationsLike {
  new (title: string, options: NotificationOptions): Pick<Notification, 'close' | 'onclick'>;
  readonly permission: NotificationPermission;
  requestPermission(): Promise<NotificationPermission>;
}

const soundKey = 'natter.ring';
const notificationsKey = 'natter.notify';

/** The ringing of one tab. All tabs share its settings. */
export class Ring {
  readonly #environment: RingEnvironment;
  readonly #sounds;
  readonly #notifies;
  readonly #isBlocked = signal(false);

  constructor(environment: RingEnvironment) {
    this.#environment = environment;
    this.#sounds = signal(this.#stored(soundKey) !== 'off');
    this.#notifies = signal(this.#stored(notificationsKey) === 'on' && environment.notifications?.permission === 'granted');
  }

  /** Whether calls ring with a sound. */
  get sounds(): ReadonlySignal<boolean> {
    return this.#sounds;
  }

  /** Whether calls show notifications; undefined if the browser has none. */
  get notifies(): ReadonlySignal<boolean> | undefined {
    return this.#environment.notifications && this.#notifies;
  }

  /** Whether the browser refused notifications when the user enabled them. */
  get isBlocked(): ReadonlySignal<boolean> {
    return this.#isBlocked;
  }

  setSounds(on: boolean): void {
    this.#sounds.value = on;
    this.#store(soundKey, on);
  }

  /** Switches notifications. Call it from a click, since the browser may ask for permission. */
  async setNotifies(on: boolean): Promise<void> {
    const { notifications } = this.#environment;
    const granted = on && (await notifications?.requestPermission()) === 'granted';
    this.#isBlocked.value = on && !granted;
    this.#notifies.value = granted;
    this.#store(notificationsKey, granted);
  }

  /** Takes over the settings of another tab. */
  adoptStored(): void {
    this.#sounds.value = this.#stored(soundKey) !== 'off';
    this.#notifies.value = this.#stored(notificationsKey) === 'on' && this.#environment.notifications?.permission === 'granted';
  }

  /** Rings for every caller. Returns a function that stops. */
  watch(caller: ReadonlySignal<string | null>): () => void {
    const stopSound = effect(() => {
      if (caller.value !== null && this.#sounds.value) return this.#sound();
      return undefined;
    });
    const stopNotifications = effect(() => {
      const name = caller.value;
      if (name !== null && this.#notifies.value && !this.#environment.attended.value) return this.#notify(name);
      return undefined;
    });
    return () => {
      stopSound();
      stopNotifications();
    };
  }

  /** Rings in one of the tabs that may play sound. Returns a function that stops. */
  #sound(): () => void {
    const { tone, oneTab } = this.#environment;
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
    // Without sound, because another tab rang or the machine has no speaker, the call is still shown.
    sound().catch(() => undefined);
    return () => stopping.abort();
  }

  #notify(name: string): (() => void) | undefined {
    const { notifications, focusPage } = this.#environment;
    if (notifications?.permission !== 'granted') return undefined;
    try {
      // The tag makes it one notification for all tabs. The page itself rings.
      const options = { tag: 'natter.call', requireInteraction: true, silent: true, body: 'Open Natter to answer.' };
      const notification = new notifications(`${name} is calling`, options);
      notification.onclick = () => {
        focusPage();
        notification.close();
      };
      return () => notification.close();
    } catch {
      // Chromium on Android requires a service worker.
      return undefined;
    }
  }

  #stored(key: string): string | null {
    try {
      return this.#environment.storage.getItem(key);
    } catch {
      return null;
    }
  }

  #store(key: string, on: boolean): void {
    try {
      this.#environment.storage.setItem(key, on ? 'on' : 'off');
    } catch {
      // The browser's storage is full or disabled: the setting lasts until the page closes.
    }
  }
}
