// The page of somebody who is logged in.
import { CallLayer } from '../calls/index.tsx';
import { PeopleButton, PeopleColumn } from '../people/people.tsx';
import { AccountMenu } from '../session/account-menu.tsx';
import type { SessionKeeper } from '../session/session.ts';
import { Mark } from '../ui/icons.tsx';
import { useEffect } from 'preact/hooks';
import { useMedia, wideScreen } from '../ui/media.ts';
import { followVisiblePart } from '../ui/viewport.ts';
import { Announcer } from './announcer.tsx';
import { Conversation } from './conversation.tsx';
import { useLogin } from './login.ts';

export function Chat({ keeper, username }: { keeper: SessionKeeper; username: string }) {
  const login = useLogin(keeper, username);
  const { room, calls, connection } = login;
  const isWide = useMedia(wideScreen);
  useEffect(followVisiblePart, []);
  const people = { usernames: room.online.value, own: username, calls };
  return (
    <div class="chat" data-connection={connection.state.value}>
      <a class="skip" href="#composer">Skip to writing</a>
      <header class="top">
        <h1 class="brand"><Mark /> Natter</h1>
        {!isWide && <PeopleButton {...people} />}
        <AccountMenu keeper={keeper} username={username} />
      </header>
      <Conversation login={login} username={username} />
      {isWide && <PeopleColumn {...people} />}
      <Announcer room={room} />
      <CallLayer calls={calls} />
    </div>
  );
}
