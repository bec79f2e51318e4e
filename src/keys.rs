//! The names by which the layers call each other's things. Each is meaningless outside the object that made it.

/// A WebSocket of the platform, by a number that the platform chose and may reuse once the socket is closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WebSocketId(pub u32);

/// An HTTP request of the platform that waits for its response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// An Engine.IO session, valid until it is closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionKey(pub(crate) usize);

/// A Socket.IO socket: a session's membership in one namespace, valid until it is disconnected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SocketKey(pub(crate) usize);

/// A namespace, by its place in the application's list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NamespaceId(pub usize);
