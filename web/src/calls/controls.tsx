// The buttons of a call, and the device settings.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Dialog } from '../ui/dialog.tsx';
import {
  CameraIcon, DevicesIcon, EnlargeIcon, HangUpIcon, MicrophoneIcon, ReduceIcon, ScreenIcon, WindowIcon,
} from '../ui/icons.tsx';
import type { CallDesk } from './desk.ts';
import { wordsForDevices } from './machine.ts';
import type { Peer } from './peer.ts';

interface Properties {
  desk: CallDesk;
  peer: Peer | null;
  remote: { current: HTMLVideoElement | null };
  panel: { current: HTMLElement | null };
  isSmall: boolean;
  onResize: (isSmall: boolean) => void;
}

export function Controls({ desk, peer, remote, panel, isSmall, onResize }: Properties) {
  const [muted, setMuted] = useState(false);
  const [cameraOff, setCameraOff] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const toggle = (kind: 'audio' | 'video', off: boolean) => {
    peer?.setEnabled(kind, !off);
    (kind === 'audio' ? setMuted : setCameraOff)(off);
  };
  // A user who closes the browser's screen picker has not caused an error.
  const share = () => void (peer?.screen ? peer.stopScreen() : peer?.startScreen())?.catch(() => undefined);
  const fill = () => void (document.fullscreenElement ? document.exitFullscreen() : panel.current?.requestFullscreen())?.catch(() => undefined);
  const resize = (isSmall: boolean) => {
    if (document.fullscreenElement) void document.exitFullscreen();
    onResize(isSmall);
  };
  return (
    <div class="call-controls">
      <Toggle label="Mute" on={muted} onClick={() => toggle('audio', !muted)}><MicrophoneIcon /></Toggle>
      {peer?.hasCamera && (
        <Toggle label="Camera off" on={cameraOff} onClick={() => toggle('video', !cameraOff)}><CameraIcon /></Toggle>
      )}
      {!isSmall && 'getDisplayMedia' in (navigator.mediaDevices ?? {}) && (
        <Toggle label="Share screen" on={Boolean(peer?.screen)} onClick={share}><ScreenIcon /></Toggle>
      )}
      {!isSmall && peer !== null && <Toggle label="Devices" onClick={() => setChoosing(true)}><DevicesIcon /></Toggle>}
      {!isSmall && document.fullscreenEnabled && <Toggle label="Full screen" onClick={fill}><EnlargeIcon /></Toggle>}
      {isSmall
        ? <Toggle label="Show call" onClick={() => resize(false)}><WindowIcon /></Toggle>
        : <Toggle label="Minimise" onClick={() => resize(true)}><ReduceIcon /></Toggle>}
      <button type="button" class="call-toggle call-end" title="Hang up" onClick={() => desk.end()}>
        <HangUpIcon /><span class="unseen">Hang up</span>
      </button>
      {choosing && peer !== null && (
        <Dialog kind="card" title="Devices" onClose={() => setChoosing(false)}><Devices peer={peer} remote={remote} /></Dialog>
      )}
    </div>
  );
}

/** A round button; a toggle if `on` is given. */
function Toggle({ label, on, onClick, children }: { label: string; on?: boolean; onClick: () => void; children: ComponentChildren }) {
  return (
    <button type="button" class="call-toggle" title={label} aria-pressed={on} onClick={onClick}>
      {children}<span class="unseen">{label}</span>
    </button>
  );
}

const kinds = [
  ['videoinput', 'Camera'],
  ['audioinput', 'Microphone'],
  ['audiooutput', 'Speakers'],
] as const;

function Devices({ peer, remote }: { peer: Peer; remote: Properties['remote'] }) {
  const [devices, setDevices] = useState<MediaDeviceInfo[]>([]);
  const [notice, setNotice] = useState('');
  useEffect(() => {
    const list = () => void navigator.mediaDevices.enumerateDevices().then(setDevices);
    list();
    navigator.mediaDevices.addEventListener('devicechange', list);
    return () => navigator.mediaDevices.removeEventListener('devicechange', list);
  }, []);
  const choose = async (kind: MediaDeviceKind, id: string) => {
    try {
      setNotice('');
      if (kind === 'audiooutput') await remote.current?.setSinkId(id);
      else await peer.use(kind === 'audioinput' ? 'audio' : 'video', id);
    } catch (error) {
      setNotice(wordsForDevices(error instanceof DOMException ? error.name : ''));
    }
  };
  const current = (kind: MediaDeviceKind) =>
    kind === 'audiooutput'
      ? remote.current?.sinkId || 'default'
      : peer.local.getTracks().find((track) => `${track.kind}input` === kind)?.getSettings().deviceId;
  const shown = kinds.filter(([kind]) => kind !== 'audiooutput' || 'setSinkId' in HTMLMediaElement.prototype);
  return (
    <div class="call-devices">
      {shown.map(([kind, label]) => (
        <label key={kind}>
          {label}
          <select value={current(kind)} onChange={(event) => void choose(kind, event.currentTarget.value)}>
            {devices.filter((device) => device.kind === kind).map((device, index) => (
              <option key={device.deviceId} value={device.deviceId}>{device.label || `${label} ${index + 1}`}</option>
            ))}
          </select>
        </label>
      ))}
      <p role="alert">{notice}</p>
    </div>
  );
}
