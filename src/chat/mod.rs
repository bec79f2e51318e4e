//! The chat: commands in, events out. Knows no wire format, and keeps what lasts in [`Storage`].
//!
//! A command is either carried out or refused. Refused, it changes nothing and reaches nobody but its sender.

pub mod calls;
pub mod command;
pub mod expiry;
pub mod limits;
pub mod message;
pub mod pacing;
pub mod presence;
pub mod recovery;
mod reply;
pub mod retention;
mod sending;
mod signalling;
mod unreadable;
pub mod wants;

use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::accounts::attempts;
use crate::accounts::families::{self, FamilyId, Revocation, Revoked};
use crate::accounts::requests::{self, Accounts, Caller};
use crate::accounts::token::{Claims, TokenError, Tokens};
use crate::refusal::{Refusal, RefusalKind};
use crate::storage::{Storage, StorageError, schema};
use calls::{Calls, Party, User};
use command::{CALL_USER, Command};
use engineio::Context;
use engineio::KeyMap;
use engineio::Time;
use expiry::Expiries;
use limits::{Buckets, Kind, Rates};
use message::{HistoryQuery, Message, Messages, Page};
use pacing::Pacing;
use presence::Presence;
use recovery::{Begun, Found, MAX_MISSED, Position, PrivateIds, Sessions, SignalId, Signalled};
use reply::{Answer, Asker, acknowledge, refuse};
use retention::{Limits, Retention};
use socketio::{
    Action, Actions, Admission, Application, Arguments, ConnectError, Departure, Event, JoinRequest,
    Namespace, Recipients, RestoredPlace, SocketKey, UnreadableEvent,
};
use wants::Wants;

/// When somebody may come back whose places are all taken, in milliseconds. Nobody knows when one will be free.
const FULL_RETRY_MS: u64 = 60_000;

/// The chat room.
pub struct Chat<S> {
    accounts: Accounts<S>,
    history_limit: u32,
    private_ids: PrivateIds,
    sessions: Sessions,
    signalled: Signalled<S>,
    calls: Calls<S>,
    messages: Messages<S>,
    retention: Retention,
    members: KeyMap<SocketKey, Member>,
    presence: Presence,
    expiries: Expiries,
    buckets: Buckets,
    pacing: Pacing,
    sockets_per_user: u32,
}

/// The settings of a chat.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many messages a client gets when it connects.
    pub history_limit: u32,
    /// How long a client whose transport was lost can come back to its session.
    pub recovery_window: Duration,
    /// How much of the history is kept.
    pub retention: Limits,
    /// How logins last.
    pub families: families::Settings,
    /// How often somebody may try to log in or register.
    pub attempts: attempts::Limits,
    /// How fast users may send.
    pub rates: Rates,
    /// How many sockets a user can have.
    pub sockets_per_user: u32,
}

/// Who a socket belongs to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    username: Rc<str>,
    name_key: Rc<str>,
    sid: Rc<str>,
    /// The last signalling event that its session was sent.
    #[serde(default)]
    last_signal: Option<SignalId>,
    /// The login that its token is of.
    family: Option<FamilyId>,
    /// When the token expires.
    #[serde(with = "engineio::time::millis")]
    expires_at: Time,
    /// What its client asked for; sockets that were stored before there was anything to ask for have none.
    #[serde(default, skip_serializing_if = "Wants::is_empty")]
    wants: Wants,
}

/// What a client gets when its token expires.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenExpired {
    expired_at: Time,
}

/// Why a command was not carried out.
#[derive(Debug)]
pub enum Failure {
    /// It cannot be.
    Refused(Refusal),
    /// The database fails.
    Storage(StorageError),
}

impl<S: Storage + Clone> Chat<S> {
    /// The chat whose data `storage` holds; brings the database up to date first.
    ///
    /// # Errors
    /// The database fails, or is of a newer version.
    pub fn open(storage: S, tokens: Tokens, settings: Settings) -> Result<Self, StorageError> {
        schema::migrate(&storage)?;
        let messages = Messages::new(storage.clone())?;
        Ok(Self {
            retention: Retention::new(settings.retention, messages.oldest()?),
            messages,
            signalled: Signalled::new(storage.clone()),
            calls: Calls::open(storage.clone())?,
            private_ids: PrivateIds::new(&tokens),
            accounts: Accounts::new(storage, tokens, settings.families, settings.attempts),
            sessions: Sessions::new(settings.recovery_window),
            history_limit: settings.history_limit,
            members: KeyMap::default(),
            presence: Presence::default(),
            expiries: Expiries::default(),
            buckets: Buckets::new(settings.rates),
            pacing: Pacing::default(),
            sockets_per_user: settings.sockets_per_user,
        })
    }

