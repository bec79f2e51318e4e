// Who is online.
import type { Calls } from '../calls/index.tsx';
import { CallIcon } from '../ui/icons.tsx';
import { Avatar } from './avatar.tsx';

/** Oneself first, the others by name. */
export function sorted(usernames: readonly string[], own: string): string[] {
  const { compare } = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });
  return [...usernames].sort((a, b) => Number(b === own) - Number(a === own) || compare(a, b));
}

export function People({ usernames, own, calls }: { usernames: readonly string[]; own: string; calls: Calls }) {
  return (
    <ul class="people" role="list">
      {sorted(usernames, own).map((username) => (
        <li key={username} class="person">
          <Avatar username={username} />
          <span class="person-name" dir="auto">{username}</span>
          {username === own && <span class="person-note">you</span>}
          {username !== own && calls.canCall.value && (
            <button type="button" class="quiet" aria-label={`Call ${username}`} onClick={() => calls.call(username)}>
              <CallIcon />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
