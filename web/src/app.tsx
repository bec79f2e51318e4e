// Which page it is.
import { Chat } from './chat/chat.tsx';
import type { SessionKeeper } from './session/session.ts';
import { Welcome } from './session/welcome.tsx';

export function App({ keeper }: { keeper: SessionKeeper }) {
  const username = keeper.current.value?.username;
  return username === undefined ? <Welcome keeper={keeper} /> : <Chat key={username} keeper={keeper} username={username} />;
}
