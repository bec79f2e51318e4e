//! How many sessions there are from each address.

use std::collections::HashMap;

use engineio::{Address, KeyMap, SessionKey};

/// The sessions whose address is known.
#[derive(Default)]
pub struct Connections {
    by_session: KeyMap<SessionKey, Address>,
    counts: HashMap<Address, u32>,
}

impl Connections {
    /// A session has been opened from an address.
    pub fn opened(&mut self, session: SessionKey, address: Address) {
        *self.counts.entry(address.clone()).or_default() += 1;
        self.by_session.insert(session, address);
    }

    /// A session is over.
    pub fn closed(&mut self, session: SessionKey) {
        let Some(address) = self.by_session.remove(&session) else { return };
        if let Some(count) = self.counts.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&address);
            }
        }
    }

    /// Where a session comes from.
    pub fn address_of(&self, session: SessionKey) -> Option<&Address> {
        self.by_session.get(&session)
    }

    /// How many sessions there are from an address.
    pub fn count(&self, address: &Address) -> u32 {
        self.counts.get(address).copied().unwrap_or(0)
    }
}
