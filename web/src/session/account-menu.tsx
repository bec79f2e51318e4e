// What one can do with one's account.
import { useRef, useState } from 'preact/hooks';
import { Avatar } from '../people/avatar.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import type { SessionKeeper } from './session.ts';

export function AccountMenu({ keeper, username }: { keeper: SessionKeeper; username: string }) {
  const menu = useRef<HTMLDivElement>(null);
  const [changing, setChanging] = useState(false);
  const changePassword = () => {
    menu.current?.hidePopover();
    setChanging(true);
  };
  return (
    <>
      <button type="button" class="quiet account" popovertarget="account-menu" aria-label={`Account of ${username}`}>
        <Avatar username={username} />
      </button>
      <div ref={menu} id="account-menu" class="menu" popover="auto">
        <p class="menu-head">Logged in as <strong><bdi>{username}</bdi></strong></p>
        <button type="button" onClick={changePassword}>Change password…</button>
        <button type="button" onClick={() => void keeper.logOut()}>Log out</button>
      </div>
      {changing && <PasswordDialog keeper={keeper} onClose={() => setChanging(false)} />}
    </>
  );
}
