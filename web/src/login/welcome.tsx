// The page for logging in and registering.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Field, PasswordField } from '../ui/field.tsx';
import { Mark } from '../ui/icons.tsx';
import type { LoginKeeper } from './login.ts';
import { useSubmission } from './submission.ts';

const words = {
  logIn: {
    heading: 'Welcome back',
    action: 'Log in',
    busy: 'Logging in…',
    question: 'New here?',
    other: 'register',
    otherAction: 'Create an account',
  },
  register: {
    heading: 'Create an account',
    action: 'Register',
    busy: 'Registering…',
    question: 'Already have an account?',
    other: 'logIn',
    otherAction: 'Log in',
  },
} as const;

const farewells = {
  here: undefined,
  elsewhere: 'You were logged out in another tab.',
  refused: "You've been logged out. Please log in again.",
};

export function Welcome({ keeper }: { keeper: LoginKeeper }) {
  const [mode, setMode] = useState<'logIn' | 'register'>('logIn');
  const text = words[mode];
  const isNew = mode === 'register';
  const { busy, error, submit, clear } = useSubmission((data) => (
    keeper[mode](String(data.get('username')).trim(), String(data.get('password')))
  ));
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector('input')?.focus(), [mode]);
  const change = () => {
    setMode(text.other);
    clear();
  };

  return (
    <main class="welcome">
      <div class="welcome-card">
        <p class="brand"><Mark /> Natter</p>
        <h1>{text.heading}</h1>
        <form ref={form} onSubmit={submit} aria-busy={busy}>
          <Field label="Username" name="username" autocomplete="username" />
          <PasswordField
            key={mode}
            label="Password"
            name="password"
            autocomplete={isNew ? 'new-password' : 'current-password'}
            hint={isNew ? 'The longer, the better. A few unrelated words work well.' : undefined}
          />
          <p class="notice" role="alert">{error ?? (keeper.ending.value && farewells[keeper.ending.value])}</p>
          <button class="primary wide" aria-disabled={busy}>{busy ? text.busy : text.action}</button>
        </form>
        <p class="switch">{text.question} <button type="button" class="link" onClick={change}>{text.otherAction}</button></p>
      </div>
    </main>
  );
}
