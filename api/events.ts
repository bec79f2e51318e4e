/**
 * The events of a Natter server, as types for socket.io-client. Copy this file into your frontend; it imports nothing.
 *
 *     const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, { auth: { token, wants: ['missed'] } });
 *
 * asyncapi.json describes the same events for other languages.
 */

/** A message, as everyone receives it. */
export interface Message {
  /** A UUIDv7. Ids sort in the order of the messages. */
  id: string;
  /** The sender's name, as registered. */
  username: string;
  /** The text as written, without escaping. */
  text: string;
  /** The time at which the server stored it: ISO 8601, UTC, with milliseconds. */
  timestamp: string;
}

/** The reason for a refusal, for programs. */
export type RefusalCode =
  // Any event.
  | 'invalid_payload'
  | 'unknown_event'
  | 'rate_limited'
  | 'internal_error'
  // Messages.
  | 'empty_message'
  | 'message_too_long'
  | 'control_characters'
  | 'invalid_text'
  | 'invalid_client_id'
  | 'invalid_id'
  | 'unknown_message'
  | 'not_your_message'
  // History.
  | 'invalid_before'
  | 'invalid_limit'
  // Tokens, in `refresh_token` or the socket's own.
  | 'token_missing'
  | 'token_invalid'
  | 'token_expired'
  | 'token_not_yet_valid'
  | 'token_revoked'
  | 'token_of_another_user'
  // Calls.
  | 'user_offline'
  | 'user_busy'
  | 'already_in_call'
  | 'glare'
  | 'cannot_call_yourself'
  | 'not_in_call'
  | 'nothing_to_answer'
  | 'answered_elsewhere'
  | 'call_elsewhere'
  | 'too_many_candidates'
  | 'invalid_to'
  | 'invalid_offer'
  | 'invalid_answer'
  | 'invalid_candidate'
  | 'offer_too_large'
  | 'answer_too_large'
  | 'candidate_too_large';

/** The refusal of an event. */
export interface Refused {
  ok: false;
  /** A sentence for the user. */
  error: string;
  /** For programs. */
  code: RefusalCode;
  /** With `rate_limited`: the time until a retry, in milliseconds. */
  retryAfterMs?: number;
}

/** The acknowledgement of an event: its result or its refusal. */
export type Answer<Given extends object = object> = ({ ok: true } & Given) | Refused;

/** The reason why a call ended or never began. */
export type CallEndReason =
  /** The other user ended it. */
  | 'hangup'
  /** The callee ended it before it was answered. */
  | 'declined'
  /** The caller ended it before it was answered. */
  | 'cancelled'
  /** One of the two is in another call. */
  | 'busy'
  /** The callee is not connected. */
  | 'offline'
  /** The call rang for 45 seconds without an answer. */
  | 'no_answer'
  /** Another socket of the callee answered it. */
  | 'answered_elsewhere'
  /** One of its sockets was lost. */
  | 'disconnected'
  /** The other user's call came first, and is announced again by `incoming_call`. */
  | 'glare'
  /** The server refused `call_user`: it was malformed, over the rate limit, or to the caller's own name. */
  | 'refused';

/** The events that a client sends. Every acknowledgement is optional; without one, a refusal arrives as `exception`. */
export interface ClientToServerEvents {
  /**
   * Sends a message of 1 to 4,000 characters to everyone, and acknowledges it once it is durable. A repeated `clientId`, of 1 to 64
   * characters, is acknowledged with the first message, whose text is empty if it was deleted since, and broadcasts nothing.
   * Messages over the rate limit wait for their turn.
   */
  send_message: (data: { text: string; clientId?: string }, answer?: (answer: Answer<{ message: Message }>) => void) => void;
  /** Deletes one's own message. Deleting it again succeeds and broadcasts nothing. */
  delete_message: (data: { id: string }, answer?: (answer: Answer) => void) => void;
  /** Returns 1 to 100 messages, oldest first: those before the id `before`, or the latest. */
  load_history: (
    data: { before?: string; limit?: number },
    answer?: (answer: Answer<{ messages: Message[]; hasMore: boolean }>) => void,
  ) => void;
  /** Keeps this socket connected beyond the expiry of its token, with a newer token of the same user. */
  refresh_token: (data: { token: string }, answer?: (answer: Answer<{ expiresAt: string }>) => void) => void;
  /** Calls a user, or renegotiates a connected call. */
  call_user: (data: { to: string; offer: unknown }, answer?: (answer: Answer) => void) => void;
  /** Answers `incoming_call`. The first answer claims the call. */
  call_answer: (data: { to: string; answer: unknown }, answer?: (answer: Answer) => void) => void;
  /** Relays an ICE candidate; null after the last. One sent before its `call_user` waits for it. */
  ice_candidate: (data: { to: string; candidate: unknown }, answer?: (answer: Answer) => void) => void;
  /** Ends, declines or cancels a call. */
  end_call: (data: { to: string }, answer?: (answer: Answer) => void) => void;
}

/** The events that a client receives. */
export interface ServerToClientEvents {
  /**
   * The latest messages, oldest first. Sent once per connection, after any missed events. Clients that pass
   * `auth: { token, wants: ['missed'] }` receive it only if the session was not recovered.
   */
  message_history: (messages: Message[]) => void;
  /** A new message. The sender receives it too. */
  new_message: (message: Message) => void;
  /** A message was deleted: remove it. The client may never have received the message itself. */
  message_deleted: (data: { id: string }) => void;
  /** The users online. Sent on connecting and on every change. */
  online_users: (usernames: string[]) => void;
  /** A user calls, or renegotiates a connected call. */
  incoming_call: (data: { from: string; offer: unknown }) => void;
  /** An offer was answered. */
  call_answered: (data: { from: string; answer: unknown }) => void;
  /** An ICE candidate of the other side; null after the last. */
  ice_candidate: (data: { from: string; candidate: unknown }) => void;
  /** The call with this user ended or never began. */
  call_ended: (data: { from: string; reason: CallEndReason }) => void;
  /** The token has expired, and the server disconnects the socket. Connecting with a newer token recovers it. */
  token_expired: (data: { expiredAt: string }) => void;
  /** The refusal of an event without acknowledgement. */
  exception: (refusal: { event: string; error: string; code: RefusalCode; retryAfterMs?: number }) => void;
}
