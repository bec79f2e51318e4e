//! A socket, as its handlers see it.

use std::time::Duration;

use engineio::Time;
use serde::Serialize;

use super::broadcast::Broadcast;
use super::payload;
use super::recovery::Rooms;
use super::scope::{Entry, Scope};
use crate::actions::{Action, Recipients};
use crate::arguments::AckRequest;
use crate::handshake::Handshake;
use crate::keys::{self, Room, SocketKey};
use crate::sockets::MAX_ROOM_BYTES;

/// The tags of the events that handlers take the answers of.
pub(super) trait AnswerTags {
    /// Returns the tag of an event; `None` if no handler takes its answer.
    fn tag_of(&self, name: &str) -> Option<u64>;
}

/// A socket, as its handlers see it.
pub struct Socket<'a, S, D> {
    pub(super) io: Scope<'a, S, D>,
    pub(super) key: SocketKey,
    pub(super) tags: &'a dyn AnswerTags,
}

impl<'a, S, D> Socket<'a, S, D> {
    /// Returns the socket id, which is also the name of a room that only this socket is in.
    pub fn id(&self) -> &str {
        &self.entry().sid
    }

    /// Returns the namespace.
    pub fn namespace(&self) -> &keys::Namespace {
        &self.entry().namespace
    }

    /// Returns the request that opened its session, as far as [`HandshakeParts`](crate::HandshakeParts) keeps it.
    pub fn handshake(&self) -> &Handshake {
        &self.entry().handshake
    }

    /// Returns whether the socket comes from recovery: with the id, the rooms and the data that it had, and with every event
    /// that it missed.
    pub fn is_recovered(&self) -> bool {
        self.entry().is_recovered
    }

    /// Returns the application's data.
    pub fn data(&self) -> &D {
        &self.entry().member.data
    }

    /// Returns the application's data, to be changed. They are stored again after the handler, and survive hibernation. Keep
    /// them small: the connection is closed if more than 16,384 bytes have to be stored for it.
    pub fn data_mut(&mut self) -> &mut D {
        self.io.act(Action::Keep { socket: self.key });
        &mut self.entry_mut().member.data
    }

    /// Returns the application's state; see [`Scope::state`].
    pub fn state(&self) -> &S {
        self.io.state()
    }

    /// Returns the application's state, to be changed; see [`Scope::state_mut`].
    pub fn state_mut(&mut self) -> &mut S {
        self.io.state_mut()
    }

    /// Returns the moment at which the handler was called.
    pub fn now(&self) -> Time {
        self.io.now()
    }

    /// Returns the server.
    pub fn io(&self) -> &Scope<'a, S, D> {
        &self.io
    }

    /// Returns the rooms, its own id among them.
    pub fn rooms(&self) -> impl Iterator<Item = &Room> {
        self.entry().rooms.keys()
    }

    /// Puts the socket into a room. Returns whether that was possible: the names of its rooms have at most 4,096 bytes in all.
    pub fn join(&mut self, room: impl Into<Room>) -> bool {
        let room = room.into();
        let rooms = &self.entry().rooms;
        if rooms.contains_key(&room) {
            return true;
        }
        if bytes(rooms) + room.len() > MAX_ROOM_BYTES {
            return false;
        }
        let last = self.io.journal().map_or(0, |journal| journal.last());
        self.entry_mut().rooms.insert(room.clone(), last);
        self.io.act(Action::Join { socket: self.key, room });
        true
    }

    /// Takes the socket out of a room. It stays in the one that is named after its id.
    pub fn leave(&mut self, room: impl Into<Room>) {
        let room = room.into();
        if *room == *self.id() {
            return;
        }
        let last = self.io.journal().map_or(0, |journal| journal.last_about(self.namespace(), &room));
        let entry = self.entry_mut();
        if let Some(joined) = entry.rooms.remove(&room) {
            if last > joined {
                entry.needs = entry.needs.max(last);
            }
            self.io.act(Action::Leave { socket: self.key, room });
        }
    }

    /// Sends an event to the client; see [`Broadcast::emit`].
    pub fn emit<T: Serialize + ?Sized>(&self, name: &str, payload: &T) {
        if let Err(error) = self.io.emit(name, payload, Recipients::Socket(self.key)) {
            self.io.log(format!("the event {name:?} was not sent: {error}"));
        }
    }

    /// Sends an event to the client if its connection can take it now; see [`Broadcast::volatile`].
    pub fn emit_volatile<T: Serialize + ?Sized>(&self, name: &str, payload: &T) {
        match self.io.volatile_event(name, payload) {
            Ok(event) => self.io.act(Action::EmitVolatile { to: Recipients::Socket(self.key), event }),
            Err(error) => self.io.log(format!("the event {name:?} was not sent: {error}")),
        }
    }

    /// Sends an event that the client has to acknowledge within `timeout`. The answer goes to the handler that
    /// [`on_answer`](super::Handlers::on_answer) registered under the same name, unless the socket leaves or the object loses
    /// its memory first. A client that leaves a thousand events unanswered loses its connection.
    pub fn ask<T: Serialize + ?Sized>(&self, name: &str, payload: &T, timeout: Duration) {
        let Some(tag) = self.tags.tag_of(name) else {
            self.io.log(format!("the event {name:?} was not sent: no handler takes its answer"));
            return;
        };
        match payload::event(name, payload, None) {
            Ok(event) => {
                self.io.act(Action::Ask { to: self.key, event, request: AckRequest { tag, timeout } });
            }
            Err(error) => self.io.log(format!("the event {name:?} was not sent: {error}")),
        }
    }

    /// Returns everyone else in a room, as the recipients of an event.
    pub fn to(&self, room: impl Into<Room>) -> Broadcast<'_, 'a, S, D> {
        self.broadcast().to(room)
    }

    /// Returns everyone in a room, this socket included.
    pub fn within(&self, room: impl Into<Room>) -> Broadcast<'_, 'a, S, D> {
        self.everyone().to(room)
    }

    /// Returns everyone else in the namespace, except for those in a room.
    pub fn except(&self, room: impl Into<Room>) -> Broadcast<'_, 'a, S, D> {
        self.broadcast().except(room)
    }

    /// Returns everyone else in the namespace.
    pub fn broadcast(&self) -> Broadcast<'_, 'a, S, D> {
        self.everyone().without(self.key)
    }

    /// Returns everyone in the namespace, this socket included.
    pub fn everyone(&self) -> Broadcast<'_, 'a, S, D> {
        Broadcast::new(&self.io, self.namespace().clone())
    }

    /// Removes the socket from its namespace. The standard client stays away then.
    pub fn disconnect(&self) {
        self.io.act(Action::Disconnect { socket: self.key });
    }

    /// Closes the connection under the socket, and with it those of other namespaces. The standard client comes back by itself.
    pub fn close(&self) {
        self.io.act(Action::Close { socket: self.key });
    }

    fn entry(&self) -> &Entry<D> {
        &self.io.sockets[&self.key]
    }

    fn entry_mut(&mut self) -> &mut Entry<D> {
        self.io.sockets.get_mut(&self.key).expect("a handler runs for a socket that is there")
    }
}

/// Returns how much of its room limit a socket has used.
fn bytes(rooms: &Rooms) -> usize {
    rooms.keys().map(|room| room.len()).sum()
}
