// A row of the message list.
import { Avatar } from '../people/avatar.tsx';
import { ClockIcon, WarningIcon } from '../ui/icons.tsx';
import { dayName, exactTime, timeOfDay } from './dates.ts';
import { isEmojiOnly } from './emoji.ts';
import { piecesOf } from './linkify.ts';
import type { Row } from './rows.ts';

/** The actions that a failed message offers. */
export interface Remedies {
  retry(key: string): void;
  edit(key: string): void;
  discard(key: string): void;
}

export function MessageRow({ row, today, remedies }: { row: Row; today: number; remedies: Remedies }) {
  const { key, username, text, at, own, state } = row;
  const introduced = row.startsGroup && !own;
  const classes = ['message', own ? 'own' : 'other', row.startsGroup && 'first', row.endsGroup && 'last', state];
  return (
    <>
      {row.startsDay && <p class="day"><span>{dayName(at, today)}</span></p>}
      <article class={classes.filter(Boolean).join(' ')}>
        {introduced && <Avatar username={username} />}
        <p class={introduced ? 'author' : 'unseen'} title={introduced ? username : undefined}><bdi>{own ? 'You' : username}</bdi></p>
        <div class={isEmojiOnly(text) ? 'bubble emoji' : 'bubble'}>
          <p class="text" dir="auto">
            <Text text={text} />
            <span class="meta">
              <time dateTime={new Date(at).toISOString()} title={exactTime(at)}>{timeOfDay(at)}</time>
              {(state === 'waiting' || state === 'sending') && <OnItsWay />}
              {state === 'failed' && <span class="state"><WarningIcon /></span>}
            </span>
          </p>
        </div>
        {state === 'failed' && (
          <div class="failure">
            <p role="alert">Not sent. {row.error}</p>
            <button type="button" class="link" onClick={() => remedies.retry(key)}>Try again</button>
            <button type="button" class="link" onClick={() => remedies.edit(key)}>Edit</button>
            <button type="button" class="link" onClick={() => remedies.discard(key)}>Discard</button>
          </div>
        )}
      </article>
    </>
  );
}

function OnItsWay() {
  return <span class="state"><ClockIcon /><span class="unseen">sending</span></span>;
}

function Text({ text }: { text: string }) {
  return <>{piecesOf(text).map(({ text, href }) => (href === undefined ? text : <Link href={href} text={text} />))}</>;
}

function Link({ href, text }: { href: string; text: string }) {
  return <a href={href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">{text}</a>;
}
