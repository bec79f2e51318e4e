// The part of calls that every visit loads. The rest comes with the first call.
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { byFinger } from '../ui/media.ts';
import type { CallDesk } from './desk.ts';

/** The view of calls; undefined until the first call loads it. */
const screen = signal<FunctionComponent<{ desk: CallDesk }> | undefined>(undefined);

/**
 * The view of calls: ringing, the call itself, and its outcome. It never takes the focus from the message box. An incoming call is
 * announced, and F6 moves to it.
 */
export function CallLayer({ desk }: { desk: CallDesk }) {
  const { phase } = desk.state.value;
  useEffect(() => {
    if (phase !== 'idle') void import('./screen.tsx').then(({ CallScreen }) => (screen.value = CallScreen));
  }, [phase]);
  const Screen = screen.value;
  const caller = Screen ? desk.ringing.value : null;
  const hint = matchMedia(byFinger).matches ? '' : ' Press F6 to answer or decline.';
  return (
    <>
      <p class="unseen" role="alert">{caller !== null && `${caller} is calling.${hint}`}</p>
      {Screen && <Screen desk={desk} />}
    </>
  );
}
