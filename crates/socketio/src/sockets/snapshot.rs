//! The state of a socket that survives hibernation.

use std::collections::HashMap;

use engineio::SessionKey;
use serde::{Deserialize, Serialize};

use super::{Joined, Place, Sockets};
use crate::keys::{Room, SocketKey};

/// The state from which a socket is restored after hibernation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    sid: String,
    namespace: String,
    next_ack: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rooms: Vec<Room>,
}

impl Snapshot {
    /// The socket id.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// The name of the namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The rooms.
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }
}

impl Sockets {
    /// The state that [`Sockets::restore`] needs to bring a socket back after hibernation; `None` if it has not joined. Events
    /// that wait for an acknowledgement are not part of it: the question is forgotten, as it is after a restart.
    pub fn snapshot(&self, key: SocketKey) -> Option<Snapshot> {
        let socket = self.get(key)?;
        let Place::Joined(joined) = &socket.place else { return None };
        Some(Snapshot {
            sid: joined.sid.clone(),
            namespace: self.spaces.name(socket.space).as_str().to_owned(),
            next_ack: joined.next_ack,
            rooms: joined.rooms.clone(),
        })
    }

    /// Brings a socket back.
    pub fn restore(&mut self, session: SessionKey, snapshot: &Snapshot) -> SocketKey {
        self.clients.entry(session).or_default();
        let joined = Joined {
            sid: snapshot.sid.clone(),
            next_ack: snapshot.next_ack,
            pending_acks: HashMap::new(),
            rooms: snapshot.rooms.clone(),
        };
        let key = self.insert(session, &snapshot.namespace, Place::Joined(joined));
        self.session_joined(session);
        if let Some(space) = self.get(key).map(|socket| socket.space) {
            for room in &snapshot.rooms {
                self.spaces.join(space, room.clone(), key);
            }
        }
        key
    }
}
