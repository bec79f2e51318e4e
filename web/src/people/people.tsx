// The list of online users: a column on wide screens, a sheet on narrow ones.
import type { ReadonlySignal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { Dialog } from '../ui/dialog.tsx';
import { CallIcon, PeopleIcon } from '../ui/icons.tsx';
import { Avatar } from './avatar.tsx';
import { ownFirst } from './order.ts';

interface Properties {
  usernames: readonly string[];
  own: string;
  /** Whether a call can begin now. */
  canCall: ReadonlySignal<boolean>;
  onCall: (username: string) => void;
}

export function PeopleColumn(properties: Properties) {
  return (
    <aside class="people-column" aria-labelledby="people-heading">
      <h2 id="people-heading">Online <span class="number">{properties.usernames.length}</span></h2>
      <People {...properties} />
    </aside>
  );
}

/** The button that opens the sheet. */
export function PeopleButton(properties: Properties) {
  const { usernames } = properties;
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  // The sheet would cover the call.
  const onCall = (username: string) => {
    close();
    properties.onCall(username);
  };
  return (
    <>
      <button type="button" class="quiet people-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <PeopleIcon /><span class="number">{usernames.length}</span><span class="unseen"> online</span>
      </button>
      {open && (
        <Dialog kind="sheet" title={`${usernames.length} online`} onClose={close}>
          <People {...properties} onCall={onCall} />
        </Dialog>
      )}
    </>
  );
}

function People({ usernames, own, canCall, onCall }: Properties) {
  return (
    <ul class="people" role="list">
      {ownFirst(usernames, own).map((username) => (
        <li key={username} class="person">
          <Avatar username={username} />
          <span class="person-name" title={username}><bdi>{username}</bdi></span>
          {username === own && <span class="person-note">you</span>}
          {username !== own && canCall.value && (
            <button type="button" class="quiet" aria-label={`Call ${username}`} onClick={() => onCall(username)}>
              <CallIcon />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