    /// Answers a question about accounts. Sockets whose login ends by it are put out.
    ///
    /// # Errors
    /// The database fails.
    pub fn account(
        &mut self,
        cx: &mut Context<'_>,
        request: &requests::Request,
        actions: &mut Actions,
    ) -> Result<requests::Response, StorageError> {
        let (response, revocation) = self.accounts.answer(cx, request)?;
        if let Some(revocation) = revocation {
            self.revoke(&revocation, actions);
        }
        Ok(response)
    }

    /// A page of the history for somebody who is not connected.
    ///
    /// # Errors
    /// The database fails.
    pub fn history(
        &mut self,
        now: Time,
        caller: &Caller,
        query: HistoryQuery,
    ) -> Result<Result<Page, Refusal>, StorageError> {
        if !self.accounts.is_alive(now, &caller.name_key, caller.family.as_ref())? {
            return Ok(Err(TokenError::Revoked.into()));
        }
        if let Err(refusal) = self.buckets.take(now, &caller.name_key, Kind::HistoryLoad) {
            return Ok(Err(refusal));
        }
        self.messages.page(query).map(Ok)
    }

    fn revoke(&mut self, revocation: &Revocation, actions: &mut Actions) {
        // A login that was renewed goes on under its successor.
        let has_ended = |family: &mut Option<FamilyId>| match &revocation.revoked {
            Revoked::Families(ended) => family.as_ref().is_some_and(|it| ended.contains(it)),
            Revoked::AllBut { caller: Some(caller), successor } if family.as_ref() == Some(caller) => {
                *family = Some(successor.clone());
                false
            }
            Revoked::AllBut { .. } => true,
        };
        for &socket in self.presence.sockets(&revocation.name_key) {
            let Some(member) = self.members.get_mut(&socket) else { continue };
            let before = member.family.clone();
            if has_ended(&mut member.family) {
                actions.push(Action::Disconnect { socket });
            } else if member.family != before {
                actions.push(Action::Keep { socket });
            }
        }
        self.pacing.revoke(&revocation.name_key.as_str().into(), has_ended);
    }

    /// Whom a token speaks for, if the login that it is of has not ended.
    fn authenticate(&self, now: Time, token: &str) -> Result<Claims, Failure> {
        let claims = self.accounts.tokens().verify(token, now).map_err(Refusal::from)?;
        if !self.accounts.is_alive(now, claims.username.key(), claims.family.as_ref())? {
            return Err(Refusal::from(TokenError::Revoked).into());
        }
        Ok(claims)
    }

    /// Lets a socket go on under a newer token of the same user.
    fn renew(
        &mut self,
        now: Time,
        socket: SocketKey,
        token: &str,
        actions: &mut Actions,
    ) -> Result<Time, Failure> {
        let claims = self.authenticate(now, token)?;
        let Some(member) = self.members.get_mut(&socket) else { return Ok(claims.expires_at) };
        if claims.username.key() != &*member.name_key {
            let sentence = "This token belongs to another user. Reconnect to use it.";
            return Err(Refusal::new(RefusalKind::Forbidden, "token_of_another_user", sentence).into());
        }
        member.family = claims.family;
        member.expires_at = claims.expires_at;
        self.expiries.set(socket, claims.expires_at);
        actions.push(Action::Keep { socket });
        Ok(claims.expires_at)
    }

    /// Puts out a socket whose token has expired. To everyone else its user has lost the connection, and may come back to the
    /// session with a newer token; one whose login has ended may not.
    fn expire(&mut self, cx: &mut Context<'_>, socket: SocketKey, actions: &mut Actions) {
        let Some(member) = self.members.get(&socket) else { return };
        let expired = TokenExpired { expired_at: member.expires_at };
        actions.emit(Recipients::Socket(socket), "token_expired", &expired);
        self.left(cx, socket, Departure::Lost, actions);
        actions.push(Action::Disconnect { socket });
    }

