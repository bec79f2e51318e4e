// The page of a logged-in user.
import { useEffect } from 'preact/hooks';
import { CallLayer } from '../calls/layer.tsx';
import type { Ring } from '../calls/ring.ts';
import { PeopleButton, PeopleColumn } from '../people/people.tsx';
import type { LoginKeeper } from '../login/login.ts';
import { Mark } from '../ui/icons.tsx';
import { useMedia, wideScreen } from '../ui/media.ts';
import { followVisiblePart } from '../ui/viewport.ts';
import { AccountMenu } from './account-menu.tsx';
import { Announcer } from './announcer.tsx';
import { useClient } from './client.ts';
import { Conversation } from './conversation.tsx';

export function Chat({ keeper, username, ring }: { keeper: LoginKeeper; username: string; ring: Ring }) {
  const client = useClient(keeper, username, ring);
  const { room, calls, connection } = client;
  const isWide = useMedia(wideScreen);
  useEffect(followVisiblePart, []);
  const people = {
    usernames: room.online.value,
    own: username,
    canCall: calls.canCall,
    onCall: (callee: string) => calls.call(callee),
  };
  return (
    <div class="chat" data-connection={connection.state.value}>
      <a class="skip" href="#composer">Skip to the message box</a>
      <header class="top">
        <h1 class="brand"><Mark /> Natter</h1>
        {!isWide && <PeopleButton {...people} />}
        <AccountMenu keeper={keeper} username={username} ring={ring} />
      </header>
      <CallLayer desk={calls} />
      <Conversation client={client} username={username} />
      {isWide && <PeopleColumn {...people} />}
      <Announcer room={room} />
    </div>
  );
}
