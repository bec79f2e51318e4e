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

impl Default for Config {
    /// Returns the parameters of the reference server: a ping every 25 seconds, 20 seconds to answer it, a megabyte for a
    /// payload, and 10 seconds for an upgrade. Four megabytes wait at most for a client that polls.
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            max_payload: 1_000_000,
            upgrade_timeout: Duration::from_secs(10),
            max_queue: 4_000_000,
        }
    }
}
