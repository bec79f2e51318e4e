//! The actions by which an application answers.

use std::borrow::Cow;
use std::time::Duration;

use engineio::Context;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::arguments::{AckRequest, Arguments};
use crate::keys::{Namespace, Room, SocketKey};

/// One thing for the server to do. Actions serialise, so that an application may be in another object than its sockets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Action {
    /// Admit a socket that asked to join.
    Accept { socket: SocketKey, admission: Admission },
    /// Refuse a socket that asked to join: its client gets a `connect_error`, after which the standard client does not try
    /// again. For what only its user can change.
    Refuse { socket: SocketKey, error: ConnectError },
    /// Send an event.
    Emit { to: Recipients, event: Arguments<'static> },
    /// Send an event to the recipients whose transport can take it now. It is lost to the others.
    EmitVolatile { to: Recipients, event: Arguments<'static> },
    /// Send an event that asks for an acknowledgement; [`Application::answered`](crate::Application::answered) gets it.
    Ask { to: SocketKey, event: Arguments<'static>, request: AckRequest },
    /// Acknowledge an event.
    Answer { to: SocketKey, ack: Ack, answer: Arguments<'static> },
    /// Put a socket into a room of its namespace.
    Join { socket: SocketKey, room: Room },
    /// Take a socket out of a room.
    Leave { socket: SocketKey, room: Room },
    /// Remove a socket from its namespace. The standard client stays away then.
    Disconnect { socket: SocketKey },
    /// Close the session of a socket, after which the standard client comes back by itself. Also answers a socket that asked to
    /// join.
    Close { socket: SocketKey },
    /// Store what [`Application::member`](crate::Application::member) now returns for a socket.
    Keep { socket: SocketKey },
    /// Begin or cease to notice within seconds that the client of a socket has died: [`engineio::Engine::watch`].
    Watch { socket: SocketKey, is_wanted: bool },
    /// Write a line to the operator's log.
    Log(String),
}

/// The recipients of an event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Recipients {
    /// One socket.
    Socket(SocketKey),
    /// All sockets of a namespace.
    Everyone(Namespace),
    /// Some sockets of a namespace.
    Selected(Selection),
}

/// Some sockets of a namespace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Selection {
    /// The namespace.
    pub namespace: Namespace,
    /// Those in any of these rooms; all, if there are none.
    pub rooms: Vec<Room>,
    /// Without those in any of these rooms.
    pub except_rooms: Vec<Room>,
    /// Without this one.
    pub except: Option<SocketKey>,
}

/// How a socket is admitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Admission {
    /// The socket id.
    pub sid: String,
    /// The private id by which the client can recover later; `None` if it cannot. See the Socket.IO documentation,
    /// "Connection state recovery".
    pub private_id: Option<String>,
    /// The events that a client which recovers has missed, in order.
    pub missed: Vec<Arguments<'static>>,
    /// The rooms that it is in from the start.
    pub rooms: Vec<Room>,
    /// The socket that the recovered one still seems to have, and that the new one replaces.
    pub replaces: Option<SocketKey>,
}

impl Admission {
    /// Returns the admission of a new socket, whose client cannot recover.
    pub fn new(cx: &mut Context<'_>) -> Self {
        let sid = cx.unguessable_id();
        Self { sid, private_id: None, missed: Vec::new(), rooms: Vec::new(), replaces: None }
    }
}

/// The right to acknowledge one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ack(pub(crate) u64);

/// The reason why a client is not admitted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConnectError {
    /// The message of the client's error.
    pub message: Cow<'static, str>,
    /// Its `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Box<RawValue>>,
}

impl ConnectError {
    /// Returns an error without data.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), data: None }
    }

    /// Returns the same error with data.
    ///
    /// # Panics
    /// `data` cannot be JSON, as a map whose keys are not strings.
    #[must_use]
    pub fn with_data<T: Serialize + ?Sized>(self, data: &T) -> Self {
        Self { data: Some(to_raw_value(data).expect("data that serialises")), ..self }
    }
}

impl From<&'static str> for ConnectError {
    fn from(message: &'static str) -> Self {
        Self::new(message)
    }
}

/// Actions in order.
#[derive(Default, Debug, Serialize, Deserialize)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Adds an action.
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    /// Sends an event with one argument; see [`Arguments::event`].
    pub fn emit<T: Serialize + ?Sized>(&mut self, to: Recipients, name: &str, argument: &T) {
        self.push(Action::Emit { to, event: Arguments::event(name, argument) });
    }

    /// Sends an event with one argument that has to be acknowledged within `timeout`. `tag` is the application's name for it.
    pub fn ask<T: Serialize + ?Sized>(
        &mut self,
        to: SocketKey,
        name: &str,
        argument: &T,
        (tag, timeout): (u64, Duration),
    ) {
        let request = AckRequest { tag, timeout };
        self.push(Action::Ask { to, event: Arguments::event(name, argument), request });
    }

    /// Acknowledges an event with one argument.
    pub fn answer<T: Serialize + ?Sized>(&mut self, to: SocketKey, ack: Ack, argument: &T) {
        self.push(Action::Answer { to, ack, answer: Arguments::of(&(argument,)) });
    }
}

impl Extend<Action> for Actions {
    fn extend<I: IntoIterator<Item = Action>>(&mut self, actions: I) {
        self.0.extend(actions);
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = std::vec::IntoIter<Action>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
