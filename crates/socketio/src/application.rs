//! The interface between a server and its application.

use engineio::{Context, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::actions::{Ack, Actions, ConnectError};
use crate::arguments::Arguments;
use crate::handshake::Handshake;
use crate::keys::{Namespace, Room, SocketKey};
use crate::packet::Unreadable;

/// An application over Socket.IO: it learns what happens to sockets, and answers with [`Actions`].
///
/// Hibernation erases its memory, except for one [`Application::Member`] for each socket.
pub trait Application {
    /// The application's data of a socket, which survive hibernation.
    type Member: Serialize + DeserializeOwned;

    /// Returns whether a namespace exists; by default, only [`Namespace::MAIN`] does. A name has at most 256 bytes.
    fn has_namespace(&self, name: &str) -> bool {
        name == Namespace::MAIN.as_str()
    }

    /// A client asks to join a namespace. The answer is [`Action::Accept`](crate::Action::Accept),
    /// [`Action::Refuse`](crate::Action::Refuse) or [`Action::Close`](crate::Action::Close), now or later; what the client sends
    /// meanwhile waits, within bounds. A socket that leaves before it was answered is reported like any other.
    fn asked_to_join(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        request: JoinRequest<'_>,
        actions: &mut Actions,
    );

    /// A socket sent an event.
    fn event(&mut self, cx: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions);

    /// A socket sent an event that cannot be accepted, whatever it means. Its connection goes on; the application refuses the
    /// event in its own words, or ignores it.
    fn unreadable(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        event: UnreadableEvent,
        actions: &mut Actions,
    ) {
        let _ = (cx, socket, event, actions);
    }

    /// A socket acknowledged the event that was sent under `tag`, or, with `None`, did not in time.
    fn answered(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        tag: u64,
        answer: Option<Arguments<'_>>,
        actions: &mut Actions,
    ) {
        let _ = (cx, socket, tag, answer, actions);
    }

    /// A socket is gone.
    fn left(&mut self, cx: &mut Context<'_>, socket: SocketKey, how: Departure, actions: &mut Actions);

    /// A deadline of the application has come.
    fn tick(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        let _ = (cx, actions);
    }

    /// Returns the earliest moment at which [`Application::tick`] is due.
    fn next_deadline(&self) -> Option<Time> {
        None
    }

    /// Returns the data of a socket, to be stored. A socket without data does not survive hibernation.
    fn member(&self, socket: SocketKey) -> Option<&Self::Member>;

    /// A socket outlived the object's memory.
    fn restored(&mut self, socket: SocketKey, place: RestoredPlace<'_>, member: Self::Member);

    /// Returns whether the object's memory alone knows of something that clients have to be told.
    fn is_unsettled(&self) -> bool {
        false
    }

    /// The memory was lost while the application was [`Application::is_unsettled`], or with sockets that are neither
    /// [`Application::restored`] nor have a departure.
    fn others_lost(&mut self, now: Time) {
        let _ = now;
    }
}

/// A client's request to join a namespace.
#[derive(Clone, Copy, Debug)]
pub struct JoinRequest<'a> {
    /// The namespace, which exists.
    pub namespace: &'a Namespace,
    /// The object that the client sent as `auth`, as JSON; empty if it sent none.
    pub auth: &'a str,
    /// The request that opened its session.
    pub handshake: &'a Handshake,
}

impl JoinRequest<'_> {
    /// Reads what the client sent as `auth`; nothing reads as an empty object.
    ///
    /// # Errors
    /// It is not what the type calls for. The error is one to refuse the client with.
    pub fn read_auth<T: DeserializeOwned>(&self) -> Result<T, ConnectError> {
        let auth = if self.auth.is_empty() { "{}" } else { self.auth };
        serde_json::from_str(auth).map_err(|_| ConnectError::new("invalid auth"))
    }
}

/// The place of a socket that outlived the object's memory.
#[derive(Clone, Copy, Debug)]
pub struct RestoredPlace<'a> {
    /// Its socket id.
    pub sid: &'a str,
    /// Its namespace.
    pub namespace: &'a Namespace,
    /// Its rooms.
    pub rooms: &'a [Room],
    /// The request that opened its session.
    pub handshake: &'a Handshake,
}

/// An event of a socket.
#[derive(Debug)]
pub struct Event<'a> {
    /// Its name.
    pub name: String,
    /// Its arguments, the name included.
    pub arguments: Arguments<'a>,
    /// The right to acknowledge it, if the client asks for that.
    pub ack: Option<Ack>,
}

/// An event of a socket that cannot be accepted.
#[derive(Debug)]
pub struct UnreadableEvent {
    /// As much of its name as is text.
    pub name: String,
    /// The right to acknowledge it, if the client asks for that.
    pub ack: Option<Ack>,
    /// The reason why it cannot be accepted.
    pub reason: Unreadable,
}

/// How a socket came to be gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Departure {
    /// The client left.
    Left,
    /// The connection was lost, or closed without notice.
    Lost,
    /// The application removed it.
    Removed,
    /// The client was watched and stopped polling; it was last heard of at `since`.
    Absent { since: Time },
}

impl Departure {
    /// Returns when the connection was lost, of which the server learns at `now`; `None` if the socket was meant to go.
    pub fn lost_since(self, now: Time) -> Option<Time> {
        match self {
            Self::Lost => Some(now),
            Self::Absent { since } => Some(since),
            Self::Left | Self::Removed => None,
        }
    }

    /// Returns whether the connection was lost.
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Lost | Self::Absent { .. })
    }
}
