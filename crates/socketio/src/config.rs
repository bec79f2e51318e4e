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
