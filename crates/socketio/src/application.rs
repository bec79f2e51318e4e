//! What the server asks of an application, and what an application may do.

use engineio::{Context, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arguments::{AckRequest, Arguments};
use crate::keys::{NamespaceId, SocketKey};
use crate::packet::Unreadable;

/// An application over Socket.IO. It decides who may connect, and answers events with actions.
///
/// Everything it keeps in memory is gone when the object sleeps, except for one [`Application::Member`] a socket.
pub trait Application {
    /// The namespaces that exist, with their leading slashes.
    const NAMESPACES: &'static [&'static str];

    /// What the application knows of a socket and needs to know again after the object slept.
    type Member: Serialize + DeserializeOwned;

    /// Decides whether a session may join a namespace. `auth` is the object that the client sent, or empty.
    ///
    /// # Errors
    /// It may not: the client is told why, or has to come back later.
    fn admit(
        &mut self,
        cx: &mut Context<'_>,
        namespace: NamespaceId,
        auth: &str,
    ) -> Result<Self::Member, Rejected>;

    /// The private id by which a client that lost its transport can show later that it was in the session `sid`;
    /// none where sessions cannot be recovered. See the Socket.IO documentation, "Connection state recovery".
    fn private_id(&mut self, cx: &mut Context<'_>, member: &mut Self::Member, sid: &str) -> Option<String> {
        let _ = (cx, member, sid);
        None
    }

    /// Decides whether a client that was admitted comes back to an earlier session, and what it missed there.
    fn recover(
        &mut self,
        cx: &mut Context<'_>,
        namespace: NamespaceId,
        auth: &str,
        member: &mut Self::Member,
    ) -> Option<Recovery> {
        let _ = (cx, namespace, auth, member);
        None
    }

    /// A socket has joined.
    fn joined(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        namespace: NamespaceId,
        member: Self::Member,
        actions: &mut Actions,
    );

    /// A socket has come back to its session, and got what it missed.
    fn rejoined(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        namespace: NamespaceId,
        member: Self::Member,
        actions: &mut Actions,
    ) {
        self.joined(cx, socket, namespace, member, actions);
    }

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

    /// A socket answered an event that wanted an answer, or did not in time.
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

    /// Something that the application waited for has come due.
    fn tick(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        let _ = (cx, actions);
    }

    /// The earliest moment at which [`Application::tick`] is wanted.
    fn next_deadline(&self) -> Option<Time> {
        None
    }

    /// What is to be kept of a socket while the object sleeps.
    fn member(&self, socket: SocketKey) -> Option<&Self::Member>;

    /// A socket outlived the object's memory.
    fn restored(&mut self, socket: SocketKey, member: Self::Member);

    /// Whether the object's memory alone knows of something that clients have to be told.
    fn is_unsettled(&self) -> bool {
        false
    }

    /// The memory was lost while the application was [`Application::is_unsettled`], or with sockets that are neither
    /// [`Application::restored`] nor have a departure.
    fn others_lost(&mut self, now: Time) {
        let _ = now;
    }
}

/// An event of a socket.
#[derive(Debug)]
pub struct Event<'a> {
    /// Its name.
    pub name: String,
    /// Its arguments, the name included.
    pub arguments: Arguments<'a>,
    /// Where the answer goes, if one is wanted.
    pub ack: Option<Ack>,
}

/// An event of a socket that cannot be accepted.
#[derive(Debug)]
pub struct UnreadableEvent {
    /// As much of its name as is text.
    pub name: String,
    /// Where the answer goes, if one is wanted.
    pub ack: Option<Ack>,
    /// Why it cannot be accepted.
    pub reason: Unreadable,
}

/// The right to answer one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ack(pub(crate) u64);

/// How a socket came to be gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Departure {
    /// The client said goodbye.
    Left,
    /// The connection was lost or closed without a word.
    Lost,
    /// The application put it out.
    Removed,
    /// The client was watched and stopped polling; it was last heard of at `since`.
    Absent { since: Time },
}

impl Departure {
    /// When the connection was lost, of which the server learns at `now`; none if the socket was meant to go.
    pub fn lost_since(self, now: Time) -> Option<Time> {
        match self {
            Self::Lost => Some(now),
            Self::Absent { since } => Some(since),
            Self::Left | Self::Removed => None,
        }
    }

    /// Whether the connection was lost.
    pub fn is_loss(self) -> bool {
        matches!(self, Self::Lost | Self::Absent { .. })
    }
}

/// What becomes of a client that is not let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rejected {
    /// It gets a `connect_error`, after which the standard client does not try again: for what only its user can change.
    Refuse(ConnectError),
    /// Its session is closed, after which the standard client comes back by itself: for what passes.
    Close {
        /// A message for the operator.
        log: Option<String>,
    },
}

impl From<ConnectError> for Rejected {
    fn from(error: ConnectError) -> Self {
        Self::Refuse(error)
    }
}

/// Why a client is not let in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConnectError {
    /// The message of the client's `connect_error`.
    pub message: &'static str,
    /// Its data.
    pub data: ConnectErrorData,
}

/// What a program can tell from a refused connection.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConnectErrorData {
    /// A stable `snake_case` code.
    pub code: &'static str,
    /// How long to wait before it is worth trying again, in milliseconds, where that is known.
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A session to which a client comes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recovery {
    /// The session's id.
    pub sid: String,
    /// Its private id.
    pub private_id: String,
    /// Every event that was missed, in order.
    pub missed: Vec<Arguments<'static>>,
    /// The socket that the session still seems to have, and that the new one replaces.
    pub replaces: Option<SocketKey>,
}

/// Whom an event is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recipients {
    /// One socket.
    Socket(SocketKey),
    /// These sockets, all of one namespace.
    Sockets(Vec<SocketKey>),
    /// Everyone in a namespace.
    Everyone(NamespaceId),
}

/// One thing that the application wants done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Send an event.
    Emit { to: Recipients, event: Arguments<'static> },
    /// Send an event that wants an answer.
    Ask { to: SocketKey, event: Arguments<'static>, request: AckRequest },
    /// Answer an event.
    Answer { to: SocketKey, ack: Ack, answer: Arguments<'static> },
    /// Put a socket out of its namespace.
    Disconnect { socket: SocketKey },
    /// Close the session of a socket: unlike one that was put out, the standard client comes back by itself.
    Close { socket: SocketKey },
    /// Keep what [`Application::member`] now says of a socket.
    Keep { socket: SocketKey },
    /// Begin or cease to notice within seconds that the client of a socket has died: [`engineio::Engine::watch`].
    Watch { socket: SocketKey, is_wanted: bool },
    /// Tell the operator.
    Log(String),
}

/// What the application wants done, in order.
#[derive(Default, Debug)]
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

    /// Answers an event with one argument.
    pub fn answer<T: Serialize + ?Sized>(&mut self, to: SocketKey, ack: Ack, argument: &T) {
        self.push(Action::Answer { to, ack, answer: Arguments::of(&(argument,)) });
    }
}

impl IntoIterator for Actions {
    type Item = Action;
    type IntoIter = std::vec::IntoIter<Action>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
