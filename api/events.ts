/**
 * The events of a Natter server, as socket.io-client takes them. Copy this file into your frontend; it needs nothing else.
 *
 *     const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, { auth: { token, wants: ['missed'] } });
 *
 * asyncapi.json says the same for other languages.
 */

/** What everyone sees of a message. */
export interface Message {
  /** A UUIDv7. Ids sort as the messages do. */
  id: string;
  /** Who sent it, as registered. */
  username: string;
  /** As it was written: nothing is escaped. */
  text: string;
  /** When the server kept it: ISO 8601, UTC, with milliseconds. */
  timestamp: string;
}

/** Why an event was not carried out, for programs. */
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
  // Tokens: of `refresh_token`, or the socket's own.
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

/** An event was not carried out. */
export interface Refused {
  ok: false;
  /** A sentence for a person. */
  error: string;
  /** For programs. */
  code: RefusalCode;
  /** With `rate_limited`: when to try again, in milliseconds. */
  retryAfterMs?: number;
}

/** The acknowledgement of an event: what it gives, or why it was refused. */
export type Answer<Given extends object = object> = ({ ok: true } & Given) | Refused;

/** Why a call is over, or never began. */
export type CallEndReason =
  /** The other user ended it. */
  | 'hangup'
  /** The callee ended it before it was answered. */
  | 'declined'
  /** The caller ended it before it was answered. */
  | 'cancelled'
  /** It never began: one of the two is in another call. */
  | 'busy'
  /** It never began: the callee is not connected. */
  | 'offline'
  /** It rang for 45 seconds. */
  | 'no_answer'
  /** It goes on at another socket of the callee. */
  | 'answered_elsewhere'
  /** It lost one of its sockets. */
  | 'disconnected'
  /** It never began: the other user's call was first, and is announced again by `incoming_call`. */
  | 'glare'
  /** It never began: the server refused `call_user`, which was malformed, too fast, or to oneself. */
  | 'refused';

/** What a client sends. Every acknowledgement may be left out: a refusal then comes as `exception`. */
export interface ClientToServerEvents {
  /**
   * Says something to everyone: 1 to 4,000 characters. Acknowledged once it is durable. With the `clientId` of a message that
   * was sent before, 1 to 64 characters, it is acknowledged with that one, and nothing is sent again; its text is empty if it was
   * deleted since. Messages beyond the rate wait for their turn.
   */
  send_message: (data: { text: string; clientId?: string }, answer?: (answer: Answer<{ message: Message }>) => void) => void;
  /** Deletes a message of one's own. Deleting it again succeeds and tells no one. */
  delete_message: (data: { id: string }, answer?: (answer: Answer) => void) => void;
  /** Reads messages from before the one with the id `before`, or the latest: 1 to 100 of them, oldest first. */
  load_history: (
    data: { before?: string; limit?: number },
    answer?: (answer: Answer<{ messages: Message[]; hasMore: boolean }>) => void,
  ) => void;
  /** Keeps this socket connected beyond the expiry of its token, with a newer one of the same user. */
  refresh_token: (data: { token: string }, answer?: (answer: Answer<{ expiresAt: string }>) => void) => void;
  /** Calls a user, or renegotiates a call that is connected. */
  call_user: (data: { to: string; offer: unknown }, answer?: (answer: Answer) => void) => void;
  /** Answers `incoming_call`. The first answer claims the call. */
  call_answer: (data: { to: string; answer: unknown }, answer?: (answer: Answer) => void) => void;
  /** Passes an ICE candidate on; null after the last. Before `call_user` it waits for that. */
  ice_candidate: (data: { to: string; candidate: unknown }, answer?: (answer: Answer) => void) => void;
  /** Ends a call, declines it or cancels it. */
  end_call: (data: { to: string }, answer?: (answer: Answer) => void) => void;
}

/** What a client gets. */
export interface ServerToClientEvents {
  /**
   * The latest messages, oldest first. Sent once per connection, after any missed events. Clients that pass
   * `auth: { token, wants: ['missed'] }` receive it only if the session was not recovered.
   */
  message_history: (messages: Message[]) => void;
  /** Somebody said something; the sender is told too. */
  new_message: (message: Message) => void;
  /** A message was deleted: remove it. The client may never have received the message itself. */
  message_deleted: (data: { id: string }) => void;
  /** Who is online; on connecting, and when it changes. */
  online_users: (usernames: string[]) => void;
  /** Somebody calls, or renegotiates. */
  incoming_call: (data: { from: string; offer: unknown }) => void;
  /** An offer was answered. */
  call_answered: (data: { from: string; answer: unknown }) => void;
  /** An ICE candidate of the other side; null after the last. */
  ice_candidate: (data: { from: string; candidate: unknown }) => void;
  /** The call with this user is over, or never began. */
  call_ended: (data: { from: string; reason: CallEndReason }) => void;
  /** The token has expired; the server disconnects the socket, which can go on with its session under a newer token. */
  token_expired: (data: { expiredAt: string }) => void;
  /** An event that asked for no acknowledgement was refused. */
  exception: (refusal: { event: string; error: string; code: RefusalCode; retryAfterMs?: number }) => void;
}
