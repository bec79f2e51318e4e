// One message in the list.
import { Avatar } from '../people/avatar.tsx';
import { ClockIcon, WarningIcon } from '../ui/icons.tsx';
import { dayName, exactTime, timeOfDay } from './dates.ts';
import { linkify } from './linkify.ts';
import type { Row } from './rows.ts';

/** What can be done about a message that failed. */
export interface Remedies {
  retry(key: string): void;
  edit(key: string): void;
  discard(key: string): void;
}

export function MessageRow({ row, today, remedies }: { row: Row; today: number; remedies: Remedies }) {
  const classes = ['message', row.own && 'own', row.startsGroup && 'first', row.endsGroup && 'last', row.state].filter(Boolean);
  return (
    <>
      {row.startsDay && <p class="day"><span>{dayName(row.at, today)}</span></p>}
      <article class={classes.join(' ')}>
        {row.startsGroup && !row.own && <Avatar username={row.username} />}
        {row.startsGroup && !row.own && <h3 class="author" dir="auto">{row.username}</h3>}
        {!(row.startsGroup && !row.own) && <h3 class="unseen">{row.own ? 'You' : row.username}</h3>}
        <div class="bubble">
          <p class="text" dir="auto">{linkify(row.text).map(({ text, href }) => (
            href === undefined ? text : <a href={href} target="_blank" rel="noopener noreferrer nofollow">{text}</a>
          ))}</p>
          <span class="meta">
            <time dateTime={new Date(row.at).toISOString()} title={exactTime(row.at)}>{timeOfDay(row.at)}</time>
            {(row.state === 'waiting' || row.state === 'sending') && <span class="state" title="On its way"><ClockIcon /><span class="unseen">, on its way</span></span>}
            {row.state === 'failed' && <span class="state"><WarningIcon /><span class="unseen">, not sent</span></span>}
          </span>
        </div>
        {row.state === 'failed' && (
          <div class="failure">
            <span>Not sent. {row.error}</span>{' '}
            <button type="button" class="link" onClick={() => remedies.retry(row.key)}>Try again</button>{' '}
            <button type="button" class="link" onClick={() => remedies.edit(row.key)}>Edit</button>{' '}
            <button type="button" class="link" onClick={() => remedies.discard(row.key)}>Discard</button>
          </div>
        )}
      </article>
    </>
  );
}
