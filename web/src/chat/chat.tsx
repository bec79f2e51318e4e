// The page of somebody who is logged in.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { CallLayer, createCalls } from '../calls/index.tsx';
import { webSocketUrl } from '../config.ts';
import { People } from '../people/people.tsx';
import type { SessionKeeper } from '../session/session.ts';
import { DownIcon, Mark } from '../ui/icons.tsx';
import { Composer } from './composer.tsx';
import { Connection } from './connection.ts';
import { MessageList } from './message-list.tsx';
import { MessageRow, type Remedies } from './message-row.tsx';
import { Room } from './room.ts';
import { rowsOf } from './rows.ts';

export function Chat({ keeper, username }: { keeper: SessionKeeper; username: string }) {
  const { connection, room, calls } = useMemo(() => {
    const connection = new Connection(webSocketUrl, keeper);
    const room = new Room(connection.socket, username);
    const calls = createCalls({
      socket: connection.socket,
      username,
      online: room.online,
      connected: connection.connected,
      fetchAsUser: (path, init) => keeper.fetch(path, init),
    });
    return { connection, room, calls };
  }, []);
  useEffect(() => {
    connection.open();
    return () => {
      calls.close();
      connection.close();
    };
  }, []);

  const rows = useComputed(() => rowsOf(room.messages.value ?? [], room.outbox.items.value, username, (id) => room.clientIdOf(id)));
  const atEnd = useSignal(true);
  const toEnd = useRef(() => {});
  const write = useRef((_text: string) => {});
  const today = Date.now();
  const remedies: Remedies = {
    retry: (key) => room.outbox.retry(key),
    edit: (key) => write.current(room.outbox.discard(key)),
    discard: (key) => room.outbox.discard(key),
  };

  return (
    <div class="chat" data-connection={connection.state.value}>
      <header class="top">
        <p class="brand"><Mark /> Natter</p>
        <span class="connection" role="status">{connection.state.value}</span>
        <button type="button" onClick={() => keeper.logOut()}>Log out</button>
      </header>
      <main class="conversation">
        <MessageList
          rows={rows.value}
          render={(row) => <MessageRow row={row} today={today} remedies={remedies} />}
          head={room.older.value}
          onNearStart={() => room.older.peek() === 'some' && void room.loadOlder()}
          onAtEnd={(value) => (atEnd.value = value)}
          toEnd={toEnd}
        />
        {!atEnd.value && <button type="button" class="to-end" aria-label="To the latest message" onClick={() => toEnd.current()}><DownIcon /></button>}
        <Composer onSend={(text) => { room.outbox.add(text); toEnd.current(); }} write={write} />
      </main>
      <aside class="side" aria-label="People">
        <h2>{room.online.value.length} online</h2>
        <People usernames={room.online.value} own={username} calls={calls} />
      </aside>
      <CallLayer calls={calls} />
    </div>
  );
}
