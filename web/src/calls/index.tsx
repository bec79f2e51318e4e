// Calls. The room makes one `Calls` for a login before its socket connects, so that nothing is missed, shows `CallLayer` above
// everything else, offers a button for each person online while `canCall` is true, and closes it when the login ends.
import { type ReadonlySignal, signal } from '@preact/signals';
import type { ClientSocket } from '../chat/connection.ts';

/** What calls need of the rest. */
export interface CallContext {
  /** Not yet connected; every event is typed. */
  socket: ClientSocket;
  /** One's own name. */
  username: string;
  /** Who is online, oneself included, as the server says. */
  online: ReadonlySignal<readonly string[]>;
  /** Whether the socket is connected. */
  connected: ReadonlySignal<boolean>;
  /** A request as this user, such as `GET /api/ice-servers`; the path begins with a slash. */
  fetchAsUser: (path: string, init?: RequestInit) => Promise<Response>;
}

/** The calls of one login. */
export interface Calls {
  /** Whether a call can be begun now. */
  canCall: ReadonlySignal<boolean>;
  /** Calls somebody. */
  call(username: string): void;
  /** Ends what there is. */
  close(): void;
}

/** Begins to listen for calls. */
export function createCalls(_context: CallContext): Calls {
  return { canCall: signal(false), call: () => undefined, close: () => undefined };
}

/** Everything there is to see of calls: ringing, the call itself, and what became of it. */
export function CallLayer(_props: { calls: Calls }) {
  return null;
}
