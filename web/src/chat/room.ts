// The room as this client knows it: what was said, what is about to be, and who is there.
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Answer, Message } from '../../../api/events.ts';
import type { ClientSocket } from '../connection.ts';
import { Outbox } from './outbox.ts';
import { leavesGap, merge } from './timeline.ts';

/** Whether there is more to read above: `some` until it is known, `loading`, `failed` until somebody tries again, or `none`. */
export type Older = 'some' | 'loading' | 'failed' | 'none';

const pageSize = 100;
const answerLimitMs = 8_000;
/** So many pages a long absence may span before what was read earlier is rather let go. */
const pagesOfGap = 5;

/** One room. It begins to listen at once; connecting the socket is for its owner. */
export class Room {
  readonly outbox: Outbox;
  readonly #socket: ClientSocket;
  readonly #username: string;
  readonly #messages = signal<readonly Message[] | undefined>(undefined);
  readonly #online = signal<readonly string[]>([]);
  readonly #older = signal<Older>('some');
  readonly #clientIds = new Map<string, string>();
  readonly #arrival = new EventTarget();

  constructor(socket: ClientSocket, username: string) {
    this.#socket = socket;
    this.#username = username;
    const key = `natter.outbox.${username}`;
    this.outbox = new Outbox({
      send: (text, clientId) => socket.timeout(answerLimitMs).emitWithAck('send_message', { text, clientId }),
      connected: () => socket.connected,
      delivered: (message, clientId) => this.#deliver(message, clientId),
      pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      now: () => Date.now(),
      newId: () => crypto.randomUUID(),
      load: () => sessionStorage.getItem(key),
      save: (items) => sessionStorage.setItem(key, items),
    });
    socket.on('message_history', (history) => void this.#begin(history));
    socket.on('new_message', (message) => this.#arrive(message));
    socket.on('online_users', (usernames) => (this.#online.value = usernames));
    socket.on('connect', () => {
      void this.outbox.deliver();
      if (this.#older.peek() === 'failed') this.#older.value = 'some';
    });
  }

  /** What is known of what was said, oldest first; undefined before anything is. */
  get messages(): ReadonlySignal<readonly Message[] | undefined> {
    return this.#messages;
  }

  get online(): ReadonlySignal<readonly string[]> {
    return this.#online;
  }

  get older(): ReadonlySignal<Older> {
    return this.#older;
  }

  /** The `clientId` of a message that was sent from here: under the same key, its row stays the same one. */
  clientIdOf(messageId: string): string | undefined {
    return this.#clientIds.get(messageId);
  }

  /** Calls `heed` with every message that somebody else says from now on. Returns how to end that. */
  onArrival(heed: (message: Message) => void): () => void {
    const listener = (event: Event) => heed((event as CustomEvent<Message>).detail);
    this.#arrival.addEventListener('message', listener);
    return () => this.#arrival.removeEventListener('message', listener);
  }

  /** Reads one more page of what was said before. */
  async loadOlder(): Promise<void> {
    const [oldest] = this.#messages.peek() ?? [];
    if (this.#older.peek() === 'loading' || !oldest) return;
    this.#older.value = 'loading';
    const page = await this.#page(oldest.id);
    const known = this.#messages.peek() ?? [];
    if (!page) {
      this.#older.value = 'failed';
    } else if (known[0]?.id === oldest.id) {
      this.#messages.value = merge(known, page.messages);
      this.#older.value = page.hasMore ? 'some' : 'none';
    } else {
      // What was known has been let go meanwhile, and between this page and what there is now something is missing.
      this.#older.value = 'some';
    }
  }

  #arrive(message: Message): void {
    if (message.username === this.#username) {
      const clientId = this.outbox.saw(message);
      if (clientId) this.#clientIds.set(message.id, clientId);
    }
    this.#messages.value = merge(this.#messages.peek() ?? [], [message]);
    if (message.username !== this.#username) this.#arrival.dispatchEvent(new CustomEvent('message', { detail: message }));
  }

  #deliver(message: Message, clientId: string): void {
    this.#clientIds.set(message.id, clientId);
    this.#messages.value = merge(this.#messages.peek() ?? [], [message]);
  }

  /** A session that was not recovered begins with the latest messages. What lies between them and what is known is fetched. */
  async #begin(history: readonly Message[]): Promise<void> {
    const known = this.#messages.peek() ?? [];
    let recent = history;
    for (let pages = 0; leavesGap(known, recent); pages++) {
      const page = pages < pagesOfGap ? await this.#page(recent[0]!.id) : undefined;
      if (!page) {
        // What was known is let go: it can be read again by scrolling up.
        const arrived = (this.#messages.peek() ?? []).filter(({ id }) => id > history.at(-1)!.id);
        this.#messages.value = merge(recent, arrived);
        this.#older.value = 'some';
        return;
      }
      recent = merge(page.messages, recent);
      if (!page.hasMore) break;
    }
    // Others may have come meanwhile.
    this.#messages.value = merge(this.#messages.peek() ?? [], recent);
    if (history.length === 0) this.#older.value = 'none';
  }

  /** The messages before this one; undefined where the server cannot be asked, or does not want to be. */
  async #page(before: string): Promise<{ messages: Message[]; hasMore: boolean } | undefined> {
    while (this.#socket.connected) {
      let answer: Answer<{ messages: Message[]; hasMore: boolean }>;
      try {
        answer = await this.#socket.timeout(answerLimitMs).emitWithAck('load_history', { before, limit: pageSize });
      } catch {
        return undefined;
      }
      if (answer.ok) return answer;
      const { retryAfterMs } = answer;
      if (retryAfterMs === undefined) return undefined;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
    return undefined;
  }
}
