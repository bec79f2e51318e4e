//! The order of signalling events among everything that a client is sent.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The place of a signalling event among everything that its client is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignalId {
    /// Rises with every event of the same stream: in milliseconds since 1970, or a little more where events are many.
    pub(super) number: u64,
    /// The newest entry of the log when the event was sent.
    pub(super) after: Uuid,
}
