// What came while nobody looked.
import { type ReadonlySignal, effect, signal } from '@preact/signals';
import type { Room } from './room.ts';

/** Counts what others say while the page is not in sight or the end of the list is not. */
export class Unread {
  readonly #count = signal(0);
  readonly #room: Room;
  readonly #atEnd: ReadonlySignal<boolean>;

  constructor(room: Room, atEnd: ReadonlySignal<boolean>) {
    this.#room = room;
    this.#atEnd = atEnd;
  }

  get count(): ReadonlySignal<number> {
    return this.#count;
  }

  /** Begins; returns how to end it. */
  watch(): () => void {
    const hidden = signal(document.hidden);
    const look = () => (hidden.value = document.hidden);
    document.addEventListener('visibilitychange', look);
    const unlisten = this.#room.onArrival(() => {
      if (hidden.peek() || !this.#atEnd.peek()) this.#count.value += 1;
    });
    const stopResetting = effect(() => {
      if (!hidden.value && this.#atEnd.value) this.#count.value = 0;
    });
    return () => {
      [unlisten, stopResetting].forEach((stop) => stop());
      document.removeEventListener('visibilitychange', look);
    };
  }
}

/** "1 new message", "2 new messages". */
export function newMessages(count: number): string {
  return `${count.toLocaleString()} new ${count === 1 ? 'message' : 'messages'}`;
}
