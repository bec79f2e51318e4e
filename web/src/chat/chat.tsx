// The page of somebody who is logged in.
import { useEffect } from 'preact/hooks';
import { CallLayer } from '../calls/index.tsx';
import type { Ring } from '../calls/ring.ts';
import { PeopleButton, PeopleColumn } from '../people/people.tsx';
import { AccountMenu } from '../session/account-menu.tsx';
import type { SessionKeeper } from '../session/session.ts';
import { Mark } from '../ui/icons.tsx';
import { useMedia, wideScreen } from '../ui/media.ts';
import { followVisiblePart } from '../ui/viewport.ts';
import { Announcer } from './announcer.tsx';
import { Conversation } from './conversation.tsx';
import { useLogin } from './login.ts';

export function Chat({ keeper, username, ring }: { keeper: SessionKeeper; username: string; ring: Ring }) {
  const login = useLogin(keeper, username, ring);
  const { room, calls, connection } = login;
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
      <Conversation login={login} username={username} />
      {isWide && <PeopleColumn {...people} />}
      <Announcer room={room} />
    </div>
  );
}
