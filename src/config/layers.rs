//! The share of the settings that each layer receives.

use socketio::HandshakeParts;

use super::Config;
use crate::accounts::logins;
use crate::chat::{self, retention};

/// The most bytes queued for a client that polls slowly or not at all, in payloads of the largest size.
const QUEUED_PAYLOADS: usize = 4;

/// The most bytes of attachments in an unfinished packet, in payloads of the largest size.
const ATTACHED_PAYLOADS: usize = 4;

impl Config {
    /// Returns the settings of Engine.IO.
    pub fn engine(&self) -> engineio::Config {
        engineio::Config {
            ping_interval: self.ping_interval,
            ping_timeout: self.ping_timeout,
            max_payload: self.max_payload,
            upgrade_timeout: self.upgrade_timeout,
            max_queue: QUEUED_PAYLOADS * self.max_payload,
        }
    }

    /// Returns the settings of Socket.IO.
    pub fn socket(&self) -> socketio::Config {
        socketio::Config {
            connect_timeout: self.connect_timeout,
            max_attachment_bytes: ATTACHED_PAYLOADS * self.max_payload,
            handshake: HandshakeParts::default(),
        }
    }

    /// Returns the settings of the chat.
    pub fn chat(&self) -> chat::Settings {
        chat::Settings {
            history_limit: self.history_limit,
            recovery_window: self.recovery_window,
            // Half of the queue: a client that polls would otherwise lose its connection by recovering, again and again.
            recovery_bytes: QUEUED_PAYLOADS * self.max_payload / 2,
            retention: retention::Limits { messages: self.retention_messages, age: self.retention_age },
            logins: logins::Settings { ttl: self.refresh_ttl, per_user: self.logins_per_user },
            attempts: self.attempts,
            rates: self.rates,
            sockets_per_user: self.sockets_per_user,
        }
    }
}