    /// Parses an event of a socket whose token is valid and whose user is not too fast.
    fn check<'a>(
        &mut self,
        now: Time,
        member: &Member,
        event: &'a Event<'_>,
    ) -> Result<Command<'a>, Failure> {
        if member.expires_at <= now {
            return Err(Refusal::from(TokenError::Expired).into());
        }
        let kind = Kind::of(&event.name);
        let parse = || Command::parse(&event.name, &event.arguments.json);
        // A message takes its token when it has its turn; what is none takes one as well.
        if kind == Kind::Message
            && let Ok(command) = parse()
        {
            return Ok(command);
        }
        self.buckets.take(now, &member.name_key, kind)?;
        let command = parse()?;
        if let Command::Signal(signal) = &command {
            signal.check_size(&event.arguments.attachments)?;
        }
        Ok(command)
    }

    fn carry_out(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        event: &Event<'_>,
        actions: &mut Actions,
    ) -> Result<(), Failure> {
        let Some(member) = self.members.get(&socket).cloned() else { return Ok(()) };
        let command = self.check(cx.now, &member, event).inspect_err(|_| {
            if event.name == CALL_USER {
                self.refuse_call(cx.now, event, &member, actions);
            }
        })?;
        match command {
            Command::SendMessage(message) => {
                let asker = Asker { socket, ack: event.ack };
                self.send_message(cx, &member, message, asker, actions)?;
            }
            Command::LoadHistory(query) => {
                let page = self.messages.page(query)?;
                acknowledge(socket, event.ack, Answer::History(&page), actions);
            }
            Command::RefreshToken { token } => {
                let expires_at = self.renew(cx.now, socket, &token, actions)?;
                acknowledge(socket, event.ack, Answer::Renewed { expires_at }, actions);
            }
            Command::Signal(signal) => {
                self.calls_go_on(cx.now, actions, |calls, sends| calls.tick(cx.now, sends));
                self.signal(cx.now, event, (socket, &member), &signal, actions)?;
            }
        }
        Ok(())
    }

    /// What a client missed that stands at `position`, in order; nothing, when it cannot be had whole.
    fn missed(
        &self,
        position: Position,
        signals: Vec<(Uuid, Arguments<'static>)>,
    ) -> Result<Option<Vec<Arguments<'static>>>, StorageError> {
        let Some(messages) = self.messages.since(position.message, MAX_MISSED)? else { return Ok(None) };
        let mut missed = Vec::with_capacity(messages.len() + signals.len());
        let mut signals = signals.into_iter().peekable();
        for message in &messages {
            while let Some((_, signal)) = signals.next_if(|(after, _)| *after < message.id) {
                missed.push(signal);
            }
            missed.push(new_message(message));
        }
        missed.extend(signals.map(|(_, signal)| signal));
        Ok(Some(missed))
    }

    /// Sends a socket the most recent messages. Closes its session if they cannot be read: without its history a client would
    /// show that there is none, and it comes back by itself.
    fn send_history(&self, socket: SocketKey, actions: &mut Actions) -> bool {
        match self.messages.recent(self.history_limit) {
            Ok(messages) => actions.emit(Recipients::Socket(socket), "message_history", &messages),
            Err(error) => {
                actions.push(Action::Log(error.to_string()));
                actions.push(Action::Close { socket });
                return false;
            }
        }
        true
    }

    /// Puts a socket among the members, and tells it who is there.
    fn enter(&mut self, now: Time, socket: SocketKey, member: Member, actions: &mut Actions) {
        self.presence.join(now, &member.name_key, &member.username, socket);
        self.sessions.connected(&member.sid, socket, member.last_signal);
        self.expiries.set(socket, member.expires_at);
        let party = member.party();
        self.members.insert(socket, member);
        self.announce_presence(Recipients::Socket(socket), actions);
        self.calls_go_on(now, actions, |calls, sends| calls.entered(now, &party, sends));
    }

    fn announce_presence(&self, to: Recipients, actions: &mut Actions) {
        actions.emit(to, "online_users", &self.presence.usernames());
    }
}

