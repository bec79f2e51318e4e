// Calls. The room makes one `Calls` for a login before its socket connects, so that nothing is missed, shows `CallLayer` above
// everything else, offers a button for each person online while `canCall` is true, and closes it when the login ends.
import { type ReadonlySignal, computed, signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import type { Answer } from '../../../api/events.ts';
import type { ClientSocket } from '../chat/connection.ts';
import { type CallInput, type CallState, idle, step, wordsForDevices, wordsForRefusal } from './machine.ts';
import type { Peer } from './peer.ts';

/** What calls need of the rest. */
export interface CallContext {
  /** Not yet connected; every event is typed. */
  socket: ClientSocket;
  /** One's own name. */
  username: string;
  /** Who is online, oneself included, as the server says. */
  online: ReadonlySignal<readonly string[]>;
  /** Whether the socket is connected. */
  connected: ReadonlySignal<boolean>;
  /** A request as this user, such as `GET /api/ice-servers`; the path begins with a slash. */
  fetchAsUser: (path: string, init?: RequestInit) => Promise<Response>;
}

/** The calls of one login. */
export interface Calls {
  /** Whether a call can be begun now. */
  canCall: ReadonlySignal<boolean>;
  /** Calls somebody. */
  call(username: string): void;
  /** Ends what there is. */
  close(): void;
}

/** Begins to listen for calls. */
export function createCalls(context: CallContext): Calls {
  return new CallDesk(context);
}

/** Everything there is to see of calls: ringing, the call itself, and what became of it. */
export function CallLayer({ calls }: { calls: Calls }) {
  const desk = calls as CallDesk;
  const Screen = desk.screen.value;
  return Screen && <Screen desk={desk} />;
}

/** How often a call that has failed looks for another way before it is given up. */
const restartLimit = 3;

/** Carries out what the state machine says. What browsers do comes with the first call. */
export class CallDesk implements Calls {
  readonly state = signal<CallState>(idle);
  readonly screen = signal<FunctionComponent<{ desk: CallDesk }> | null>(null);
  readonly peer = signal<Peer | null>(null);
  /** Counts what changes of the media. */
  readonly media = signal(0);
  readonly canCall: ReadonlySignal<boolean>;
  #context: CallContext;
  /** Signals are handled one after the other. */
  #queue: Promise<void> = Promise.resolve();
  /** Candidates that came before there was a peer. */
  #early: (RTCIceCandidateInit | null)[] = [];
  /** Rises with every call, so that what was begun for another one notices. */
  #attempt = 0;
  #restarts = 0;

  constructor(context: CallContext) {
    this.#context = context;
    this.canCall = computed(() => context.connected.value && this.state.value.phase === 'idle');
    const { socket } = context;
    socket.on('connect', () => {
      // A new session knows nothing of the call.
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
    socket.on('call_ended', ({ from, reason }) => this.#apply({ type: 'ended', peer: from, reason }));
  }

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

  close() {
    this.end();
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

  /** A peer with camera and microphone, or null if they cannot be had or the call is over meanwhile. */
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
      return this.peer.value;
    } catch (error) {
      if (attempt === this.#attempt) onRefused(wordsForDevices(error instanceof DOMException ? error.name : ''));
      return null;
    }
  }

  async #linked(state: RTCPeerConnectionState, to: string) {
    if (state === 'connected') this.#restarts = 0;
    const link = state === 'connected' ? 'connected' : state === 'disconnected' || state === 'failed' ? 'reconnecting' : null;
    if (link !== null) this.#apply({ type: 'linked', link, now: Date.now() });
    const call = this.state.value;
    // One side restarts, so that two offers never cross.
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

  /** The servers that help two browsers to find each other; none if they cannot be had, which suffices in one network. */
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
    this.end();
    this.#apply({ type: 'over', note: 'The call ended: the two of you could not be connected.' });
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
        console.warn('A signal of the call could not be used.', error);
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
    } else if (this.screen.value === null) {
      void import('./screen.tsx').then(({ CallScreen }) => (this.screen.value = CallScreen));
    }
  }
}
