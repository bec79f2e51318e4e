//! A cache of credentials, one answer per user.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::Time;

/// The most answers in the cache. A further one replaces the oldest.
pub const MAX_KEPT: usize = 1_000;

/// How long a failure is cached. It spares a service that is down further requests.
pub const FAILURE_KEPT_FOR: Duration = Duration::from_secs(10);

/// Answers that have arrived or are pending.
pub struct Kept<T> {
    ttl: Duration,
    by_user: HashMap<Rc<str>, Answer<T>>,
}

struct Answer<T> {
    asked_at: Time,
    until: Time,
    value: T,
}

impl<T: Clone> Kept<T> {
    /// Creates an empty cache. Credentials live for `ttl` from the time of the request.
    pub fn new(ttl: Duration) -> Self {
        Self { ttl, by_user: HashMap::new() }
    }

    /// Returns the user's answer and the time of its request, after calling `ask` if there is none. An answer is reused for half
    /// of its lifetime, so that a client can use it for the other half.
    pub fn get_or(&mut self, now: Time, user: &str, ask: impl FnOnce() -> T) -> (Time, T) {
        // An answer from the future has an unknown age: the clock was set back.
        if let Some(kept) = self.by_user.get(user).filter(|kept| kept.asked_at <= now && now < kept.until) {
            return (kept.asked_at, kept.value.clone());
        }
        self.make_room(now);
        let value = ask();
        let answer = Answer { asked_at: now, until: now + self.ttl / 2, value: value.clone() };
        self.by_user.insert(user.into(), answer);
        (now, value)
    }

    /// Marks the answer requested at `asked_at` as a failure.
    pub fn failed(&mut self, now: Time, user: &str, asked_at: Time) {
        if let Some(kept) = self.by_user.get_mut(user).filter(|kept| kept.asked_at == asked_at) {
            kept.until = kept.until.min(now + FAILURE_KEPT_FOR);
        }
    }

    /// Returns the number of answers.
    pub fn len(&self) -> usize {
        self.by_user.len()
    }

    /// Returns whether the cache is empty.
    pub fn is_empty(&self) -> bool {
        self.by_user.is_empty()
    }

    fn make_room(&mut self, now: Time) {
        if self.by_user.len() < MAX_KEPT {
            return;
        }
        self.by_user.retain(|_, kept| now < kept.until);
        if self.by_user.len() >= MAX_KEPT
            && let Some(oldest) = self.by_user.iter().min_by_key(|(_, kept)| kept.asked_at)
        {
            let oldest = oldest.0.clone();
            self.by_user.remove(&oldest);
        }
    }
}
