//! The names by which a server and its application call sockets, namespaces and rooms. All of them serialise, so that an
//! application may be elsewhere.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// A Socket.IO socket: a session's place in one namespace, from its request to join until it is gone. A server
/// never reuses one while its memory lasts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SocketKey(u64);

impl SocketKey {
    /// The key of the socket at `index`, the `generation`th to be there.
    pub(crate) fn new(index: usize, generation: u32) -> Self {
        Self(u64::from(generation) << 32 | index as u64)
    }

    /// The place of the socket, which it shares with earlier ones.
    pub(crate) fn index(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }
}

impl Hash for SocketKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// The name of a namespace, with its leading slash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Namespace(Cow<'static, str>);

impl Namespace {
    /// The namespace that every client joins unless it names another one.
    pub const MAIN: Self = Self(Cow::Borrowed("/"));

    /// Returns the namespace with this name.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self(name.into())
    }

    /// The name, with its leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&'static str> for Namespace {
    fn from(name: &'static str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Namespace {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl Borrow<str> for Namespace {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The name of a room: a set of sockets of one namespace that an application has put into it.
pub type Room = Rc<str>;
