// The menu of the user's account: ringing, notifications, password, logging out.
import { useRef, useState } from 'preact/hooks';
import type { Ring } from '../calls/ring.ts';
import { Avatar } from '../people/avatar.tsx';
import type { LoginKeeper } from '../login/login.ts';
import { PasswordDialog } from '../login/password-dialog.tsx';

export function AccountMenu({ keeper, username, ring }: { keeper: LoginKeeper; username: string; ring: Ring }) {
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
        <Switch label="Ring for calls" on={ring.sounds.value} onChange={(on) => ring.setSounds(on)} />
        {ring.notifies && (
          <Switch label="Notify me of calls" on={ring.notifies.value} onChange={(on) => void ring.setNotifies(on)} />
        )}
        {ring.isBlocked.value && <p class="menu-note" role="alert">Your browser is blocking notifications. Allow them for this page in its settings.</p>}
        <button type="button" onClick={changePassword}>Change password…</button>
        <button type="button" onClick={() => void keeper.logOut()}>Log out</button>
      </div>
      {changing && <PasswordDialog keeper={keeper} onClose={() => setChanging(false)} />}
    </>
  );
}

function Switch({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <button type="button" class="menu-switch" role="switch" aria-checked={on} onClick={() => onChange(!on)}>
      {label}<span class="knob" aria-hidden="true" />
    </button>
  );
}
