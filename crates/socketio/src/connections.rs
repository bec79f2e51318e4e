//! The sessions' handshakes, and how many sessions there are from each address.

use std::collections::HashMap;

use engineio::{Address, KeyMap, SessionKey};

use crate::handshake::Handshake;

/// The handshakes of all sessions.
#[derive(Default)]
pub struct Connections {
    by_session: KeyMap<SessionKey, Handshake>,
    counts: HashMap<Address, u32>,
}

impl Connections {
    /// A session has been opened.
    pub fn opened(&mut self, session: SessionKey, handshake: Handshake) {
        if let Some(address) = &handshake.address {
            *self.counts.entry(address.clone()).or_default() += 1;
        }
        self.by_session.insert(session, handshake);
    }

    /// A session is over.
    pub fn closed(&mut self, session: SessionKey) {
        let Some(address) = self.by_session.remove(&session).and_then(|it| it.address) else { return };
        if let Some(count) = self.counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&address);
            }
        }
    }

    /// The handshake of a session that is open.
    pub fn handshake(&self, session: SessionKey) -> Option<&Handshake> {
        self.by_session.get(&session)
    }

    /// How many sessions there are from an address.
    pub fn count(&self, address: &Address) -> u32 {
        self.counts.get(address).copied().unwrap_or(0)
    }
}
