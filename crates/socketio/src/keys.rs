//! The names by which a server and its application call sockets and namespaces. Each is meaningless outside the object that
//! made it.

/// A Socket.IO socket: a session's membership in one namespace, valid until it is disconnected.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SocketKey(pub(crate) usize);

/// A namespace, by its place in the application's list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NamespaceId(pub usize);
