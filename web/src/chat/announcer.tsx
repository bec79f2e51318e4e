// Tells a screen reader what others say. The list itself cannot: in it, rows come and go by scrolling.
import { useEffect, useState } from 'preact/hooks';
import type { Room } from './room.ts';
import { newMessages } from './unread.ts';

/** What comes within this time is told as one. */
const gatherMs = 1_000;

export function Announcer({ room }: { room: Room }) {
  const [text, setText] = useState('');
  useEffect(() => {
    let gathered: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      setText(gathered.length === 1 ? gathered[0]! : newMessages(gathered.length));
      gathered = [];
      timer = undefined;
    };
    const unlisten = room.onArrival(({ username, text }) => {
      gathered.push(`${username}: ${text}`);
      timer ??= setTimeout(tell, gatherMs);
    });
    return () => {
      unlisten();
      clearTimeout(timer);
    };
  }, [room]);
  return <p class="unseen" aria-live="polite">{text}</p>;
}
