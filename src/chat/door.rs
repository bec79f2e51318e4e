//! The door of the room: admits clients, lets them recover, renews and expires tokens, and revokes logins.

use engineio::{Context, Time};
use serde::{Deserialize, Serialize};
use socketio::json;
use socketio::{Action, Actions, Admission, ConnectError, Departure, Recipients, SocketKey};

use super::limits::Kind;
use super::member::Member;
use super::parts::Departed;
use super::recovery::{self, Begun, Position, SignalId};
use super::wants::Wants;
use super::{Chat, Parts, presence};
use crate::accounts::logins::{LoginId, Revocation, Revoked};
use crate::accounts::token::{Claims, TokenError};
use crate::refusal::{Failure, Refusal, RefusalKind};
use crate::storage::Storage;

/// When a user who has too many sockets may try again, in milliseconds: nothing tells when one will be free.
const FULL_RETRY_MS: u64 = 60_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenExpired {
    expired_at: Time,
}

/// The data of a refused connection.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefusedData<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// A client that may join.
struct Admitted {
    admission: Admission,
    member: Member,
    is_recovered: bool,
}

/// The fate of a client that may not join.
enum Rejected {
    /// Its request is refused, for a reason that only its user can change.
    Refuse(ConnectError),
    /// Its session is closed, for a reason that passes: the standard client comes back by itself. May log a line.
    Close(Option<String>),
}

/// A stream that a client recovers.
struct Recovery {
    admission: Admission,
    /// The last signalling event of the stream, missed or not.
    last_signal: Option<SignalId>,
}

/// Answers a request to join, and lets the client in if it may. `auth` is the object that it sent, or empty.
pub fn answer<S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    socket: SocketKey,
    auth: &str,
    actions: &mut Actions,
) {
    match admit(room, cx, auth) {
        Ok(Admitted { admission, member, is_recovered }) => {
            actions.push(Action::Accept { socket, admission });
            // A frontend that knows nothing of recovery empties its list at every connection, and expects the history.
            let keeps_list = is_recovered && member.wants.missed;
            if keeps_list || send_history(room, socket, actions) {
                room.members.join(socket, member);
                presence::announce(&room.members, Recipients::Socket(socket), actions);
                Parts::joined(room, cx, socket, actions);
            }
        }
        Err(Rejected::Refuse(error)) => actions.push(Action::Refuse { socket, error }),
        Err(Rejected::Close(log)) => {
            actions.extend(log.map(Action::Log));
            actions.push(Action::Close { socket });
        }
    }
}

fn admit<S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    auth: &str,
) -> Result<Admitted, Rejected> {
    #[derive(Default, Deserialize)]
    struct Auth {
        token: Option<String>,
    }

    let Auth { token } = json::from_str(auth).unwrap_or_default();
    let token = token.unwrap_or_default();
    let claims = authenticate(room, cx.now, &token).map_err(|failure| match failure {
        Failure::Refused(refusal) => refuse("Authentication error", &refusal.code, None),
        Failure::Storage(error) => Rejected::Close(Some(error.to_string())),
    })?;
    let mut member = Member {
        username: claims.username.as_str().into(),
        name_key: claims.username.key().into(),
        sid: "".into(),
        last_signal: None,
        login: claims.login,
        expires_at: claims.expires_at,
        wants: Wants::of(auth),
    };
    if room.limits.take(cx.now, &member.name_key, Kind::Connect).is_err() {
        return Err(Rejected::Close(None));
    }
    let recovery = recover(room, cx.now, auth, &member);
    let is_full = room.members.sockets_of(&member.name_key).len() >= room.sockets_per_user as usize;
    // A client that takes over its own socket needs no further one.
    if is_full && recovery.as_ref().is_none_or(|recovery| recovery.admission.replaces.is_none()) {
        return Err(refuse("Too many connections", "too_many_connections", Some(FULL_RETRY_MS)));
    }
    let is_recovered = recovery.is_some();
    let admission = match recovery {
        Some(Recovery { admission, last_signal }) => {
            member.last_signal = last_signal;
            admission
        }
        None => {
            let mut admission = Admission::new(cx);
            let (newest, login) = (room.log.newest(), member.login.as_ref());
            admission.private_id = room.private_ids.make(&admission.sid, newest, login, &member.name_key);
            admission
        }
    };
    member.sid = admission.sid.as_str().into();
    Ok(Admitted { admission, member, is_recovered })
}

fn refuse(message: &'static str, code: &str, retry_after_ms: Option<u64>) -> Rejected {
    Rejected::Refuse(ConnectError::new(message).with_data(&RefusedData { code, retry_after_ms }))
}

