// The media of one call: the connection to the other browser, and the captured tracks.

export interface PeerEvents {
  onCandidate(candidate: RTCIceCandidateInit | null): void;
  onState(state: RTCPeerConnectionState): void;
  /** Called when one of the two videos starts, stops or is replaced. */
  onMedia(): void;
}

/** The media of one call. `close` stops every camera and microphone that it started, or is still starting. */
export class Peer {
  readonly remote = new MediaStream();
  readonly local: MediaStream;
  screen: MediaStreamTrack | null = null;
  #connection: RTCPeerConnection;
  #early: RTCIceCandidateInit[] = [];
  #events: PeerEvents;
  #audio: RTCRtpSender | null = null;
  #video: RTCRtpSender | null = null;

  constructor(local: MediaStream, iceServers: RTCIceServer[], events: PeerEvents) {
    this.local = local;
    this.#events = events;
    this.#connection = new RTCPeerConnection({ iceServers });
    this.#connection.onicecandidate = ({ candidate }) => events.onCandidate(candidate?.toJSON() ?? null);
    this.#connection.onconnectionstatechange = () => {
      events.onState(this.#connection.connectionState);
      this.#watchTransport();
    };
    this.#connection.ontrack = ({ track }) => {
      this.remote.addTrack(track);
      track.onmute = track.onunmute = () => events.onMedia();
      events.onMedia();
    };
  }

  get hasCamera() { return this.local.getVideoTracks().length > 0; }
  /** Whether the other side's video arrives. It does not before the first frame, nor without a camera there. */
  get showsRemote() { return this.remote.getVideoTracks().some(({ muted }) => !muted); }
  get isClosed() { return this.#connection.signalingState === 'closed'; }

  /** Creates an offer of both kinds of media, so that a camera or screen can be added later without another one. */
  async offer(): Promise<RTCSessionDescriptionInit> {
    this.#audio = this.#connection.addTransceiver('audio').sender;
    this.#video = this.#connection.addTransceiver('video').sender;
    await this.#send();
    await this.#connection.setLocalDescription();
    return this.#connection.localDescription!.toJSON();
  }

  /** Creates an offer that restarts ICE after the connection has failed. */
  async restart(iceServers: RTCIceServer[]): Promise<RTCSessionDescriptionInit> {
    this.#connection.setConfiguration({ iceServers });
    this.#connection.restartIce();
    await this.#connection.setLocalDescription();
    return this.#connection.localDescription!.toJSON();
  }

  /** Answers an offer, whether the first or a later one. */
  async answer(offer: RTCSessionDescriptionInit): Promise<RTCSessionDescriptionInit> {
    await this.#connection.setRemoteDescription(offer);
    for (const transceiver of this.#connection.getTransceivers()) {
      transceiver.direction = 'sendrecv';
      if (transceiver.receiver.track.kind === 'audio') this.#audio = transceiver.sender;
      else this.#video = transceiver.sender;
    }
    await this.#send();
    await this.#connection.setLocalDescription();
    await this.#addEarly();
    return this.#connection.localDescription!.toJSON();
  }

  async accept(answer: RTCSessionDescriptionInit) {
    await this.#connection.setRemoteDescription(answer);
    await this.#addEarly();
  }

  async add(candidate: RTCIceCandidateInit | null) {
    if (candidate === null) return;
    if (this.#connection.remoteDescription === null) this.#early.push(candidate);
    else await this.#connection.addIceCandidate(candidate);
  }

  setEnabled(kind: 'audio' | 'video', enabled: boolean) {
    const tracks = kind === 'audio' ? this.local.getAudioTracks() : this.local.getVideoTracks();
    for (const track of tracks) track.enabled = enabled;
  }

  /** Sends a screen instead of the camera, until `stopScreen` or the browser's own button ends it. */
  async startScreen() {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true });
    const track = stream.getVideoTracks()[0];
    if (track === undefined) return;
    if (this.isClosed) return track.stop();
    this.screen = track;
    track.onended = () => void this.stopScreen();
    await this.#send();
    this.#events.onMedia();
  }

  async stopScreen() {
    this.screen?.stop();
    this.screen = null;
    if (!this.isClosed) await this.#send();
    this.#events.onMedia();
  }

  /** Switches to another camera or microphone, and keeps it muted if the current one is. */
  async use(kind: 'audio' | 'video', deviceId: string) {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: { deviceId: { exact: deviceId } } });
    const track = stream.getTracks()[0];
    if (track === undefined) return;
    if (this.isClosed) return track.stop();
    for (const former of this.local.getTracks().filter((one) => one.kind === kind)) {
      track.enabled = former.enabled;
      former.stop();
      this.local.removeTrack(former);
    }
    this.local.addTrack(track);
    await this.#send();
    this.#events.onMedia();
  }

  close() {
    this.#connection.onconnectionstatechange = null;
    this.#connection.onicecandidate = null;
    this.#connection.close();
    this.screen?.stop();
    for (const track of this.local.getTracks()) track.stop();
  }

  /** Watches the transport, which a reloaded page closes seconds before the connection is considered lost. */
  #watchTransport() {
    const transport = this.#connection.getReceivers()[0]?.transport;
    if (transport) transport.onstatechange = () => transport.state === 'closed' && this.#events.onState('closed');
  }

  async #send() {
    await this.#audio?.replaceTrack(this.local.getAudioTracks()[0] ?? null);
    await this.#video?.replaceTrack(this.screen ?? this.local.getVideoTracks()[0] ?? null);
  }

  async #addEarly() {
    for (const candidate of this.#early.splice(0)) await this.#connection.addIceCandidate(candidate);
  }
}

/** Captures camera and microphone, or the microphone alone if no camera is usable. Rejects with the browser's error. */
export async function capture(): Promise<MediaStream> {
  // Browsers hide the devices from insecure pages.
  if (navigator.mediaDevices === undefined) throw new DOMException('not a secure context', 'NotSupportedError');
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError') throw error;
    return navigator.mediaDevices.getUserMedia({ audio: true });
  }
}
