// The view of calls, loaded with the first one: a strip above the conversation while ringing, and a panel during the call. Neither
// covers the message box.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../people/avatar.tsx';
import { CloseIcon } from '../ui/icons.tsx';
import { byFinger } from '../ui/media.ts';
import './calls.css';
import { Controls } from './controls.tsx';
import type { CallDesk } from './desk.ts';
import type { CallState } from './machine.ts';

export function CallScreen({ desk }: { desk: CallDesk }) {
  const state = desk.state.value;
  const area = useRef<HTMLDivElement>(null);
  useFocus(area, state.phase);
  return (
    <div class="call-area" ref={area}>
      <div class="call-note" role="status">
        {state.phase === 'idle' && state.note !== null && (
          <p>
            <span>{state.note}</span>
            <button type="button" class="quiet" aria-label="Dismiss" onClick={() => desk.dismiss()}><CloseIcon /></button>
          </p>
        )}
      </div>
      {state.phase === 'outgoing' && (
        <Strip label={`Calling ${state.peer}`} peer={state.peer} words="Calling…">
          <button type="button" class="call-button call-end" onClick={() => desk.end()}>Cancel</button>
        </Strip>
      )}
      {state.phase === 'incoming' && (
        <Strip
          label={`${state.peer} is calling`}
          peer={state.peer}
          words={desk.callerIsGone.value ? 'lost connection. Waiting…' : 'is calling you'}
          notice={state.notice}
        >
          <button type="button" class="call-button call-end" onClick={() => desk.end()}>Decline</button>
          <button type="button" class="call-button primary" data-first onClick={() => desk.accept()}>Accept</button>
        </Strip>
      )}
      {state.phase === 'active' && <ActiveCall desk={desk} state={state} />}
    </div>
  );
}

const composer = () => document.getElementById('composer');

/**
 * Leaves the focus alone, unless it would be lost with a button that disappears. F6 moves between the conversation and the call.
 */
function useFocus(area: { current: HTMLElement | null }, phase: CallState['phase']) {
  const hadFocus = area.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (!isLost) return;
    if (phase === 'outgoing' || phase === 'active') area.current?.querySelector<HTMLElement>('.call')?.focus();
    // On a touch screen, focusing the message box would open the keyboard.
    else if (phase === 'idle' && hadFocus && !matchMedia(byFinger).matches) composer()?.focus();
  }, [phase]);
  // A layout effect, because the key may be pressed before the browser paints.
  useLayoutEffect(() => {
    if (phase === 'idle') return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'F6' || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const call = area.current?.querySelector<HTMLElement>('.call');
      const isInside = call?.contains(document.activeElement);
      const target = isInside ? composer() : call?.querySelector<HTMLElement>('[data-first]') ?? call?.querySelector('button');
      target?.focus();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [phase]);
}

interface StripProperties {
  label: string;
  peer: string;
  words: string;
  notice?: string | null;
  children: ComponentChildren;
}

function Strip({ label, peer, words, notice, children }: StripProperties) {
  return (
    <section class="call call-strip" role="dialog" aria-label={label} aria-keyshortcuts="F6" tabIndex={-1}>
      <Avatar username={peer} />
      <div class="call-words">
        <h2 title={peer}><bdi>{peer}</bdi></h2>
        <p role="status">{words}</p>
      </div>
      <div class="call-buttons">{children}</div>
      {notice && <p class="call-notice" role="alert">{notice}</p>}
    </section>
  );
}

const linkWords = { connecting: 'Connecting…', connected: '', reconnecting: 'Reconnecting…' };

function ActiveCall({ desk, state }: { desk: CallDesk; state: CallState & { phase: 'active' } }) {
  const peer = desk.peer.value;
  // Reading the signal subscribes this component to it.
  void desk.media.value;
  const [isSmall, setSmall] = useState(false);
  const panel = useRef<HTMLElement>(null);
  const remote = useRef<HTMLVideoElement>(null);
  const own = peer?.screen ? null : peer?.hasCamera ? peer.local : null;
  const isLive = state.link === 'connected' && peer?.showsRemote === true;
  return (
    <section
      ref={panel}
      class={isSmall ? 'call call-panel call-small' : 'call call-panel'}
      role="dialog"
      aria-label={`Call with ${state.peer}`}
      aria-keyshortcuts="F6"
      tabIndex={-1}
    >
      <div class="call-stage">
        <Video element={remote} stream={peer?.remote ?? null} class="call-remote" label={`Video of ${state.peer}`} />
        {/* The element would keep showing the last frame. */}
        {!isLive && <div class="call-cover"><Avatar username={state.peer} /></div>}
        {own !== null && <Video stream={own} class="call-own" label="Your own video" muted />}
      </div>
      <div class="call-head">
        <h2 title={state.peer}><bdi>{state.peer}</bdi></h2>
        {state.since !== null && <Duration since={state.since} />}
        <p role="status">{linkWords[state.link]}</p>
        {peer !== null && !peer.hasCamera && <p class="call-unseen">No camera: {state.peer} can hear you, but can't see you.</p>}
      </div>
      <Controls desk={desk} peer={peer} remote={remote} panel={panel} isSmall={isSmall} onResize={setSmall} />
    </section>
  );
}

interface VideoProperties {
  stream: MediaStream | null;
  class: string;
  label: string;
  muted?: boolean;
  element?: { current: HTMLVideoElement | null };
}

function Video({ stream, label, muted = false, element, ...rest }: VideoProperties) {
  const own = useRef<HTMLVideoElement>(null);
  const video = element ?? own;
  useEffect(() => {
    video.current!.srcObject = stream;
  }, [stream]);
  return <video ref={video} class={rest.class} aria-label={label} autoplay playsInline muted={muted} />;
}

function Duration({ since }: { since: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.floor((now - since) / 1_000));
  return <p class="number" role="timer">{Math.floor(seconds / 60)}:{String(seconds % 60).padStart(2, '0')}</p>;
}
