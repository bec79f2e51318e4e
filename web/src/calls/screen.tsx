// What there is to see of calls. It comes with the first call.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Avatar } from '../people/avatar.tsx';
import { CloseIcon } from '../ui/icons.tsx';
import './calls.css';
import { Controls } from './controls.tsx';
import type { CallDesk } from './index.tsx';
import type { CallState } from './machine.ts';

export function CallScreen({ desk }: { desk: CallDesk }) {
  const state = desk.state.value;
  return (
    <>
      <div class="call-note" role="status">
        {state.phase === 'idle' && state.note !== null && (
          <p>
            {state.note}
            <button type="button" class="quiet" aria-label="Dismiss" onClick={() => desk.dismiss()}><CloseIcon /></button>
          </p>
        )}
      </div>
      {state.phase === 'outgoing' && (
        <Frame label={`Calling ${state.peer}`}>
          <Ringing peer={state.peer} words="Calling…" />
          <div class="call-controls">
            <button type="button" class="call-end" onClick={() => desk.end()}>Cancel</button>
          </div>
        </Frame>
      )}
      {state.phase === 'incoming' && (
        <Frame label={`${state.peer} is calling`}>
          <Ringing peer={state.peer} words="is calling you" />
          {state.notice !== null && <p class="call-notice" role="alert">{state.notice}</p>}
          <div class="call-controls">
            <button type="button" class="call-end" onClick={() => desk.end()}>Decline</button>
            <button type="button" class="primary" onClick={() => desk.accept()}>Accept</button>
          </div>
        </Frame>
      )}
      {state.phase === 'active' && <ActiveCall desk={desk} state={state} />}
    </>
  );
}

/** Keeps the focus inside. Escape does not end a call by accident. */
function Frame({ label, wide, children }: { label: string; wide?: boolean; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'call call-wide' : 'call'}
      aria-label={label}
      onCancel={(event) => event.preventDefault()}
      // Chromium does not ask a second time; what the state says stays open.
      onClose={() => dialog.current?.isConnected && dialog.current.showModal()}
    >
      {children}
    </dialog>
  );
}

function Ringing({ peer, words }: { peer: string; words: string }) {
  return (
    <div class="call-ringing">
      <Avatar username={peer} />
      <h2><bdi>{peer}</bdi></h2>
      <p>{words}</p>
    </div>
  );
}

const linkWords = { connecting: 'Connecting…', connected: '', reconnecting: 'Reconnecting…' };

function ActiveCall({ desk, state }: { desk: CallDesk; state: CallState & { phase: 'active' } }) {
  const peer = desk.peer.value;
  // Read, so that it is drawn again.
  void desk.media.value;
  const remote = useRef<HTMLVideoElement>(null);
  const own = peer?.screen ? null : peer?.hasCamera ? peer.local : null;
  return (
    <Frame label={`Call with ${state.peer}`} wide>
      <Video element={remote} stream={peer?.remote ?? null} class="call-remote" label={`Video of ${state.peer}`} />
      {own !== null && <Video stream={own} class="call-own" label="Your own video" muted />}
      <div class="call-head">
        <h2><bdi>{state.peer}</bdi></h2>
        {state.since !== null && <Duration since={state.since} />}
        <p role="status">{linkWords[state.link]}</p>
        {peer !== null && !peer.hasCamera && <p>No camera could be used: you are heard, but not seen.</p>}
      </div>
      <Controls desk={desk} peer={peer} remote={remote} />
    </Frame>
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
