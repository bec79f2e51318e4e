// Messages on their way to the server. They are sent one at a time, which keeps their order. Each has an id, so that the server
// recognises one that is sent again.
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Answer, Message } from '../../../api/events.ts';

/** A message that the server has not acknowledged. */
export interface Outgoing {
  clientId: string;
  text: string;
  /** The time of writing, in milliseconds since 1970. */
  writtenAt: number;
  /** `waiting` for the connection, its turn or the rate limit; `failed` until the user retries or discards it. */
  state: 'waiting' | 'sending' | 'failed';
  /** Whether it may have reached the server. */
  tried?: boolean;
  /** The reason for the failure, as a sentence. */
  error?: string;
  /** The id of a received message that appears to be this one, before its acknowledgement. */
  seenAs?: string;
}

/** The environment of an outbox. */
export interface Postman {
  /** Sends a message. Resolves to the acknowledgement; rejects if none arrives. */
  send(text: string, clientId: string): Promise<Answer<{ message: Message }>>;
  connected(): boolean;
  /** Called when a message is durable. */
  delivered(message: Message, clientId: string): void;
  pause(ms: number): Promise<void>;
  now(): number;
  newId(): string;
  load(): string | null;
  save(items: string): void;
}

/** The number of unacknowledged attempts after which a message fails, while the server is connected. */
const attempts = 2;
/** The pause if the server throttles without a duration, and the limit of any pause, in milliseconds. */
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

  /** Sends a failed message again. */
  retry(clientId: string): void {
    const item = this.#items.peek().find((item) => item.clientId === clientId);
    if (item?.state !== 'failed') return;
    const { error: _, ...rest } = item;
    this.#set(this.#items.peek().map((other) => (other === item ? { ...rest, state: 'waiting' } : other)));
    void this.deliver();
  }

  /** Removes a message. Returns its text. */
  discard(clientId: string): string {
    const items = this.#items.peek();
    this.#set(items.filter((item) => item.clientId !== clientId));
    return items.find((item) => item.clientId === clientId)?.text ?? '';
  }

  /**
   * Matches a message that the server reports from this user with one on its way, which then need not be shown twice. Returns the
   * `clientId` of the match.
   */
  saw(message: Message): string | undefined {
    const same = this.#items.peek().find(({ state, tried, seenAs, text }) => (
      state !== 'failed' && tried && seenAs === undefined && text === message.text
    ));
    if (same) this.#update(same.clientId, { seenAs: message.id });
    return same?.clientId;
  }

  /** Stops saving, so that removed messages do not return to the storage. */
  close(): void {
    this.#closed = true;
  }

  /** Sends waiting messages while there is a connection. Call it after every reconnection. */
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

  /** Resolves to true if the server answered, or if it could not because the connection was lost. */
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
    // A message that came back as new_message has arrived, with or without an acknowledgement.
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
      // The browser's storage is full or disabled: the messages are still sent, but a reload loses them.
    }
  }
}

/** Restores saved messages. Those that were on their way are sent again. */
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
