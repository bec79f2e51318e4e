// The dialog that changes the password.
import { useState } from 'preact/hooks';
import { Dialog } from '../ui/dialog.tsx';
import { PasswordField } from '../ui/field.tsx';
import type { LoginKeeper } from './login.ts';
import { useSubmission } from './submission.ts';

export function PasswordDialog({ keeper, onClose }: { keeper: LoginKeeper; onClose: () => void }) {
  const [changed, setChanged] = useState(false);
  const { busy, error, submit } = useSubmission(async (data) => {
    await keeper.changePassword(String(data.get('current')), String(data.get('new')));
    setChanged(true);
  });
  return (
    <Dialog kind="card" title="Change password" onClose={onClose}>
      {changed ? (
        <>
          <p role="status">Your password has been changed. You've been logged out everywhere else.</p>
          <button type="button" class="primary wide" onClick={onClose}>Done</button>
        </>
      ) : (
        <form onSubmit={submit} aria-busy={busy}>
          {/* Password managers need the username. */}
          <input type="text" name="username" autocomplete="username" value={keeper.current.value?.username} readOnly hidden />
          <PasswordField label="Current password" name="current" autocomplete="current-password" />
          <PasswordField
            label="New password"
            name="new"
            autocomplete="new-password"
            hint="The longer, the better. A few unrelated words work well."
          />
          <p class="notice" role="alert">{error}</p>
          <button class="primary wide" aria-disabled={busy}>{busy ? 'Changing…' : 'Change password'}</button>
        </form>
      )}
    </Dialog>
  );
}
