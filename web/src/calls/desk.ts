// Calls without their view: receives the server's events, and carries out the decisions of the state machine.
import { type ReadonlySignal, computed, effect, signal } from '@preact/signals';
import type { Answer, CallEndReason } from '../../../api/events.ts';
import type { ClientSocket } from '../connection.ts';
import { type CallInput, type CallState, idle, step, wordsForDevices, wordsForRefusal } from './machine.ts';
import type { Peer } from './peer.ts';

/** The parts of the client that calls need. */
export interface CallContext {
  /** The socket, before it connects. */
  socket: ClientSocket;
  /** The users online, including this one. */
  online: ReadonlySignal<readonly string[]>;
  /** Whether the socket is connected. */
  connected: ReadonlySignal<boolean>;
  /** Sends a request as this user. The path begins with a slash. */
  fetchAsUser: (path: string, init?: RequestInit) => Promise<Response>;
}

/** The number of ICE restarts after which a failed call ends. */
const restartLimit = 3;
/** How long a call may lack a connection to the other side, in milliseconds. */
const linkLimitMs = 30_000;

/** The connection states without media. */
const lost = new Set<RTCPeerConnectionState>(['disconnected', 'failed', 'closed']);

/** The calls of one login. The code for media is loaded with the first call. */
export class CallDesk {
  readonly state = signal<CallState>(idle);
  readonly peer = signal<Peer | null>(null);
  /** Rises whenever a video changes. */
  readonly media = signal(0);
  /** Whether the caller of an incoming call lost their connection. The server waits a few seconds for it to return. */
  readonly callerIsGone = signal(false);
  /** Whether a call can begin now. */
  readonly canCall: ReadonlySignal<boolean>;
  /** The user whose call rings and can be answered now; null if there is none. */
  readonly ringing: ReadonlySignal<string | null>;
  #context: CallContext;
  /** The queue of signals, which are handled one at a time. */
  #queue: Promise<void> = Promise.resolve();
  /** The candidates that arrived before the peer was created. */
  #early: (RTCIceCandidateInit | null)[] = [];
  /** Rises with every call, so that work for an earlier one can tell that it is stale. */
  #attempt = 0;
  #restarts = 0;
  #linkTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the caller has been online since the call began to ring. */
  #callerWasOnline = false;
  #stopWatching: () => void;

