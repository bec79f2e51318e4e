//! Coming back after a lost transport: Socket.IO's connection state recovery, as the standard client speaks it.
//!
//! A client receives a private id when it joins, and an offset with every event that must not be lost. Coming back, it shows both
//! and receives what it missed. Little is stored for that: the log is in the database anyway, the private id proves what it
//! says, and signalling is kept in memory for as long as its client may recover. If the memory is lost, sleeping sockets still
//! know their last signalling event, and the database knows roughly when a user was last sent any. If the server cannot be sure
//! that nothing is missing, the client begins afresh.
//!
//! A *stream* is everything that one client is sent across its connections. It is known by the socket id, which a client keeps
//! when it recovers.

mod positions;
mod private_ids;
mod signalled;
mod streams;

use socketio::Arguments;
use uuid::Uuid;

use super::log::{Budget, Log};
use crate::storage::{Storage, StorageError};

pub use super::signal_id::SignalId;
pub use positions::Position;
pub use private_ids::{Begun, PrivateIds};
pub use signalled::Signalled;
pub use streams::Streams;

/// The most that is sent again to one client, unless its transport takes less. A client that missed more begins afresh with the
/// recent history.
pub const BUDGET: Budget = Budget { entries: 1_000, bytes: 2 * 1024 * 1024 };

/// Returns what a client at `position` missed, in order: entries of the log, and the signalling events that it has to be sent
/// again. `None` if it missed more than the budget, or some of it is not kept any more.
///
/// # Errors
/// The database fails.
pub fn missed<S: Storage>(
    log: &Log<S>,
    budget: Budget,
    position: Position,
    signals: Vec<(Uuid, Arguments<'static>)>,
) -> Result<Option<Vec<Arguments<'static>>>, StorageError> {
    let signalled: usize = signals.iter().map(|(_, event)| event.size()).sum();
    let Some(bytes) = budget.bytes.checked_sub(signalled) else { return Ok(None) };
    let Some(entries) = log.since(position.entry, Budget { bytes, ..budget })? else { return Ok(None) };
    let mut missed = Vec::with_capacity(entries.len() + signals.len());
    let mut signals = signals.into_iter().peekable();
    for (id, event) in entries {
        while let Some((_, signal)) = signals.next_if(|(after, _)| *after < id) {
            missed.push(signal);
        }
        missed.push(event);
    }
    missed.extend(signals.map(|(_, signal)| signal));
    Ok(Some(missed))
}
