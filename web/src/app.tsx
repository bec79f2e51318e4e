// The root component: the chat during a login, the welcome page otherwise.
import type { Ring } from './calls/ring.ts';
import { Chat } from './chat/chat.tsx';
import type { LoginKeeper } from './login/login.ts';
import { Welcome } from './login/welcome.tsx';

export function App({ keeper, ring }: { keeper: LoginKeeper; ring: Ring }) {
  const username = keeper.current.value?.username;
  if (username === undefined) return <Welcome keeper={keeper} />;
  return <Chat key={username} keeper={keeper} username={username} ring={ring} />;
}
