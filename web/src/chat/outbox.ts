// What is on its way to the server: one after the other, so that the order stays, and with an id each, so that nothing is said
// twice however often it is sent.
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Answer, Message } from '../../../api/events.ts';

/** A message that the server has not acknowledged. */
export interface Outgoing {
  clientId: string;
  text: string;
  /** When it was written: milliseconds since 1970. */
  writtenAt: number;
  /** `waiting` for the connection, for its turn or for the server's patience; `failed` until the person decides. */
  state: 'waiting' | 'sending' | 'failed';
  /** Whether it may have reached the server. */
  tried?: boolean;
  /** Why it failed: a sentence. */
  error?: string;
  /** A message that came in and is this one, as far as one can tell without an acknowledgement. */
  seenAs?: string;
}

/** What an outbox needs of the outside. */
export interface Postman {
  /** Sends, and resolves to the acknowledgement. Rejects where none came. */
  send(text: string, clientId: string): Promise<Answer<{ message: Message }>>;
  connected(): boolean;
  /** The message is durable. */
  delivered(message: Message, clientId: string): void;
  pause(ms: number): Promise<void>;
  now(): number;
  newId(): string;
  load(): string | null;
  save(items: string): void;
}

/** How often a connected server may leave a message without an acknowledgement. */
const attempts = 2;
/** The pause when the server throttles without saying for how long, and the longest one, in milliseconds. */
const defaultPauseMs = 1_000;
const longestPauseMs = 60_000;

/** Messages on their way, oldest first. */
export class Outbox {
  readonly #postman: Postman;
  readonly #items = signal<readonly Outgoing[]>([]);
  #busy = false;
  #closed = false;

  constructor(postman: Postman) {
    this.#postman = postman;
    this.#items.value = restored(postman.load());
  }

  get items(): ReadonlySignal<readonly Outgoing[]> {
    return this.#items;
  }

  add(text: string): void {
    const { newId, now } = this.#postman;
    this.#set([...this.#items.peek(), { clientId: newId(), text, writtenAt: now(), state: 'waiting' }]);
    void this.deliver();
  }

  /** Tries a failed one again. */
  retry(clientId: string): void {
    const item = this.#items.peek().find((item) => item.clientId === clientId);
    if (item?.state !== 'failed') return;
    const { error: _, ...rest } = item;
    this.#set(this.#items.peek().map((other) => (other === item ? { ...rest, state: 'waiting' } : other)));
    void this.deliver();
  }

  /** Drops one. Returns its text. */
  discard(clientId: string): string {
    const items = this.#items.peek();
    this.#set(items.filter((item) => item.clientId !== clientId));
    return items.find((item) => item.clientId === clientId)?.text ?? '';
  }

  /** The user said something, here or elsewhere. If it is what is on its way from here, it need not be shown twice meanwhile. */
  saw(message: Message): string | undefined {
    const same = this.#items.peek().find(({ state, tried, seenAs, text }) => (
      state !== 'failed' && tried && seenAs === undefined && text === message.text
    ));
    if (same) this.#update(same.clientId, { seenAs: message.id });
    return same?.clientId;
  }

  /** Saves nothing from now on, so that what was removed from the storage stays removed. */
  close(): void {
    this.#closed = true;
  }

  /** Sends what waits, as long as there is a connection. To be called when there is one again. */
  async deliver(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let failures = 0; this.#postman.connected();) {
        const item = this.#items.peek().find(({ state }) => state === 'waiting');
        if (!item) return;
        this.#update(item.clientId, { state: 'sending', tried: true });
        const answered = await this.#attempt(item);
        failures = answered ? 0 : failures + 1;
        if (failures >= attempts) {
          this.#giveUp(item.clientId);
          failures = 0;
        }
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Resolves to whether the server answered, or could not because the connection is gone. */
  async #attempt({ clientId, text }: Outgoing): Promise<boolean> {
    const { send, connected, delivered, pause } = this.#postman;
    let answer;
    try {
      answer = await send(text, clientId);
    } catch {
      this.#update(clientId, { state: 'waiting' });
      return !connected();
    }
    if (answer.ok) {
      delivered(answer.message, clientId);
      this.#set(this.#items.peek().filter((item) => item.clientId !== clientId));
    } else if (answer.code === 'rate_limited' || answer.retryAfterMs !== undefined) {
      this.#update(clientId, { state: 'waiting' });
      await pause(Math.min(answer.retryAfterMs ?? defaultPauseMs, longestPauseMs));
    } else {
      this.#fail(clientId, answer.error);
    }
    return true;
  }

  #giveUp(clientId: string): void {
    // What everyone can read has arrived, even if nobody says so.
    const item = this.#items.peek().find((item) => item.clientId === clientId);
    if (item?.seenAs === undefined) this.#fail(clientId, "The server didn't answer.");
    else this.discard(clientId);
  }

  #fail(clientId: string, error: string): void {
    this.#update(clientId, { state: 'failed', error });
  }

  #update(clientId: string, change: Partial<Outgoing>): void {
    this.#set(this.#items.peek().map((item) => (item.clientId === clientId ? { ...item, ...change } : item)));
  }

  #set(items: readonly Outgoing[]): void {
    this.#items.value = items;
    if (this.#closed) return;
    try {
      this.#postman.save(JSON.stringify(items));
    } catch {
      // The browser's storage is full or switched off: a reload would lose these messages, the server still gets them.
    }
  }
}

/** What was on its way when the page was left is sent again. */
function restored(text: string | null): readonly Outgoing[] {
  try {
    const items: unknown = JSON.parse(text ?? '[]');
    if (!Array.isArray(items)) return [];
    return (items as Outgoing[])
      .filter((item) => typeof item?.clientId === 'string' && typeof item.text === 'string' && typeof item.writtenAt === 'number')
      .map((item) => (item.state === 'failed' ? item : { ...item, state: 'waiting' }));
  } catch {
    return [];
  }
}
