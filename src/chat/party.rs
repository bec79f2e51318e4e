//! The users in calls, and their clients.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// A user who can be called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// The name as it is compared.
    pub key: Rc<str>,
    /// The name as it is shown.
    pub name: Rc<str>,
}

/// One client of a user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Party {
    pub user: User,
    /// The socket id.
    pub sid: Rc<str>,
}

/// The recipient of a signalling event.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// As the client wrote it.
    pub written: Rc<str>,
    /// The name as it is compared. `None` if the name is malformed.
    pub key: Option<Rc<str>>,
    /// The clients that are connected.
    pub parties: Vec<Party>,
}
