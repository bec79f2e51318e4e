// Announces new messages to screen readers. The list cannot, because scrolling adds and removes its rows.
import { useEffect, useState } from 'preact/hooks';
import type { Room } from './room.ts';
import { newMessages } from './unread.ts';

/** The time within which messages are announced together, in milliseconds. */
const gatherMs = 1_000;

export function Announcer({ room }: { room: Room }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const gathered = new Map<string, string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const announce = () => {
      const [first] = gathered.values();
      if (first !== undefined) setText(gathered.size === 1 ? first : newMessages(gathered.size));
      gathered.clear();
      timer = undefined;
    };
    const stopGathering = room.onArrival(({ id, username, text }) => {
      gathered.set(id, `${username}: ${text}`);
      timer ??= setTimeout(announce, gatherMs);
    });
    const stopDropping = room.onDeletion((id) => gathered.delete(id));
    return () => {
      stopGathering();
      stopDropping();
      clearTimeout(timer);
    };
  }, [room]);
  return <p class="unseen" aria-live="polite">{text}</p>;
}
