// Which page it is.
import type { Ring } from './calls/ring.ts';
import { Chat } from './chat/chat.tsx';
import type { SessionKeeper } from './session/session.ts';
import { Welcome } from './session/welcome.tsx';

export function App({ keeper, ring }: { keeper: SessionKeeper; ring: Ring }) {
  const username = keeper.current.value?.username;
  if (username === undefined) return <Welcome keeper={keeper} />;
  return <Chat key={username} keeper={keeper} username={username} ring={ring} />;
}
