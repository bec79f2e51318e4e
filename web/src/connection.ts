// The socket of a login. It stays connected while the login lasts, with the newest token.
import { type ReadonlySignal, computed, effect, signal } from '@preact/signals';
import { type Socket, io } from 'socket.io-client';
import type { ClientToServerEvents, ServerToClientEvents } from '../../api/events.ts';
import type { LoginKeeper } from './login/login.ts';

/** A socket of this server. */
export type ClientSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/**
 * The state of a connection.
 *
 * - `connecting` for the first time
 * - `connected`
 * - `reconnecting` after a connection was lost
 * - `offline`: the browser reports no network
 * - `refused` by the server, for the reason in `refusal`; retried every few seconds
 */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'offline' | 'refused';

const refusedRetryMs = 10_000;

/** A socket that reconnects and renews its token. Call `open` once all listeners are attached, and `close` at the end. */
export class Connection {
  readonly socket: ClientSocket;
  readonly #keeper: LoginKeeper;
  readonly #state = signal<ConnectionState>('connecting');
  readonly #refusal = signal('');
  readonly #closing = new AbortController();
  #wasConnected = false;
  /** Whether the token was renewed since the last connection. */
  #hasRenewed = false;

  constructor(url: string, keeper: LoginKeeper) {
    this.#keeper = keeper;
    const options = {
      // A recovered connection brings the missed events, so the history is not needed again.
      auth: (give: (data: object) => void) => give({ token: keeper.current.peek()?.token, wants: ['missed'] }),
      autoConnect: false,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
      // Otherwise the client would share the manager of an earlier login to the same server.
      forceNew: true,
    };
    this.socket = url ? io(url, options) : io(options);
    this.#listen();
  }

  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }

  readonly connected = computed(() => this.#state.value === 'connected');

  /** The server's error sentence while the state is `refused`. */
  get refusal(): ReadonlySignal<string> {
    return this.#refusal;
  }

  open(): void {
    this.socket.connect();
    this.#passOnTokens();
    const { signal } = this.#closing;
    addEventListener('offline', () => this.#lost(), { signal });
    addEventListener('online', () => this.#lost(), { signal });
  }

  close(): void {
    this.#closing.abort();
    this.socket.disconnect();
  }

  #listen(): void {
    const { socket } = this;
    socket.on('connect', () => {
      this.#wasConnected = true;
      this.#hasRenewed = false;
      this.#state.value = 'connected';
    });
    socket.on('disconnect', (reason) => {
      if (this.#closing.signal.aborted) return;
      this.#lost();
      // The server disconnects a socket when its token expires or its login ends. Reconnecting shows which.
      if (reason === 'io server disconnect') socket.connect();
    });
    socket.on('connect_error', (error) => {
      const { code } = (error as Error & { data?: { code?: string } }).data ?? {};
      if (code?.startsWith('token_') && !this.#hasRenewed) void this.#reconnectRenewed();
      else if (socket.active) this.#lost();
      else this.#refused(error.message);
    });
  }

  async #reconnectRenewed(): Promise<void> {
    this.#lost();
    this.#hasRenewed = true;
    const stale = this.#keeper.current.peek();
    if (!stale) return;
    try {
      if (await this.#keeper.renew(stale)) this.socket.connect();
    } catch (error) {
      this.#refused((error as Error).message);
    }
  }

  /** Sends every new token to the server, so that the socket outlives the old one. */
  #passOnTokens(): void {
    let told = this.#keeper.current.peek()?.token;
    const stop = effect(() => {
      const token = this.#keeper.current.value?.token;
      if (token === undefined || token === told) return;
      told = token;
      // A disconnected socket sends the token with its next connection.
      if (this.socket.connected) this.socket.emit('refresh_token', { token }, () => undefined);
    });
    this.#closing.signal.addEventListener('abort', stop);
  }

  #lost(): void {
    if (this.socket.connected) return;
    this.#state.value = !navigator.onLine ? 'offline' : this.#wasConnected ? 'reconnecting' : 'connecting';
  }

  #refused(sentence: string): void {
    this.#refusal.value = sentence;
    this.#state.value = 'refused';
    this.#hasRenewed = false;
    const retry = setTimeout(() => this.socket.connect(), refusedRetryMs);
    this.#closing.signal.addEventListener('abort', () => clearTimeout(retry));
  }
}
