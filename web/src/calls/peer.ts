// The media of one call: a connection to the other browser, and what is captured here.

export interface PeerEvents {
  onCandidate(candidate: RTCIceCandidateInit | null): void;
  onState(state: RTCPeerConnectionState): void;
  /** One of the two videos has begun, stopped or become another one. */
  onMedia(): void;
}

/** Ends with `close`, which stops every camera and microphone it has started, also one that is still being started. */
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
  /** Whether pictures of the other side arrive: none do before the first, nor without a camera over there. */
  get showsRemote() { return this.remote.getVideoTracks().some(({ muted }) => !muted); }
  get isClosed() { return this.#connection.signalingState === 'closed'; }

  /** An offer of both kinds of media, so that a camera or a screen can come later without another one. */
  async offer(): Promise<RTCSessionDescriptionInit> {
    this.#audio = this.#connection.addTransceiver('audio').sender;
    this.#video = this.#connection.addTransceiver('video').sender;
    await this.#send();
    await this.#connection.setLocalDescription();
    return this.#connection.localDescription!.toJSON();
  }

  /** An offer that looks for another way to the other side, after the present one has failed. */
  async restart(iceServers: RTCIceServer[]): Promise<RTCSessionDescriptionInit> {
    this.#connection.setConfiguration({ iceServers });
    this.#connection.restartIce();
    await this.#connection.setLocalDescription();
    return this.#connection.localDescription!.toJSON();
  }

  /** The answer to an offer, the first one or a later one. */
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

  /** Shows a screen in the place of the camera, until `stopScreen` or the browser's own button. */
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

  /** Takes another camera or microphone, muted as the present one is. */
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

  /** A page that is reloaded closes its transport, seconds before the connection notices that nothing arrives any more. */
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

/** Camera and microphone; the microphone alone where there is no camera that can be used. Rejects with the browser's error. */
export async function capture(): Promise<MediaStream> {
  // Browsers hide the devices from pages that are not loaded securely.
  if (navigator.mediaDevices === undefined) throw new DOMException('not a secure context', 'NotSupportedError');
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotAllowedError') throw error;
    return navigator.mediaDevices.getUserMedia({ audio: true });
  }
}
