//! When the server pings, and how long a silent peer is believed to be alive.
//!
//! All sessions are pinged together, at moments that follow from the clock alone: an object that sleeps between
//! heartbeats is woken once for all of them, and knows the next moment without having stored it.

use std::time::Duration;

use crate::config::Config;
use crate::time::Time;

/// The common rhythm of all sessions.
///
/// The period is halfway between `pingTimeout` and `pingInterval` + `pingTimeout`, at most `pingInterval`: a peer that
/// falls silent misses a heartbeat within `pingInterval` + `pingTimeout`, and one that has answered the last gets at least
/// `pingTimeout` to answer each; to answer its first, a new one has at least a quarter of `pingInterval` + `pingTimeout`.
#[derive(Clone, Copy, Debug)]
pub struct Heartbeat {
    period: Duration,
    lifetime: Duration,
}

impl Heartbeat {
    /// The rhythm for a configuration whose `ping_timeout` does not exceed its `ping_interval`.
    pub fn new(config: &Config) -> Self {
        let lifetime = config.ping_interval + config.ping_timeout;
        Self { period: lifetime / 2, lifetime }
    }

    /// The first heartbeat after `now`.
    pub fn after(self, now: Time) -> Time {
        let period = self.period.as_millis().max(1) as u64;
        Time::from_millis((now.as_millis() / period + 1) * period)
    }

    /// Whether a session that was opened at `opened_at` takes part in a heartbeat at `now`. A new one is left in peace
    /// for half a period: its handshake has just shown that it is alive.
    pub fn concerns(self, opened_at: Time, now: Time) -> bool {
        now.since(opened_at) >= self.period / 2
    }

    /// How much longer than that a peer may be kept, so that many are given up together.
    pub fn patience(self) -> Duration {
        self.lifetime / 64
    }

    /// When a peer that was last heard at `heard_at` is given up: `pingInterval` + `pingTimeout` later.
    pub fn expiry(self, heard_at: Time) -> Time {
        heard_at + self.lifetime
    }
}
