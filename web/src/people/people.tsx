// Who is online: beside the conversation where there is room, else in a sheet.
import { useState } from 'preact/hooks';
import type { Calls } from '../calls/index.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { CallIcon, PeopleIcon } from '../ui/icons.tsx';
import { Avatar } from './avatar.tsx';
import { ownFirst } from './order.ts';

interface Properties {
  usernames: readonly string[];
  own: string;
  calls: Calls;
}

export function PeopleColumn(properties: Properties) {
  return (
    <aside class="people-column" aria-labelledby="people-heading">
      <h2 id="people-heading">Online <span class="number">{properties.usernames.length}</span></h2>
      <People {...properties} onCall={(username) => properties.calls.call(username)} />
    </aside>
  );
}

/** The button that opens the sheet. */
export function PeopleButton({ usernames, own, calls }: Properties) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  // Who calls wants to see the call.
  const onCall = (username: string) => {
    close();
    calls.call(username);
  };
  return (
    <>
      <button type="button" class="quiet people-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <PeopleIcon /><span class="number">{usernames.length}</span><span class="unseen"> online</span>
      </button>
      {open && (
        <Dialog kind="sheet" title={`${usernames.length} online`} onClose={close}>
          <People usernames={usernames} own={own} calls={calls} onCall={onCall} />
        </Dialog>
      )}
    </>
  );
}

function People({ usernames, own, calls, onCall }: Properties & { onCall: (username: string) => void }) {
  return (
    <ul class="people" role="list">
      {ownFirst(usernames, own).map((username) => (
        <li key={username} class="person">
          <Avatar username={username} />
          <span class="person-name" title={username}><bdi>{username}</bdi></span>
          {username === own && <span class="person-note">you</span>}
          {username !== own && calls.canCall.value && (
            <button type="button" class="quiet" aria-label={`Call ${username}`} onClick={() => onCall(username)}>
              <CallIcon />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
