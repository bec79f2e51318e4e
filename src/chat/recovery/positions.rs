//! Positions of clients in what they are sent, and the offsets that name them.

use uuid::Uuid;

use crate::chat::signal_id::SignalId;

/// The position of a client: everything up to it has arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The newest entry of the log that the client has received.
    pub entry: Uuid,
    /// The number of the last signalling event that it has received after that entry, if any.
    pub signal: Option<u64>,
}

impl Position {
    /// Reads the last offset that a client of the stream `sid` received, if any. The stream began at `start`. Also returns the
    /// entry that the offset names, which has to exist. `None` if no client of that stream can have received the offset.
    ///
    /// The standard client keeps the offset of an earlier stream until it receives the next one, so such an offset does not
    /// count.
    pub fn new(sid: &str, start: Uuid, offset: Option<&str>) -> Option<(Self, Uuid)> {
        let start = Self { entry: start, signal: None };
        let Some(offset) = offset else { return Some((start, start.entry)) };
        let mut parts = offset.splitn(3, '.');
        let entry = Uuid::try_parse(parts.next()?).ok()?;
        let signal = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(number), Some(of)) => Some((number.parse().ok()?, of)),
            (Some(_), None) => return None,
        };
        let position = match signal {
            Some((number, of)) if of == sid => Self { entry: entry.max(start.entry), signal: Some(number) },
            _ if entry <= start.entry => start,
            // Another stream's, and sent after this one had begun.
            Some(_) => return None,
            None => Self { entry, signal: None },
        };
        Some((position, entry))
    }

    /// The last signalling event that the client has received, as far as the position tells.
    pub fn last_signal(self) -> Option<SignalId> {
        self.signal.map(|number| SignalId { number, after: self.entry })
    }

    /// Whether the client has received a signalling event.
    pub fn has(self, id: SignalId) -> bool {
        // An entry that came after the event proves it as well.
        id.after < self.entry || self.signal.is_some_and(|last| id.number <= last)
    }

    /// The time at which the last event was sent that the client has received, in milliseconds since 1970.
    pub fn millis(self) -> u64 {
        let entry = (self.entry.as_u128() >> 80) as u64;
        self.signal.map_or(entry, |signal| signal.max(entry))
    }
}
