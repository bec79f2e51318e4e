// What a call is at each moment, apart from every browser: pure steps from one state to the next.
//
//   idle ── dialled ──► outgoing ── answered ──► active
//     └──── rang ─────► incoming ── accepted ──►   │
//   every state ◄──────────── over ────────────────┘
import type { CallEndReason } from '../../../api/events.ts';

export type Link = 'connecting' | 'connected' | 'reconnecting';

export type CallState =
  /** No call. `note` says what became of the last one. */
  | { phase: 'idle'; note: string | null }
  | { phase: 'outgoing'; peer: string }
  /** `notice` says why accepting failed. */
  | { phase: 'incoming'; peer: string; offer: RTCSessionDescriptionInit; notice: string | null }
  /** `since` is when media first flowed, in milliseconds since 1970. */
  | { phase: 'active'; peer: string; isCaller: boolean; link: Link; since: number | null };

export type CallInput =
  | { type: 'dialled'; peer: string }
  | { type: 'rang'; peer: string; offer: RTCSessionDescriptionInit }
  | { type: 'accepted' }
  | { type: 'acceptFailed'; peer: string; offer: RTCSessionDescriptionInit; notice: string }
  | { type: 'answered'; peer: string }
  | { type: 'linked'; link: Link; now: number }
  | { type: 'ended'; peer: string; reason: CallEndReason }
  /** It ends here, for a reason that this side knows; null needs no words. */
  | { type: 'over'; note: string | null }
  | { type: 'dismissed' };

export const idle: CallState = { phase: 'idle', note: null };

/** The next state. What does not fit the present one changes nothing. */
export function step(state: CallState, input: CallInput): CallState {
  switch (input.type) {
    case 'dialled':
      return state.phase === 'idle' ? { phase: 'outgoing', peer: input.peer } : state;
    case 'rang': {
      const rings = state.phase === 'idle' || (state.phase === 'incoming' && state.peer === input.peer);
      return rings ? { phase: 'incoming', peer: input.peer, offer: input.offer, notice: null } : state;
    }
    case 'accepted':
      return state.phase === 'incoming' ? active(state.peer, false) : state;
    case 'acceptFailed':
      return state.phase === 'active' && state.peer === input.peer
        ? { phase: 'incoming', peer: input.peer, offer: input.offer, notice: input.notice }
        : state;
    case 'answered':
      return state.phase === 'outgoing' && state.peer === input.peer ? active(state.peer, true) : state;
    case 'linked': {
      if (state.phase !== 'active') return state;
      const since = state.since ?? (input.link === 'connected' ? input.now : null);
      return { ...state, link: input.link, since };
    }
    case 'ended':
      if (state.phase === 'idle' || state.peer !== input.peer) return state;
      return { phase: 'idle', note: wordsForEnd(input.reason, input.peer, state.phase === 'incoming') };
    case 'over':
      return { phase: 'idle', note: input.note };
    case 'dismissed':
      return state.phase === 'idle' ? idle : state;
  }
}

function active(peer: string, isCaller: boolean): CallState {
  return { phase: 'active', peer, isCaller, link: 'connecting', since: null };
}

/** What to say when a call is over; null where that needs no words. */
export function wordsForEnd(reason: CallEndReason, peer: string, wasRinging: boolean): string | null {
  switch (reason) {
    case 'hangup': return `${peer} ended the call.`;
    // Whoever is called hears of it from another tab of their own.
    case 'declined': return wasRinging ? 'You declined on another device or in another tab.' : `${peer} declined the call.`;
    case 'cancelled': return `You missed a call from ${peer}.`;
    case 'busy': return `${peer} is in another call, or you are.`;
    case 'offline': return `${peer} is not online.`;
    case 'no_answer': return wasRinging ? `You missed a call from ${peer}.` : `${peer} did not answer.`;
    case 'answered_elsewhere': return 'You answered on another device or in another tab.';
    case 'disconnected': return wasRinging ? `You missed a call from ${peer}.` : 'The call ended: the connection was lost.';
    case 'glare': return null;
  }
}

/** What to say when the server refuses to call or to answer. `error` is its own sentence. */
export function wordsForRefusal(code: string, error: string, peer: string): string | null {
  switch (code) {
    case 'user_offline': return wordsForEnd('offline', peer, false);
    case 'user_busy': return `${peer} is in another call.`;
    case 'already_in_call': return 'You are in a call already, perhaps in another tab.';
    case 'glare': return null;
    case 'not_in_call': return 'The call has ended already.';
    case 'nothing_to_answer': return `${peer} is not calling any more.`;
    case 'answered_elsewhere': return wordsForEnd('answered_elsewhere', peer, true);
    case 'call_elsewhere': return 'This call is on another device or in another tab.';
    case 'cannot_call_yourself': return 'You cannot call yourself.';
    case 'too_many_candidates': return 'The call failed: this network has too many addresses.';
    case 'rate_limited': return 'That was too many calls in a short time. Wait a moment.';
    default: return error;
  }
}

/** What to say when camera and microphone cannot be had; `name` is that of the browser's error. */
export function wordsForDevices(name: string): string {
  switch (name) {
    case 'NotAllowedError': return 'Your browser did not allow camera and microphone. Allow them for this page, and try again.';
    case 'NotFoundError': return 'No microphone was found. Connect one, and try again.';
    case 'NotReadableError': return 'Camera or microphone is in use by another program.';
    default: return 'Camera and microphone could not be started.';
  }
}
