// The page of somebody who is logged in.
import { useEffect } from 'preact/hooks';
import { CallLayer } from '../calls/index.tsx';
import type { Ring } from '../calls/ring.ts';
import { PeopleButton, PeopleColumn } from '../people/people.tsx';
import { AccountMenu } from '../login/account-menu.tsx';
import type { LoginKeeper } from '../login/login.ts';
import { Mark } from '../ui/icons.tsx';
import { useMedia, wideScreen } from '../ui/media.ts';
import { followVisiblePart } from '../ui/viewport.ts';
import { Announcer } from './announcer.tsx';
import { Conversation } from './conversation.tsx';
import { useClient } from './client.ts';

export function Chat({ keeper, username, ring }: { keeper: LoginKeeper; username: string; ring: Ring }) {
  const client = useClient(keeper, username, ring);
  const { room, calls, connection } = client;
  const isWide = useMedia(wideScreen);
  useEffect(followVisiblePart, []);
  const people = { usernames: room.online.value, own: username, calls };
  return (
    <div class="chat" data-connection={connection.state.value}>
      <a class="skip" href="#composer">Skip to the message box</a>
      <header class="top">
        <h1 class="brand"><Mark /> Natter</h1>
        {!isWide && <PeopleButton {...people} />}
        <AccountMenu keeper={keeper} username={username} ring={ring} />
      </header>
      <CallLayer calls={calls} />
      <Conversation client={client} username={username} />
      {isWide && <PeopleColumn {...people} />}
      <Announcer room={room} />
    </div>
  );
}