  constructor(context: CallContext) {
    this.#context = context;
    this.canCall = computed(() => context.connected.value && this.state.value.phase === 'idle');
    this.ringing = computed(() => {
      const state = this.state.value;
      return state.phase === 'incoming' && context.connected.value && !this.callerIsGone.value ? state.peer : null;
    });
    this.#stopWatching = effect(() => {
      const state = this.state.value;
      const isOnline = state.phase === 'incoming' && context.online.value.includes(state.peer);
      // A list of users from before the call may lack the caller.
      this.#callerWasOnline = state.phase === 'incoming' && (this.#callerWasOnline || isOnline);
      this.callerIsGone.value = this.#callerWasOnline && !isOnline;
    });
    const { socket } = context;
    socket.on('connect', () => {
      // The server has no call for a connection that was not recovered.
      if (!socket.recovered && this.state.value.phase !== 'idle') this.#ended('disconnected');
    });
    socket.on('incoming_call', ({ from, offer }) => this.#rang(from, offer as RTCSessionDescriptionInit));
    socket.on('call_answered', ({ from, answer }) => {
      this.#apply({ type: 'answered', peer: from });
      this.#withPeer(from, (peer) => peer.accept(answer as RTCSessionDescriptionInit));
    });
    socket.on('ice_candidate', ({ from, candidate }) => {
      if (this.#partner() !== from) return;
      if (this.peer.value === null) this.#early.push(candidate as RTCIceCandidateInit | null);
      else this.#withPeer(from, (peer) => peer.add(candidate as RTCIceCandidateInit | null));
    });
    socket.on('call_ended', ({ from, reason }: { from: string; reason: string }) => {
      // The acknowledgement of `call_user` carries the reason.
      if (reason === 'refused' && this.state.value.phase === 'outgoing') return;
      this.#apply({ type: 'ended', peer: from, reason: reason as CallEndReason });
    });
  }

  /** Calls a user. */
  call(username: string) {
    if (!this.canCall.value) return;
    this.#apply({ type: 'dialled', peer: username });
    void this.#dial(username, ++this.#attempt);
  }

  accept() {
    const state = this.state.value;
    if (state.phase !== 'incoming') return;
    this.#apply({ type: 'accepted' });
    void this.#answer(state.peer, state.offer, ++this.#attempt);
  }

  /** Hangs up, cancels or declines. */
  end() {
    const partner = this.#partner();
    if (partner === null) return;
    this.#context.socket.emit('end_call', { to: partner });
    this.#apply({ type: 'over', note: null });
  }

  dismiss() {
    this.#apply({ type: 'dismissed' });
  }

  /** Hangs up because the page goes away. A call that only rings goes on ringing elsewhere. */
  leave() {
    if (this.state.value.phase !== 'incoming') this.end();
  }

  /** Ends the call, and listens no longer. */
  close() {
    this.end();
    this.#stopWatching();
  }

  async #dial(to: string, attempt: number) {
    const peer = await this.#open(to, attempt, (notice) => this.#apply({ type: 'over', note: notice }));
    if (peer === null) return;
    try {
      const offer = await peer.offer();
      if (attempt !== this.#attempt) return;
      this.#context.socket.emit('call_user', { to, offer }, (answer) => this.#refused(answer, to, attempt));
    } catch {
      if (attempt === this.#attempt) this.#fail();
    }
  }

  async #answer(to: string, offer: RTCSessionDescriptionInit, attempt: number) {
    const peer = await this.#open(to, attempt, (notice) => this.#apply({ type: 'acceptFailed', peer: to, offer, notice }));
    if (peer === null) return;
    try {
      const answer = await peer.answer(offer);
      for (const candidate of this.#early.splice(0)) await peer.add(candidate);
      if (attempt !== this.#attempt) return;
      this.#context.socket.emit('call_answer', { to, answer }, (reply) => this.#refused(reply, to, attempt));
    } catch {
      if (attempt === this.#attempt) this.#fail();
    }
  }

  /** Creates a peer with camera and microphone. Resolves to null if they are unavailable or the call has ended meanwhile. */
  async #open(to: string, attempt: number, onRefused: (notice: string) => void): Promise<Peer | null> {
    try {
      const { Peer, capture } = await import('./peer.ts');
      const [local, iceServers] = await Promise.all([capture(), this.#iceServers()]);
      if (attempt !== this.#attempt) {
        for (const track of local.getTracks()) track.stop();
        return null;
      }
      this.peer.value = new Peer(local, iceServers, {
        onCandidate: (candidate) => {
          if (attempt === this.#attempt) this.#context.socket.emit('ice_candidate', { to, candidate });
        },
        onState: (state) => void this.#linked(state, to),
        onMedia: () => void this.media.value++,
      });
      this.#watchLink();
      return this.peer.value;
    } catch (error) {
      if (attempt === this.#attempt) onRefused(wordsForDevices(error instanceof DOMException ? error.name : ''));
      return null;
    }
  }

  async #linked(state: RTCPeerConnectionState, to: string) {
    if (state === 'connected') this.#restarts = 0;
    const link = state === 'connected' ? 'connected' : lost.has(state) ? 'reconnecting' : null;
    if (link !== null) this.#apply({ type: 'linked', link, now: Date.now() });
    const call = this.state.value;
    // Only the caller restarts, so that two offers never cross.
    if (state !== 'failed' || call.phase !== 'active' || !call.isCaller) return;
    if (++this.#restarts > restartLimit) return this.#fail();
    const iceServers = await this.#iceServers();
    this.#withPeer(to, async (peer) => {
      const offer = await peer.restart(iceServers);
      this.#context.socket.emit('call_user', { to, offer });
    });
  }

  #rang(from: string, offer: RTCSessionDescriptionInit) {
    const state = this.state.value;
    if (state.phase === 'active' && state.peer === from) {
      this.#withPeer(from, async (peer) => {
        const answer = await peer.answer(offer);
        this.#context.socket.emit('call_answer', { to: from, answer });
      });
    } else {
      this.#apply({ type: 'rang', peer: from, offer });
    }
  }

  /** Loads the ICE servers. Without them, calls still connect within one network. */
  async #iceServers(): Promise<RTCIceServer[]> {
    try {
      const response = await this.#context.fetchAsUser('/api/ice-servers');
      const { iceServers } = await response.json();
      return response.ok && Array.isArray(iceServers) ? iceServers : [];
    } catch {
      return [];
    }
  }

  #refused(answer: Answer, to: string, attempt: number) {
    if (answer.ok || attempt !== this.#attempt || this.#partner() !== to) return;
    this.#apply({ type: 'over', note: wordsForRefusal(answer.code, answer.error, to) });
  }

  #fail() {
    const state = this.state.value;
    const wasConnected = state.phase === 'active' && state.since !== null;
    this.end();
    const note = wasConnected ? 'The call ended because the connection was lost.' : "The call couldn't be connected.";
    this.#apply({ type: 'over', note });
  }

  /** Limits the time without a connection. It starts with the peer, so that users may take their time to allow the camera. */
  #watchLink() {
    const state = this.state.value;
    if (state.phase !== 'active' || state.link === 'connected' || this.peer.value === null) {
      clearTimeout(this.#linkTimer);
      this.#linkTimer = undefined;
    } else {
      this.#linkTimer ??= setTimeout(() => this.#fail(), linkLimitMs);
    }
  }

  #ended(reason: 'disconnected') {
    const peer = this.#partner();
    if (peer !== null) this.#apply({ type: 'ended', peer, reason });
  }

  #withPeer(from: string, use: (peer: Peer) => Promise<void>) {
    const attempt = this.#attempt;
    this.#queue = this.#queue.then(async () => {
      const peer = this.peer.value;
      if (attempt !== this.#attempt || peer === null || this.#partner() !== from) return;
      try {
        await use(peer);
      } catch (error) {
        console.warn('Could not apply a call signal.', error);
      }
    });
  }

  #partner() {
    const state = this.state.value;
    return state.phase === 'idle' ? null : state.peer;
  }

  #apply(input: CallInput) {
    const before = this.state.value;
    const next = step(before, input);
    this.state.value = next;
    if (next.phase === 'idle' && before.phase !== 'idle') this.#attempt++;
    if (next.phase === 'idle' || next.phase === 'incoming') {
      this.peer.value?.close();
      this.peer.value = null;
    }
    if (next.phase === 'idle') {
      this.#early = [];
      this.#restarts = 0;
    }
    this.#watchLink();
  }
}
