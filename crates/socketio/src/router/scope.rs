//! The server as a handler sees it.

use std::cell::{Ref, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::{Context, Entropy, Time, Timers};
use serde::{Deserialize, Serialize};

use super::recovery::{Claim, Journal, Rooms};
use crate::actions::{Action, Actions};
use crate::handshake::Handshake;
use crate::keys::{Namespace, Room, SocketKey};

/// The server as a handler sees it: the application's state, everyone who is connected, and timers.
pub struct Scope<'a, S, D> {
    pub(super) now: Time,
    pub(super) state: &'a mut S,
    pub(super) sockets: &'a mut BTreeMap<SocketKey, Entry<D>>,
    pub(super) desk: RefCell<Desk<'a>>,
}

/// The parts of the server that change while others are looked at.
pub(super) struct Desk<'a> {
    pub(super) actions: &'a mut Actions,
    pub(super) journal: Option<&'a mut Journal>,
    pub(super) timers: &'a mut Timers<&'static str>,
    pub(super) entropy: &'a mut dyn Entropy,
}

/// A socket that has joined.
pub(super) struct Entry<D> {
    pub(super) sid: Rc<str>,
    pub(super) namespace: Namespace,
    /// The index of its handlers.
    pub(super) handlers: usize,
    pub(super) rooms: Rooms,
    pub(super) handshake: Handshake,
    pub(super) is_recovered: bool,
    /// See [`Lost::needs`](super::recovery::Lost::needs).
    pub(super) needs: u64,
    pub(super) member: Member<D>,
}

/// The data of a socket that survive hibernation.
#[derive(Serialize, Deserialize)]
pub struct Member<D> {
    pub(super) data: D,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) claim: Option<Claim>,
}

/// A socket, seen from outside its own handlers.
pub struct Peer<'s, D>(&'s Entry<D>);

impl<'s, D> Peer<'s, D> {
    /// Returns the socket id.
    pub fn id(&self) -> &'s str {
        &self.0.sid
    }

    /// Returns the namespace.
    pub fn namespace(&self) -> &'s Namespace {
        &self.0.namespace
    }

    /// Returns the application's data.
    pub fn data(&self) -> &'s D {
        &self.0.member.data
    }

    /// Returns the rooms, its own id among them.
    pub fn rooms(&self) -> impl Iterator<Item = &'s Room> + use<'s, D> {
        self.0.rooms.keys()
    }
}

impl<'a, S, D> Scope<'a, S, D> {
    /// Returns the moment at which the handler was called.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Returns the application's state.
    pub fn state(&self) -> &S {
        self.state
    }

    /// Returns the application's state, to be changed. It is lost with the object's memory, unless it keeps itself in a database.
    pub fn state_mut(&mut self) -> &mut S {
        self.state
    }

    /// Returns the sockets of a namespace, in the order in which they joined.
    pub fn sockets(&self, namespace: &str) -> impl Iterator<Item = Peer<'_, D>> {
        self.sockets.values().filter(move |it| it.namespace.as_str() == namespace).map(Peer)
    }

    /// Calls the handler of the timer `name` after `delay`, in place of the delay that it had. A timer is kept in memory, and by
    /// an alarm if it is more than seconds away; set it when the application opens if it has to run whatever happens.
    pub fn set_timer(&self, name: &'static str, delay: Duration) {
        self.desk.borrow_mut().timers.set(name, self.now + delay);
    }

    /// Forgets the timer `name`.
    pub fn cancel_timer(&self, name: &'static str) {
        self.desk.borrow_mut().timers.cancel(name);
    }

    /// Returns 120 random bits as 20 URL-safe characters.
    pub fn unguessable_id(&self) -> String {
        let mut desk = self.desk.borrow_mut();
        Context::new(self.now, &mut *desk.entropy).unguessable_id()
    }

    /// Writes a line to the operator's log.
    pub fn log(&self, line: impl Into<String>) {
        self.act(Action::Log(line.into()));
    }

    pub(super) fn act(&self, action: Action) {
        self.desk.borrow_mut().actions.push(action);
    }

    pub(super) fn journal(&self) -> Option<Ref<'_, Journal>> {
        Ref::filter_map(self.desk.borrow(), |desk| desk.journal.as_deref()).ok()
    }
}
