//! The parameters of the protocol.

use std::time::Duration;

/// The protocol's parameters.
#[derive(Clone, Debug)]
pub struct Config {
    /// The most time between two pings, told to the client.
    pub ping_interval: Duration,
    /// How long a client may take to answer one; at most `ping_interval`.
    pub ping_timeout: Duration,
    /// The longest request body or frame in bytes that is accepted, told to the client.
    pub max_payload: usize,
    /// How long an upgrade may take.
    pub upgrade_timeout: Duration,
    /// How many bytes wait at most for a client that polls slowly or not at all.
    pub max_queue: usize,
}
