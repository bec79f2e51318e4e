//! The parameters of the protocol.

use std::time::Duration;

use crate::handshake::HandshakeParts;

/// The protocol's parameters.
#[derive(Clone, Debug)]
pub struct Config {
    /// How long a session may stay without having joined any namespace.
    pub connect_timeout: Duration,
    /// How many bytes of attachments an unfinished packet may hold.
    pub max_attachment_bytes: usize,
    /// The parts of the handshake that are kept for the application.
    pub handshake: HandshakeParts,
}

impl Default for Config {
    /// Returns the parameters of the reference server: 45 seconds to join a namespace. Attachments have four megabytes, and
    /// nothing of the handshake is kept.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(45),
            max_attachment_bytes: 4_000_000,
            handshake: HandshakeParts::default(),
        }
    }
}
