// Everything that lives as long as a login: its socket, the room, and calls.
import { effect, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { CallDesk } from '../calls/desk.ts';
import type { Ring } from '../calls/ring.ts';
import { webSocketUrl } from '../config.ts';
import { Connection } from '../connection.ts';
import type { LoginKeeper } from '../login/login.ts';
import { Room } from './room.ts';
import { titleOf } from './title.ts';
import { discardUnsent } from './unsent.ts';
import { Unread } from './unread.ts';

/** The client of one login. All parts listen before the socket connects. */
export class Client {
  readonly connection: Connection;
  readonly room: Room;
  readonly calls: CallDesk;
  readonly ring: Ring;
  /** Whether the end of the message list is visible. */
  readonly atEnd = signal(true);
  readonly unread: Unread;
  readonly #keeper: LoginKeeper;
  readonly #username: string;

  constructor(keeper: LoginKeeper, username: string, ring: Ring) {
    this.#keeper = keeper;
    this.#username = username;
    this.ring = ring;
    this.connection = new Connection(webSocketUrl, keeper);
    this.room = new Room(this.connection.socket, username);
    this.calls = new CallDesk({
      socket: this.connection.socket,
      online: this.room.online,
      connected: this.connection.connected,
      fetchAsUser: (path, init) => keeper.fetch(path, init),
    });
    this.unread = new Unread(this.room, this.atEnd);
  }

  /** Connects. Returns a function that disconnects and cleans up. */
  begin(): () => void {
    const { calls, room, unread } = this;
    discardUnsent(this.#username);
    const stopCounting = unread.watch();
    const stopRinging = this.ring.watch(calls.ringing);
    const stopTitling = effect(() => {
      document.title = titleOf(unread.count.value, calls.ringing.value);
    });
    // The server would wait for a lost connection to return, which this one will not.
    const leave = () => calls.leave();
    addEventListener('pagehide', leave);
    this.connection.open();
    return () => {
      removeEventListener('pagehide', leave);
      [stopCounting, stopRinging, stopTitling].forEach((stop) => stop());
      document.title = titleOf(0, null);
      calls.close();
      room.outbox.close();
      this.connection.close();
      this.#forget();
    };
  }

  /**
   * Removes what the user has not sent if the login was ended in this browser. If the server ended it, the user may still log in
   * again and go on.
   */
  #forget(): void {
    const now = this.#keeper.current.peek()?.username;
    if (now !== this.#username && this.#keeper.ending.peek() !== 'refused') discardUnsent(now);
  }
}

/** Returns the client of this user, which connects with the first rendering and disconnects with the last. */
export function useClient(keeper: LoginKeeper, username: string, ring: Ring): Client {
  const [client] = useState(() => new Client(keeper, username, ring));
  useEffect(() => client.begin(), [client]);
  return client;
}
