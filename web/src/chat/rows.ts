// The rows of the message list: one per message, grouped by author and day.
import type { Message } from '../../../api/events.ts';
import { onSameDay } from './dates.ts';
import type { Outgoing } from './outbox.ts';

/** A row of the message list. */
export interface Row {
  /** The key, which stays the same from writing to delivery. */
  key: string;
  username: string;
  text: string;
  /** Milliseconds since 1970. */
  at: number;
  own: boolean;
  state: 'sent' | Outgoing['state'];
  error?: string;
  /** Whether this is the first message of its day, below a separator. */
  startsDay: boolean;
  /** Whether this is the first or the last of several messages in a row by one user. */
  startsGroup: boolean;
  endsGroup: boolean;
}

/** The pause after which a user's next message starts a new group, in milliseconds. */
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

/** Returns the rows of these messages, followed by those on their way. */
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
