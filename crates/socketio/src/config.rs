//! The parameters of the protocol.

use std::time::Duration;

/// The protocol's parameters.
#[derive(Clone, Debug)]
pub struct Config {
    /// The namespaces that exist, with their leading slashes.
    pub namespaces: &'static [&'static str],
    /// How long a session may stay without having joined any namespace.
    pub connect_timeout: Duration,
    /// How many bytes of attachments an unfinished packet may hold.
    pub max_attachment_bytes: usize,
}
