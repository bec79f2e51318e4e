//! The chat: a room whose members send events and receive events. Knows no wire format, and keeps what lasts in [`Storage`].
//!
//! Features plug in at three places. A client event is a [`Command`](commands::Command). Whatever has deadlines or follows the
//! members is a `Part`. A change to messages that clients must not miss is a `Change`, with a place in the `Log`.

mod changes;
pub mod commands;
mod door;
pub mod limits;
mod log;
pub mod member;
pub mod message;
#[macro_use]
mod parts;
mod party;
mod posting;
mod questions;
mod responder;
mod signal_id;
pub mod wants;

use std::time::Duration;

use engineio::{Context, Time};
use socketio::{
    Actions, Application, Arguments, Departure, Event, JoinRequest, RestoredPlace, SocketKey, Unreadable,
    UnreadableEvent,
};

use crate::accounts::Accounts;
use crate::accounts::attempts;
use crate::accounts::logins;
use crate::accounts::token::Tokens;
use crate::storage::{Storage, StorageError, schema};
use limits::{Buckets, Rates};
use log::{Budget, Log};
use member::{Member, Members};
use parts::{Departed, Part};
use recovery::{BUDGET, PrivateIds};
use responder::{Asker, Responder};

parts! {
    recovery: Streams<S>,
    expiry: Expiries,
    calls: Calls<S>,
    pacing: Pacing,
    retention: Retention,
    presence: Presence,
}

/// The chat room.
pub struct Chat<S> {
    accounts: Accounts<S>,
    private_ids: PrivateIds,
    log: Log<S>,
    members: Members,
    limits: Buckets,
    recovery_budget: Budget,
    history_limit: u32,
    sockets_per_user: u32,
    parts: Parts<S>,
}

/// The settings of a chat.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The number of messages that a client receives when it connects.
    pub history_limit: u32,
    /// How long a client that lost its transport can recover.
    pub recovery_window: Duration,
    /// The most bytes that the transport of a recovering client takes at once.
    pub recovery_bytes: usize,
    /// How much of the history is kept.
    pub retention: retention::Limits,
    /// The lifetime and number of logins.
    pub logins: logins::Settings,
    /// How often a password may be tried, and an account registered.
    pub attempts: attempts::Limits,
    /// How fast a user may send.
    pub rates: Rates,
    /// The most sockets of one user.
    pub sockets_per_user: u32,
}

impl<S: Storage + Clone> Chat<S> {
    /// Opens the chat whose data `storage` holds, after bringing the database up to date.
    ///
    /// # Errors
    /// The database fails, or is of a newer version.
    pub fn open(storage: S, tokens: Tokens, settings: Settings) -> Result<Self, StorageError> {
        schema::migrate(&storage)?;
        Ok(Self {
            log: Log::open(storage.clone())?,
            members: Members::default(),
            limits: Buckets::new(settings.rates),
            recovery_budget: Budget { bytes: BUDGET.bytes.min(settings.recovery_bytes), ..BUDGET },
            history_limit: settings.history_limit,
            sockets_per_user: settings.sockets_per_user,
            parts: Parts::open(&storage, &settings)?,
            private_ids: PrivateIds::new(&tokens),
            accounts: Accounts::new(storage, tokens, settings.logins, settings.attempts),
        })
    }

    fn carry_out(
        &mut self,
        cx: &mut Context<'_>,
        (event, asker): (&str, Asker),
        arguments: Result<&Arguments<'_>, Unreadable>,
        actions: &mut Actions,
    ) {
        let Some(member) = self.members.get(asker.socket).cloned() else { return };
        let mut responder = Responder { event, asker, member, actions };
        let Err(failure) = commands::carry_out(self, cx, arguments, &mut responder) else { return };
        responder.refuse(&failure);
        if responder.member.expires_at <= cx.now {
            door::expire(self, cx, asker.socket, actions);
        }
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
        door::answer(self, cx, socket, request.auth, actions);
    }

    fn event(&mut self, cx: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions) {
        let asker = Asker { socket, ack: event.ack };
        self.carry_out(cx, (&event.name, asker), Ok(&event.arguments), actions);
    }

    fn unreadable(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        event: UnreadableEvent,
        actions: &mut Actions,
    ) {
        let asker = Asker { socket, ack: event.ack };
        self.carry_out(cx, (&event.name, asker), Err(event.reason), actions);
    }

    fn left(&mut self, cx: &mut Context<'_>, socket: SocketKey, how: Departure, actions: &mut Actions) {
        if let Some(member) = self.members.leave(cx.now, socket, how) {
            Parts::left(self, cx, &Departed { socket, member, how }, actions);
        }
    }

    fn tick(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        Parts::tick(self, cx, actions);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.parts.next_deadline()
    }

    fn member(&self, socket: SocketKey) -> Option<&Member> {
        self.members.get(socket)
    }

    fn restored(&mut self, socket: SocketKey, _: RestoredPlace<'_>, member: Member) {
        self.members.restore(socket, member);
        Parts::restored(self, socket);
    }

    fn is_unsettled(&self) -> bool {
        self.parts.presence.is_unsettled()
    }

    fn others_lost(&mut self, now: Time) {
        self.parts.presence.others_lost(now);
    }
}
