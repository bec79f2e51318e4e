// The list of messages as it is shown: one row a message, which knows what stands above it.
import type { Message } from '../../../api/events.ts';
import { onSameDay } from './dates.ts';
import type { Outgoing } from './outbox.ts';

/** One message in the list. */
export interface Row {
  /** Stays the same from the moment of writing on. */
  key: string;
  username: string;
  text: string;
  /** Milliseconds since 1970. */
  at: number;
  own: boolean;
  state: 'sent' | Outgoing['state'];
  error?: string;
  /** The first of its day: a separator stands above it. */
  startsDay: boolean;
  /** The first of several that one person said in a row, and the last. */
  startsGroup: boolean;
  endsGroup: boolean;
}

/** Who says something after so long a silence begins anew. */
const groupGapMs = 5 * 60_000;

const times = new WeakMap<Message, number>();

function timeOf(message: Message): number {
  let time = times.get(message);
  if (time === undefined) {
    time = Date.parse(message.timestamp);
    times.set(message, time);
  }
  return time;
}

/** The rows for these messages, and after them for what is on its way. */
export function rowsOf(
  messages: readonly Message[],
  outgoing: readonly Outgoing[],
  username: string,
  clientIdOf: (messageId: string) => string | undefined,
): Row[] {
  const alone = { startsDay: false, startsGroup: false, endsGroup: false };
  const rows: Row[] = messages.map((message) => ({
    key: clientIdOf(message.id) ?? message.id,
    username: message.username,
    text: message.text,
    at: timeOf(message),
    own: message.username === username,
    state: 'sent',
    ...alone,
  }));
  for (const { clientId, text, writtenAt, state, error, seenAs } of outgoing) {
    if (seenAs !== undefined) continue;
    const row: Row = { key: clientId, username, text, at: writtenAt, own: true, state, ...alone };
    if (error !== undefined) row.error = error;
    rows.push(row);
  }
  let before: Row | undefined;
  for (const row of rows) {
    row.startsDay = before === undefined || !onSameDay(before.at, row.at);
    row.startsGroup = row.startsDay || before!.username !== row.username || row.at - before!.at > groupGapMs;
    if (before) before.endsGroup = row.startsGroup;
    before = row;
  }
  if (before) before.endsGroup = true;
  return rows;
}
