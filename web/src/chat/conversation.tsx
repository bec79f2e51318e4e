// The conversation: the connection note, the message list, and the message box.
import { useComputed } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { DownIcon } from '../ui/icons.tsx';
import { Composer } from './composer.tsx';
import { ConnectionNote } from './connection-note.tsx';
import type { Client } from './client.ts';
import { MessageList } from './message-list.tsx';
import { MessageRow, type Remedies } from './message-row.tsx';
import type { Room } from './room.ts';
import { rowsOf } from './rows.ts';
import { useToday } from './today.ts';
import { newMessages } from './unread.ts';

export function Conversation({ client, username }: { client: Client; username: string }) {
  const { room, unread, atEnd, connection } = client;
  const clientIdOf = (messageId: string) => room.clientIdOf(messageId);
  const rows = useComputed(() => rowsOf(room.messages.value ?? [], room.outbox.items.value, username, clientIdOf));
  const today = useToday();
  const toEnd = useRef(() => {});
  const write = useRef((_text: string) => {});
  const remedies: Remedies = {
    retry: (key) => room.outbox.retry(key),
    edit: (key) => write.current(room.outbox.discard(key)),
    discard: (key) => room.outbox.discard(key),
  };
  const send = (text: string) => {
    toEnd.current();
    room.outbox.add(text);
  };

  return (
    <main class="conversation">
      <ConnectionNote connection={connection} />
      <MessageList
        rows={rows.value}
        render={(row) => <MessageRow row={row} today={today} remedies={remedies} />}
        head={<Beginning room={room} />}
        onNearStart={() => room.older.peek() === 'some' && void room.loadOlder()}
        onAtEnd={(value) => (atEnd.value = value)}
        toEnd={toEnd}
      />
      <div class="to-end">
        {!atEnd.value && (
          <button type="button" onClick={() => toEnd.current()}>
            {unread.count.value > 0 ? newMessages(unread.count.value) : <span class="unseen">Jump to the latest message</span>}
            <DownIcon />
          </button>
        )}
      </div>
      <Composer username={username} onSend={send} write={write} />
    </main>
  );
}

/** The line above the first message. */
function Beginning({ room }: { room: Room }) {
  if (room.messages.value === undefined) return null;
  switch (room.older.value) {
    case 'none':
      return <p>{room.messages.value.length > 0 ? 'This is the beginning of the conversation.' : 'No messages yet. Say hello!'}</p>;
    case 'failed':
      return <button type="button" class="link" onClick={() => void room.loadOlder()}>Load earlier messages</button>;
    default:
      return <p class="loading">Loading earlier messages…</p>;
  }
}
