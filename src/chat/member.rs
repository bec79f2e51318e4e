//! The members of the room: their sockets, and the users who are online.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::{KeyMap, Time};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use socketio::{Departure, SocketKey};

use super::party::{Party, User as Participant};
use super::signal_id::SignalId;
use super::wants::Wants;
use crate::accounts::logins::LoginId;

/// How long a user whose last connection was lost still counts as online.
pub const GRACE: Duration = Duration::from_secs(5);

/// The owner of a socket. Stored with the socket, so that it outlives the memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The name as it is shown.
    pub username: Rc<str>,
    /// The name as it is compared.
    pub name_key: Rc<str>,
    /// The socket id, which a client keeps when it recovers.
    pub sid: Rc<str>,
    /// The last signalling event that the socket was sent.
    #[serde(default)]
    pub last_signal: Option<SignalId>,
    /// The login of the token.
    #[serde(rename = "family")]
    pub login: Option<LoginId>,
    /// The expiry of the token.
    #[serde(with = "engineio::time::millis")]
    pub expires_at: Time,
    /// The wishes of the client. Early versions stored none.
    #[serde(default, skip_serializing_if = "Wants::is_empty")]
    pub wants: Wants,
}

/// The sockets in the room, and the users who are online.
#[derive(Default)]
pub struct Members {
    sockets: KeyMap<SocketKey, Member>,
    /// By the name as it is compared, so that the list is in a stable order.
    users: BTreeMap<Rc<str>, User>,
    is_changed: bool,
}

struct User {
    /// The name as JSON: it is in every list, and every newcomer receives one.
    username: Box<RawValue>,
    sockets: Vec<SocketKey>,
    /// The end of the grace of the socket that was lost last.
    forgiven_until: Option<Time>,
}

/// The presence of a user, as far as the server knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whereabouts {
    /// A socket is connected.
    Connected,
    /// The last socket was lost, and may come back until then.
    Expected(Time),
    /// Offline.
    Gone,
}

impl Member {
    /// The member as a side of a call.
    pub fn party(&self) -> Party {
        let user = Participant { key: self.name_key.clone(), name: self.username.clone() };
        Party { user, sid: self.sid.clone() }
    }
}

impl Members {
    /// Adds a socket that has joined.
    pub fn join(&mut self, socket: SocketKey, member: Member) {
        self.is_changed |= !self.users.contains_key(&member.name_key);
        self.restore(socket, member);
    }

    /// Adds a socket that outlived the memory. Its user was online all along.
    pub fn restore(&mut self, socket: SocketKey, member: Member) {
        let user = self.users.entry(member.name_key.clone()).or_insert_with(|| User {
            username: to_raw_value(&member.username).expect("a string becomes JSON"),
            sockets: Vec::new(),
            forgiven_until: None,
        });
        user.sockets.push(socket);
        self.sockets.insert(socket, member);
    }

    /// Removes a socket. Its user stays online while another socket is connected or a lost one may come back.
    pub fn leave(&mut self, now: Time, socket: SocketKey, how: Departure) -> Option<Member> {
        let member = self.sockets.remove(&socket)?;
        if let Some(user) = self.users.get_mut(&member.name_key) {
            user.sockets.retain(|&it| it != socket);
            if how.is_loss() {
                user.forgiven_until = Some(now + GRACE);
            }
            // A tab that says goodbye does not speak for another one that was lost.
            if user.sockets.is_empty() && user.forgiven_until.is_none_or(|until| until <= now) {
                self.forget(&member.name_key);
            }
        }
        Some(member)
    }

    /// Takes a user off the list of those who are online.
    pub fn forget(&mut self, name_key: &str) {
        self.is_changed |= self.users.remove(name_key).is_some();
    }

    /// Returns whether users have come or gone since the last call.
    pub fn take_change(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// The owner of a socket.
    pub fn get(&self, socket: SocketKey) -> Option<&Member> {
        self.sockets.get(&socket)
    }

    /// The owner of a socket.
    pub fn get_mut(&mut self, socket: SocketKey) -> Option<&mut Member> {
        self.sockets.get_mut(&socket)
    }

    /// The connected sockets of a user.
    pub fn sockets_of(&self, name_key: &str) -> &[SocketKey] {
        self.users.get(name_key).map_or(&[], |user| &user.sockets)
    }

    /// The presence of a user.
    pub fn whereabouts(&self, name_key: &str) -> Whereabouts {
        match self.users.get(name_key) {
            None => Whereabouts::Gone,
            Some(User { sockets, forgiven_until: Some(until), .. }) if sockets.is_empty() => {
                Whereabouts::Expected(*until)
            }
            Some(_) => Whereabouts::Connected,
        }
    }

    /// The number of users who are online.
    pub fn online(&self) -> usize {
        self.users.len()
    }

    /// The names of the users who are online, as JSON.
    pub fn usernames(&self) -> Vec<&RawValue> {
        self.users.values().map(|user| &*user.username).collect()
    }
}
