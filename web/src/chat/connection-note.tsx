// The note about the connection. Short interruptions go unmentioned.
import { useEffect, useState } from 'preact/hooks';
import type { Connection } from '../connection.ts';

/** How long a connection may be lost before the note appears, in milliseconds. */
const patienceMs = 1_500;
/** How long the note says that the connection is back, in milliseconds. */
const reliefMs = 2_500;

type Note = { tone: 'calm' | 'good'; text: string } | undefined;

export function ConnectionNote({ connection }: { connection: Connection }) {
  const state = connection.state.value;
  const refusal = connection.refusal.value;
  const [note, setNote] = useState<Note>();

  useEffect(() => {
    if (state === 'connected') {
      if (!note) return;
      setNote({ tone: 'good', text: "Reconnected. You didn't miss anything." });
      const timer = setTimeout(() => setNote(undefined), reliefMs);
      return () => clearTimeout(timer);
    }
    const text = {
      connecting: 'Connecting…',
      reconnecting: 'Reconnecting…',
      offline: "You're offline. Your messages will be sent when you're back.",
      refused: `${refusal} Trying again shortly.`,
    }[state];
    const timer = setTimeout(() => setNote({ tone: 'calm', text }), note ? 0 : patienceMs);
    return () => clearTimeout(timer);
  }, [state, refusal]);

  return <div class="connection-note" role="status">{note && <p class={note.tone}>{note.text}</p>}</div>;
}
