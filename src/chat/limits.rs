//! How fast users may send: token buckets in memory, one of each kind a user, however many sockets the user has.
//!
//! A bucket holds a quarter of a minute's worth and fills steadily. It is kept as the moment at which it will be full again
//! (the generic cell rate algorithm), so that a bucket that is full needs not be kept at all.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use crate::refusal::Refusal;
use engineio::Time;

/// The part of a minute's worth that may be sent at once.
const BURST: u32 = 4;

/// So many users are not worth looking for full buckets.
const FEW_USERS: usize = 64;

/// What a user may do in a minute; each at least once, at most 60,000 times.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// `send_message`.
    pub messages: u32,
    /// `load_history`, over REST too.
    pub history_loads: u32,
    /// `call_user` and `call_answer`.
    pub calls: u32,
    /// `ice_candidate`, and whatever else there is.
    pub candidates: u32,
    /// Joining the room, be it from one connection again and again.
    pub connects: u32,
}

/// The kinds of events that are counted together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `send_message`.
    Message,
    /// `load_history`.
    HistoryLoad,
    /// `call_user` and `call_answer`.
    Call,
    /// Everything else: candidates come in swarms, and ending a call must not fail for having called too often.
    Other,
    /// Joining the room, which sends the history or what was missed.
    Connect,
}

impl Kind {
    /// The kind of the event with this name.
    pub fn of(event: &str) -> Self {
        match event {
            "send_message" => Self::Message,
            "load_history" => Self::HistoryLoad,
            "call_user" | "call_answer" => Self::Call,
            _ => Self::Other,
        }
    }
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

/// The buckets of all users that have sent something lately.
pub struct Buckets {
    rates: Rates,
    /// For each kind the moment at which the bucket is full again.
    full_at: HashMap<Rc<str>, [Time; 5]>,
    sweep_at_len: usize,
}

impl Buckets {
    /// Full buckets.
    pub fn new(rates: Rates) -> Self {
        Self { rates, full_at: HashMap::new(), sweep_at_len: FEW_USERS }
    }

    /// Takes a token out of a user's bucket.
    ///
    /// # Errors
    /// It is empty: a refusal with the code `rate_limited` that says when the next token drops in.
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
            // It cannot be: the clock has gone back.
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

    /// How long it takes for one token to drop in.
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
