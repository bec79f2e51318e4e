// The room as this client knows it: messages, outbox, and online users.
import { type ReadonlySignal, signal } from '@preact/signals';
import type { Answer, Message } from '../../../api/events.ts';
import type { ClientSocket } from '../connection.ts';
import { Outbox } from './outbox.ts';
import { leavesGap, merge, replaceSpan } from './timeline.ts';
import { outboxKey } from './unsent.ts';

/** The state of older messages: there may be `some`, a page is `loading`, loading has `failed`, or there are `none`. */
export type Older = 'some' | 'loading' | 'failed' | 'none';

const pageSize = 100;
const answerLimitMs = 8_000;
/** The number of pages that are loaded to fill a gap before the older messages are let go. */
const pagesOfGap = 5;

/** A room. It listens from its construction; its owner connects the socket. */
export class Room {
  readonly outbox: Outbox;
  readonly #socket: ClientSocket;
  readonly #username: string;
  readonly #messages = signal<readonly Message[] | undefined>(undefined);
  readonly #online = signal<readonly string[]>([]);
  readonly #older = signal<Older>('some');
  readonly #clientIds = new Map<string, string>();
  /** The ids of deleted messages. A page that was on its way may still contain them. */
  readonly #deleted = new Set<string>();
  readonly #arrivalListeners = new Set<(message: Message) => void>();
  readonly #deletionListeners = new Set<(id: string) => void>();
  /** Rises when the known messages are let go, so that a page on its way to them is not added to others. */
  #generation = 0;

  constructor(socket: ClientSocket, username: string) {
    this.#socket = socket;
    this.#username = username;
    const key = outboxKey(username);
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
    socket.on('message_deleted', ({ id }) => this.#delete(id));
    socket.on('online_users', (usernames) => (this.#online.value = usernames));
    socket.on('connect', () => {
      void this.outbox.deliver();
      if (this.#older.peek() === 'failed') this.#older.value = 'some';
    });
  }

  /** The known messages, oldest first; undefined before the history arrives. */
  get messages(): ReadonlySignal<readonly Message[] | undefined> {
    return this.#messages;
  }

  get online(): ReadonlySignal<readonly string[]> {
    return this.#online;
  }

  get older(): ReadonlySignal<Older> {
    return this.#older;
  }

  /** Returns the `clientId` of a message that was sent from here, under which its row stays the same element. */
  clientIdOf(messageId: string): string | undefined {
    return this.#clientIds.get(messageId);
  }

  /** Calls `listener` with every message that another user sends from now on. Returns a function that stops it. */
  onArrival(listener: (message: Message) => void): () => void {
    this.#arrivalListeners.add(listener);
    return () => this.#arrivalListeners.delete(listener);
  }

  /** Calls `listener` with the id of every message that is deleted from now on. Returns a function that stops it. */
  onDeletion(listener: (id: string) => void): () => void {
    this.#deletionListeners.add(listener);
    return () => this.#deletionListeners.delete(listener);
  }

  /** Loads one more page of older messages. */
  async loadOlder(): Promise<void> {
    const known = this.#messages.peek();
    if (this.#older.peek() === 'loading' || !known) return;
    this.#older.value = 'loading';
    const generation = this.#generation;
    const page = await this.#page(known[0]?.id);
    if (!page) {
      this.#older.value = 'failed';
    } else if (generation === this.#generation) {
      this.#add(page.messages);
      this.#older.value = page.hasMore ? 'some' : 'none';
    } else {
      // The messages that this page precedes have been let go. Adding it would leave a gap.
      this.#older.value = 'some';
    }
  }

  #arrive(message: Message): void {
    if (message.username === this.#username) {
      const clientId = this.outbox.saw(message);
      if (clientId) this.#clientIds.set(message.id, clientId);
    }
    this.#add([message]);
    if (message.username !== this.#username) this.#arrivalListeners.forEach((listener) => listener(message));
  }

  #deliver(message: Message, clientId: string): void {
    this.#clientIds.set(message.id, clientId);
    // A message that was deleted before its acknowledgement has no text left.
    if (message.text === '') this.#delete(message.id);
    else this.#add([message]);
  }

  #delete(id: string): void {
    this.#deleted.add(id);
    const known = this.#messages.peek();
    if (known?.some((message) => message.id === id)) this.#messages.value = known.filter((message) => message.id !== id);
    this.#deletionListeners.forEach((listener) => listener(id));
  }

  /** Adds these to the known messages, in order. */
  #add(messages: readonly Message[]): void {
    this.#messages.value = merge(this.#messages.peek() ?? [], this.#present(messages));
  }

  /** The messages that have not been deleted. */
  #present(messages: readonly Message[]): readonly Message[] {
    return this.#deleted.size === 0 ? messages : messages.filter(({ id }) => !this.#deleted.has(id));
  }

  /**
   * Takes over the latest messages, which the server sends where it could not recover the connection. Those between them and the
   * known ones are loaded.
   */
  async #begin(history: readonly Message[]): Promise<void> {
    if (history.length === 0) {
      this.#messages.value = [];
      this.#older.value = 'none';
      return;
    }
    const known = this.#messages.peek() ?? [];
    let recent = history;
    for (let pages = 0; leavesGap(known, recent); pages++) {
      const page = pages < pagesOfGap ? await this.#page(recent[0]!.id) : undefined;
      if (!page) {
        this.#letGo(recent, history.at(-1)!.id);
        return;
      }
      recent = merge(page.messages, recent);
      if (!page.hasMore) break;
    }
    this.#messages.value = this.#present(replaceSpan(this.#messages.peek() ?? [], recent));
  }

  /** Replaces the known messages by the recent ones and those newer than `latest`. Scrolling up loads the others again. */
  #letGo(recent: readonly Message[], latest: string): void {
    const arrived = (this.#messages.peek() ?? []).filter(({ id }) => id > latest);
    this.#messages.value = merge(this.#present(recent), arrived);
    this.#older.value = 'some';
    this.#generation += 1;
  }

  /** Loads the messages before this id, or the latest ones. Resolves to undefined if the server is unreachable or refuses. */
  async #page(before?: string): Promise<{ messages: Message[]; hasMore: boolean } | undefined> {
    while (this.#socket.connected) {
      let answer: Answer<{ messages: Message[]; hasMore: boolean }>;
      try {
        answer = await this.#socket.timeout(answerLimitMs).emitWithAck('load_history', { ...(before !== undefined && { before }), limit: pageSize });
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