/// What becomes of a client that is not admitted.
enum Rejected {
    /// It is refused, for what only its user can change.
    Refuse(ConnectError),
    /// Its session is closed, for what passes; the standard client comes back by itself. A line for the log, if any.
    Close(Option<String>),
}

/// The data of a refused connection.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefusedData<'a> {
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

/// A session that a client recovers.
struct Recovery {
    admission: Admission,
    /// The last signalling event of the session, missed or not.
    last_signal: Option<SignalId>,
}

impl<S: Storage + Clone> Chat<S> {
    /// Decides whether a client may join. Returns its admission, and whether it recovers an earlier session.
    fn admit(&mut self, cx: &mut Context<'_>, auth: &str) -> Result<(Admission, Member, bool), Rejected> {
        #[derive(Default, Deserialize)]
        struct Auth {
            token: Option<String>,
        }

        let Auth { token } = serde_json::from_str(auth).unwrap_or_default();
        let claims =
            self.authenticate(cx.now, &token.unwrap_or_default()).map_err(|failure| match failure {
                Failure::Refused(refusal) => {
                    let data = RefusedData { code: refusal.code, retry_after_ms: None };
                    Rejected::Refuse(ConnectError::new("Authentication error").with_data(&data))
                }
                Failure::Storage(error) => Rejected::Close(Some(error.to_string())),
            })?;
        let mut member = Member {
            username: claims.username.as_str().into(),
            name_key: claims.username.key().into(),
            sid: "".into(),
            last_signal: None,
            family: claims.family,
            expires_at: claims.expires_at,
            wants: Wants::of(auth),
        };
        if self.buckets.take(cx.now, &member.name_key, Kind::Connect).is_err() {
            return Err(Rejected::Close(None));
        }
        let recovery = self.recover(cx.now, auth, &member);
        let is_full = self.presence.sockets(&member.name_key).len() >= self.sockets_per_user as usize;
        // A socket that replaces another one needs no place of its own.
        if is_full && recovery.as_ref().is_none_or(|recovery| recovery.admission.replaces.is_none()) {
            let data = RefusedData { code: "too_many_connections", retry_after_ms: Some(FULL_RETRY_MS) };
            return Err(Rejected::Refuse(ConnectError::new("Too many connections").with_data(&data)));
        }
        if let Some(Recovery { admission, last_signal }) = recovery {
            member.sid = admission.sid.as_str().into();
            member.last_signal = last_signal;
            return Ok((admission, member, true));
        }
        let mut admission = Admission::new(cx);
        member.sid = admission.sid.as_str().into();
        admission.private_id = self.private_ids.make(
            &admission.sid,
            self.messages.newest(),
            member.family.as_ref(),
            &member.name_key,
        );
        Ok((admission, member, false))
    }

    /// Returns the session that a client comes back to, if it names one that can be recovered whole.
    fn recover(&mut self, now: Time, auth: &str, member: &Member) -> Option<Recovery> {
        #[derive(Deserialize)]
        struct Auth {
            pid: String,
            offset: Option<String>,
        }

        let Auth { pid, offset } = serde_json::from_str(auth).ok()?;
        let Begun { sid, newest, login } = self.private_ids.check(&pid, &member.name_key)?;
        let (position, named) = Position::new(&sid, newest, offset.as_deref())?;
        // A database that fails is no reason to turn the client away: a fresh session tries again.
        let (replaces, signals, last_signal, login) = match self.sessions.find(now, &sid, position) {
            Found::Known { socket, signals, last, login } => (socket, signals, last, login),
            Found::Unknown if self.signalled.has_all(&member.name_key, position).ok()? => {
                (None, Vec::new(), position.last_signal(), login)
            }
            Found::Unknown | Found::Nothing => return None,
        };
        // A login that has ended takes the sessions with it that its sockets have lost. One that still has a socket is of a
        // login that goes on.
        let is_alive = || self.accounts.is_alive(now, &member.name_key, login.as_ref());
        if replaces.is_none() && !is_alive().ok()? {
            return None;
        }
        if named != newest && !self.messages.knows(named).ok()? {
            return None;
        }
        let missed = self.missed(position, signals).ok()??;
        let admission = Admission { sid, private_id: Some(pid), missed, rooms: Vec::new(), replaces };
        Some(Recovery { admission, last_signal })
    }
}

