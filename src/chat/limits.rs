//! The rate limits: token buckets in memory, one of each kind for a user, however many sockets the user has.
//!
//! A bucket holds a quarter of a minute's tokens and fills steadily. It is kept as the moment at which it will be full again
//! (the generic cell rate algorithm), so that full buckets need not be kept.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::Time;

use crate::refusal::Refusal;

/// The fraction of a minute's tokens that a bucket holds.
const BURST: u32 = 4;

/// The most users without a sweep of full buckets.
const FEW_USERS: usize = 64;

/// The rates of a user, per minute: each from 1 to 60,000.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// `send_message` and `delete_message`.
    pub messages: u32,
    /// `load_history`, over REST too.
    pub history_loads: u32,
    /// `call_user` and `call_answer`.
    pub calls: u32,
    /// `ice_candidate`, and all other events.
    pub candidates: u32,
    /// Joining the room, also repeatedly over one connection.
    pub connects: u32,
}

/// The kinds of buckets. Events of one kind share a bucket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `send_message` and `delete_message`: everyone is told.
    Message,
    /// `load_history`.
    HistoryLoad,
    /// `call_user` and `call_answer`.
    Call,
    /// All other events: candidates come in swarms, and ending a call must not fail for having called too often.
    Other,
    /// Joining the room, which sends the history or the missed events.
    Connect,
}

impl Rates {
    fn of(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Message => self.messages,
            Kind::HistoryLoad => self.history_loads,
            Kind::Call => self.calls,
            Kind::Other => self.candidates,
            Kind::Connect => self.connects,
        }
    }
}

/// The buckets of all users who have sent something lately.
pub struct Buckets {
    rates: Rates,
    /// The moments at which the buckets of each kind are full again.
    full_at: HashMap<Rc<str>, [Time; 5]>,
    sweep_at_len: usize,
}

impl Buckets {
    /// Makes full buckets.
    pub fn new(rates: Rates) -> Self {
        Self { rates, full_at: HashMap::new(), sweep_at_len: FEW_USERS }
    }

    /// Takes a token out of a user's bucket.
    ///
    /// # Errors
    /// The bucket is empty: a refusal with the code `rate_limited` that says when the next token is there.
    pub fn take(&mut self, now: Time, name_key: &str, kind: Kind) -> Result<(), Refusal> {
        let rate = self.rates.of(kind);
        let period = self.period(kind);
        let burst = (rate / BURST).max(1);
        if !self.full_at.contains_key(name_key) {
            self.sweep(now);
            self.full_at.insert(name_key.into(), [now; 5]);
        }
        let Some(full_at) = self.full_at.get_mut(name_key).map(|all| &mut all[kind as usize]) else {
            return Ok(());
        };
        let empty = period * burst;
        let mut missing = full_at.since(now);
        if missing > empty {
            // Impossible, unless the clock has gone back.
            missing = Duration::ZERO;
        }
        let retry_after = (missing + period).saturating_sub(empty);
        if !retry_after.is_zero() {
            return Err(Refusal::too_many(
                "rate_limited",
                "You're sending too quickly. Try again in a moment.",
                retry_after,
            ));
        }
        *full_at = now + missing + period;
        Ok(())
    }

    /// The time that it takes to gain one token.
    pub fn period(&self, kind: Kind) -> Duration {
        Duration::from_secs(60) / self.rates.of(kind).max(1)
    }

    /// Forgets the buckets that are full, once there are twice as many as the last time.
    fn sweep(&mut self, now: Time) {
        if self.full_at.len() >= self.sweep_at_len {
            self.full_at.retain(|_, all| all.iter().any(|&full_at| full_at > now));
            self.sweep_at_len = FEW_USERS.max(2 * self.full_at.len());
        }
    }
}
