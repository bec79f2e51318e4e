// The page of somebody who is not logged in.
import { useRef, useState } from 'preact/hooks';
import { Mark } from '../ui/icons.tsx';
import { ApiError } from './api.ts';
import type { SessionKeeper } from './session.ts';

type Wish = 'logIn' | 'register';

const words = {
  logIn: { heading: 'Welcome back', action: 'Log in', busy: 'Logging in…', other: 'register', question: 'New here?', switch: 'Create an account' },
  register: { heading: 'Create an account', action: 'Register', busy: 'Registering…', other: 'logIn', question: 'Been here before?', switch: 'Log in' },
} as const;

export function Welcome({ keeper }: { keeper: SessionKeeper }) {
  const [wish, setWish] = useState<Wish>('logIn');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const text = words[wish];
  const notice = error ?? keeper.farewell.value;

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const data = new FormData(form.current!);
    setError(undefined);
    setBusy(true);
    try {
      await keeper[wish](String(data.get('username')).trim(), String(data.get('password')));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setError(error.message);
      setBusy(false);
    }
  };
  const change = () => {
    setWish(text.other);
    setError(undefined);
  };

  return (
    <main class="welcome">
      <div class="welcome-card">
        <p class="brand"><Mark /> Natter</p>
        <h1>{text.heading}</h1>
        <form ref={form} onSubmit={submit} aria-busy={busy}>
          <label class="field">
            <span>Username</span>
            <input name="username" autocomplete="username" autocapitalize="none" spellcheck={false} minLength={2} maxLength={32} required dir="auto" />
          </label>
          <label class="field">
            <span>Password</span>
            <input
              key={wish}
              name="password"
              type="password"
              autocomplete={wish === 'register' ? 'new-password' : 'current-password'}
              minLength={wish === 'register' ? 8 : 1}
              maxLength={128}
              required
              aria-describedby={wish === 'register' ? 'password-hint' : undefined}
            />
            {wish === 'register' && <small id="password-hint">At least 8 characters. A few unrelated words do well.</small>}
          </label>
          <p class="notice" role="alert">{notice}</p>
          <button class="primary" aria-disabled={busy}>{busy ? text.busy : text.action}</button>
        </form>
        <p class="switch">
          {text.question} <button type="button" class="link" onClick={change}>{text.switch}</button>
        </p>
      </div>
    </main>
  );
}