impl<S: Storage + Clone> Application for Chat<S> {
    type Member = Member;

    fn asked_to_join(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        request: JoinRequest<'_>,
        actions: &mut Actions,
    ) {
        match self.admit(cx, request.auth) {
            Ok((admission, member, is_recovered)) => {
                actions.push(Action::Accept { socket, admission });
                // A frontend that knows nothing of recovery begins its list anew at every connection, with the history that it
                // expects.
                let is_served = (is_recovered && member.wants.missed) || self.send_history(socket, actions);
                if is_served {
                    self.enter(cx.now, socket, member, actions);
                }
            }
            Err(Rejected::Refuse(error)) => actions.push(Action::Refuse { socket, error }),
            Err(Rejected::Close(log)) => {
                actions.extend(log.map(Action::Log));
                actions.push(Action::Close { socket });
            }
        }
    }

    fn event(&mut self, cx: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions) {
        let Err(failure) = self.carry_out(cx, socket, &event, actions) else { return };
        refuse(socket, &event.name, event.ack, &failure, actions);
        if self.members.get(&socket).is_some_and(|member| member.expires_at <= cx.now) {
            self.expire(cx, socket, actions);
        }
    }

    fn unreadable(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        event: UnreadableEvent,
        actions: &mut Actions,
    ) {
        self.refuse_unreadable(cx, socket, event, actions);
    }

    fn left(&mut self, cx: &mut Context<'_>, socket: SocketKey, how: Departure, actions: &mut Actions) {
        if let Some(member) = self.members.remove(&socket) {
            self.presence.leave(cx.now, &member.name_key, socket, how);
            self.sessions.left(cx.now, &member.sid, socket, how, member.family.as_ref());
            self.expiries.cancel(socket);
            self.pacing.left(&member.name_key, socket);
            // A session that was taken over goes on with its new socket.
            if self.sessions.socket_of(&member.sid).is_none() {
                let user = self.presence.whereabouts(&member.name_key);
                let party = member.party();
                self.calls_go_on(cx.now, actions, |calls, sends| {
                    calls.left(cx.now, &party, how, user, sends)
                });
            }
        }
    }

    fn tick(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        self.sessions.tick(cx.now);
        while let Some(socket) = self.expiries.pop_due(cx.now) {
            self.expire(cx, socket, actions);
        }
        self.calls_go_on(cx.now, actions, |calls, sends| calls.tick(cx.now, sends));
        self.send_due(cx, actions);
        if let Err(error) = self.retention.tick(cx.now, &mut self.messages) {
            actions.push(Action::Log(error.to_string()));
        }
        if self.presence.tick(cx.now) {
            self.announce_presence(Recipients::Everyone(Namespace::MAIN), actions);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        let parts = [
            self.presence.next_deadline(),
            self.sessions.next_deadline(),
            self.retention.next_deadline(),
            self.expiries.next_deadline(),
            self.calls.next_deadline(),
            self.pacing.next_deadline(),
        ];
        parts.into_iter().flatten().min()
    }

    fn member(&self, socket: SocketKey) -> Option<&Member> {
        self.members.get(&socket)
    }

    fn is_unsettled(&self) -> bool {
        self.presence.is_unsettled()
    }

    fn others_lost(&mut self, now: Time) {
        self.presence.others_lost(now);
    }

    fn restored(&mut self, socket: SocketKey, _place: RestoredPlace<'_>, member: Member) {
        self.presence.restore(&member.name_key, &member.username, socket);
        self.sessions.connected(&member.sid, socket, member.last_signal);
        self.expiries.set(socket, member.expires_at);
        self.calls.seen(&member.party());
        self.members.insert(socket, member);
    }
}

/// The event that carries a message to everyone.
fn new_message(message: &Message) -> Arguments<'static> {
    Arguments::recoverable("new_message", message, &message.id)
}

impl Member {
    fn party(&self) -> Party {
        let user = User { key: self.name_key.clone(), name: self.username.clone() };
        Party { user, sid: self.sid.clone() }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}