/// Finds the stream that a client comes back to, and what it missed there. `None` if it begins afresh.
///
/// A failing database is no reason to turn the client away: it begins afresh, which reads the database again.
fn recover<S: Storage + Clone>(
    room: &mut Chat<S>,
    now: Time,
    auth: &str,
    member: &Member,
) -> Option<Recovery> {
    #[derive(Deserialize)]
    struct Auth {
        pid: String,
        offset: Option<String>,
    }

    let Auth { pid, offset } = json::from_str(auth).ok()?;
    let begun = room.private_ids.check(&pid, &member.name_key)?;
    let (position, named) = Position::new(&begun.sid, begun.newest, offset.as_deref())?;
    let found = room.parts.recovery.find(now, &member.name_key, &begun, position).ok()??;
    let Begun { sid, newest, .. } = begun;
    // A login that has ended takes the streams with it that its sockets have lost. While a stream has a socket, its login goes on.
    let is_alive = || room.accounts.is_alive(now, &member.name_key, found.login.as_ref());
    if found.socket.is_none() && !is_alive().ok()? {
        return None;
    }
    if named != newest && !room.log.knows(named).ok()? {
        return None;
    }
    let missed = recovery::missed(&room.log, room.recovery_budget, position, found.signals).ok()??;
    let replaces = found.socket;
    let admission = Admission { sid, private_id: Some(pid), missed, rooms: Vec::new(), replaces };
    Some(Recovery { admission, last_signal: found.last })
}

/// Sends a socket the most recent messages. Closes its session if they cannot be read: without its history a client would show
/// that there is none, and it comes back by itself.
fn send_history<S: Storage + Clone>(room: &Chat<S>, socket: SocketKey, actions: &mut Actions) -> bool {
    match room.log.recent(room.history_limit) {
        Ok(messages) => actions.emit(Recipients::Socket(socket), "message_history", &messages),
        Err(error) => {
            actions.push(Action::Log(error.to_string()));
            actions.push(Action::Close { socket });
            return false;
        }
    }
    true
}

/// Returns the claims of a token, unless the token is invalid or its login has ended.
fn authenticate<S: Storage + Clone>(room: &Chat<S>, now: Time, token: &str) -> Result<Claims, Failure> {
    let claims = room.accounts.tokens().verify(token, now).map_err(Refusal::from)?;
    if !room.accounts.is_alive(now, claims.username.key(), claims.login.as_ref())? {
        return Err(Refusal::from(TokenError::Revoked).into());
    }
    Ok(claims)
}

/// Keeps a socket connected with a newer token of the same user. Returns the new expiry.
///
/// # Errors
/// The token is invalid, its login has ended, or it is of another user.
pub fn renew<S: Storage + Clone>(
    room: &mut Chat<S>,
    now: Time,
    socket: SocketKey,
    token: &str,
    actions: &mut Actions,
) -> Result<Time, Failure> {
    let claims = authenticate(room, now, token)?;
    let Some(member) = room.members.get_mut(socket) else { return Ok(claims.expires_at) };
    if claims.username.key() != &*member.name_key {
        let sentence = "This token belongs to another user. Reconnect to use it.";
        return Err(Refusal::new(RefusalKind::Forbidden, "token_of_another_user", sentence).into());
    }
    member.login = claims.login;
    member.expires_at = claims.expires_at;
    room.parts.expiry.set(socket, claims.expires_at);
    actions.push(Action::Keep { socket });
    Ok(claims.expires_at)
}

/// Disconnects a socket whose token has expired. To everyone else its user has lost the connection, and may recover with a newer
/// token unless the login has ended.
pub fn expire<S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    socket: SocketKey,
    actions: &mut Actions,
) {
    let how = Departure::Lost;
    let Some(member) = room.members.leave(cx.now, socket, how) else { return };
    let expired = TokenExpired { expired_at: member.expires_at };
    actions.emit(Recipients::Socket(socket), "token_expired", &expired);
    Parts::left(room, cx, &Departed { socket, member, how }, actions);
    actions.push(Action::Disconnect { socket });
}

/// Disconnects the sockets of every login that has ended, and drops their waiting messages.
pub fn revoke<S: Storage + Clone>(room: &mut Chat<S>, revocation: &Revocation, actions: &mut Actions) {
    // A login that was renewed goes on under its successor.
    let has_ended = |login: &mut Option<LoginId>| match &revocation.revoked {
        Revoked::Logins(ended) => login.as_ref().is_some_and(|it| ended.contains(it)),
        Revoked::AllBut { caller: Some(caller), successor } if login.as_ref() == Some(caller) => {
            *login = Some(successor.clone());
            false
        }
        Revoked::AllBut { .. } => true,
    };
    for socket in room.members.sockets_of(&revocation.name_key).to_vec() {
        let Some(member) = room.members.get_mut(socket) else { continue };
        let before = member.login.clone();
        if has_ended(&mut member.login) {
            actions.push(Action::Disconnect { socket });
        } else if member.login != before {
            actions.push(Action::Keep { socket });
        }
    }
    room.parts.pacing.revoke(&revocation.name_key.as_str().into(), has_ended);
}
