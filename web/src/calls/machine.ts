// The state machine of a call, without a browser: pure steps from one state to the next.
//
//   idle ── dialled ──► outgoing ── answered ──► active
//     └──── rang ─────► incoming ── accepted ──►   │
//   every state ◄──────────── over ────────────────┘
import type { CallEndReason } from '../../../api/events.ts';

export type Link = 'connecting' | 'connected' | 'reconnecting';

export type CallState =
  /** No call. `note` is the outcome of the last one. */
  | { phase: 'idle'; note: string | null }
  | { phase: 'outgoing'; peer: string }
  /** `notice` is the reason why accepting failed. */
  | { phase: 'incoming'; peer: string; offer: RTCSessionDescriptionInit; notice: string | null }
  /** `since` is the time of the first connection, in milliseconds since 1970. */
  | { phase: 'active'; peer: string; isCaller: boolean; link: Link; since: number | null };

export type CallInput =
  | { type: 'dialled'; peer: string }
  | { type: 'rang'; peer: string; offer: RTCSessionDescriptionInit }
  | { type: 'accepted' }
  | { type: 'acceptFailed'; peer: string; offer: RTCSessionDescriptionInit; notice: string }
  | { type: 'answered'; peer: string }
  | { type: 'linked'; link: Link; now: number }
  | { type: 'ended'; peer: string; reason: CallEndReason }
  /** The call ends on this side. `note` is null if no explanation is needed. */
  | { type: 'over'; note: string | null }
  | { type: 'dismissed' };

export const idle: CallState = { phase: 'idle', note: null };

/** Returns the next state. An input that does not fit the current one changes nothing. */
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

/** Returns the note for the end of a call; null if none is needed. */
export function wordsForEnd(reason: CallEndReason, peer: string, wasRinging: boolean): string | null {
  switch (reason) {
    case 'hangup': return `${peer} ended the call.`;
    // The callee learns of it only if it happened in another of their tabs.
    case 'declined': return wasRinging ? 'You declined the call on another device or in another tab.' : `${peer} declined the call.`;
    case 'cancelled': return `You missed a call from ${peer}.`;
    case 'busy': return `Your call to ${peer} didn't go through: one of you is in another call.`;
    case 'offline': return `${peer} isn't online.`;
    case 'no_answer': return wasRinging ? `You missed a call from ${peer}.` : `${peer} didn't answer.`;
    case 'answered_elsewhere': return 'You answered the call on another device or in another tab.';
    case 'disconnected': return wasRinging ? `You missed a call from ${peer}.` : 'The call ended because the connection was lost.';
    case 'glare': return null;
    // A newer server may send other reasons.
    default: return `Your call to ${peer} didn't go through.`;
  }
}

/** Returns the note for a refused call or answer. `error` is the server's own sentence. */
export function wordsForRefusal(code: string, error: string, peer: string): string | null {
  switch (code) {
    case 'user_offline': return wordsForEnd('offline', peer, false);
    case 'user_busy': return `${peer} is in another call.`;
    case 'already_in_call': return "You're already in a call, perhaps in another tab.";
    case 'glare': return null;
    case 'not_in_call': return 'The call has already ended.';
    case 'nothing_to_answer': return `${peer} is no longer calling.`;
    case 'answered_elsewhere': return wordsForEnd('answered_elsewhere', peer, true);
    case 'call_elsewhere': return 'This call is on another device or in another tab.';
    case 'cannot_call_yourself': return "You can't call yourself.";
    case 'too_many_candidates': return 'The call failed because your network has too many addresses.';
    case 'rate_limited': return "You're calling too often. Try again in a moment.";
    default: return error;
  }
}

/** Returns the notice for an unavailable camera or microphone. `name` is that of the browser's error. */
export function wordsForDevices(name: string): string {
  switch (name) {
    case 'NotAllowedError': return 'Your browser blocked the camera and microphone. Allow them for this page, then try again.';
    case 'NotFoundError': return 'No microphone was found. Connect one, then try again.';
    case 'NotReadableError': return 'Another app is using your camera or microphone.';
    default: return "Your camera and microphone couldn't be started.";
  }
}
