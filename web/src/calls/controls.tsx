// The buttons of a call, and the choice of devices.
import { useEffect, useState } from 'preact/hooks';
import type { CallDesk } from './index.tsx';
import { wordsForDevices } from './machine.ts';
import type { Peer } from './peer.ts';

interface Properties {
  desk: CallDesk;
  peer: Peer | null;
  remote: { current: HTMLVideoElement | null };
}

export function Controls({ desk, peer, remote }: Properties) {
  const [muted, setMuted] = useState(false);
  const [cameraOff, setCameraOff] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const toggle = (kind: 'audio' | 'video', off: boolean) => {
    peer?.setEnabled(kind, !off);
    (kind === 'audio' ? setMuted : setCameraOff)(off);
  };
  // Whoever closes the browser's choice of screens has simply changed their mind.
  const share = () => void (peer?.screen ? peer.stopScreen() : peer?.startScreen())?.catch(() => undefined);
  return (
    <div class="call-foot">
      {choosing && peer !== null && <Devices peer={peer} remote={remote} />}
      <div class="call-controls">
        <button type="button" class="call-toggle" aria-pressed={muted} onClick={() => toggle('audio', !muted)}>Mute</button>
        {peer?.hasCamera && (
          <button type="button" class="call-toggle" aria-pressed={cameraOff} onClick={() => toggle('video', !cameraOff)}>
            Camera off
          </button>
        )}
        {'getDisplayMedia' in (navigator.mediaDevices ?? {}) && (
          <button type="button" class="call-toggle" aria-pressed={Boolean(peer?.screen)} onClick={share}>Share screen</button>
        )}
        <button type="button" class="call-toggle" aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>Devices</button>
        <button type="button" class="call-end" onClick={() => desk.end()}>Hang up</button>
      </div>
    </div>
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
