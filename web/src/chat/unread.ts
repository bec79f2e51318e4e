// Messages that arrived unseen.
import { type ReadonlySignal, effect, signal } from '@preact/signals';
import type { Room } from './room.ts';

/** A count of messages from others that arrived while the page or the end of the list was out of view. */
export class Unread {
  readonly #count = signal(0);
  readonly #ids = new Set<string>();
  readonly #room: Room;
  readonly #atEnd: ReadonlySignal<boolean>;

  constructor(room: Room, atEnd: ReadonlySignal<boolean>) {
    this.#room = room;
    this.#atEnd = atEnd;
  }

  get count(): ReadonlySignal<number> {
    return this.#count;
  }

  /** Starts counting. Returns a function that stops. */
  watch(): () => void {
    const hidden = signal(document.hidden);
    const look = () => (hidden.value = document.hidden);
    document.addEventListener('visibilitychange', look);
    const recount = () => (this.#count.value = this.#ids.size);
    const stopCounting = this.#room.onArrival(({ id }) => {
      if (hidden.peek() || !this.#atEnd.peek()) this.#ids.add(id);
      recount();
    });
    const stopDiscounting = this.#room.onDeletion((id) => {
      this.#ids.delete(id);
      recount();
    });
    const stopResetting = effect(() => {
      if (hidden.value || !this.#atEnd.value) return;
      this.#ids.clear();
      recount();
    });
    return () => {
      [stopCounting, stopDiscounting, stopResetting].forEach((stop) => stop());
      document.removeEventListener('visibilitychange', look);
    };
  }
}

/** Formats a count: "1 new message", "2 new messages". */
export function newMessages(count: number): string {
  return `${count.toLocaleString()} new ${count === 1 ? 'message' : 'messages'}`;
}
