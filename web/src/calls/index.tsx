// Calls. The room makes one `Calls` for a login before its socket connects, so that nothing is missed, shows `CallLayer` beside the
// conversation, offers a button for each person online while `canCall` is true, and closes it when the login ends.
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { byFinger } from '../ui/media.ts';
import { type CallContext, CallDesk, type Calls } from './desk.ts';

export type { Calls } from './desk.ts';

/** Begins to listen for calls. */
export function createCalls(context: CallContext): Calls {
  return new CallDesk(context);
}

/** Shows calls; undefined until it is loaded, which happens with the first call. */
const screen = signal<FunctionComponent<{ desk: CallDesk }> | undefined>(undefined);

/**
 * Everything there is to see of calls: ringing, the call itself, and what became of it. Nothing of it takes the focus away from
 * where somebody writes: what rings is announced, and F6 leads there.
 */
export function CallLayer({ calls }: { calls: Calls }) {
  const desk = calls as CallDesk;
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
