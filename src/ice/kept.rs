//! Credentials that were asked for, kept for those who ask again: one answer a user.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::Time;

/// How many users' answers are kept at once; a further one takes the place of the oldest.
pub const MAX_KEPT: usize = 1_000;

/// How long a failure is kept: a service that is down is not asked for every request.
pub const FAILURE_KEPT_FOR: Duration = Duration::from_secs(10);

/// Answers that have come or are on their way.
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
    /// Nothing yet. Credentials live for `ttl` from the moment at which they were asked for.
    pub fn new(ttl: Duration) -> Self {
        Self { ttl, by_user: HashMap::new() }
    }

    /// The answer to a user who asks, and when it was asked for; `ask` is for one who has none. One is handed out for half of its
    /// life, so that whoever gets it can use it for the other half.
    pub fn get_or(&mut self, now: Time, user: &str, ask: impl FnOnce() -> T) -> (Time, T) {
        // One of the future is from before the clock was set back: nobody knows how old it is.
        if let Some(kept) = self.by_user.get(user).filter(|kept| kept.asked_at <= now && now < kept.until) {
            return (kept.asked_at, kept.value.clone());
        }
        self.make_room(now);
        let value = ask();
        let answer = Answer { asked_at: now, until: now + self.ttl / 2, value: value.clone() };
        self.by_user.insert(user.into(), answer);
        (now, value)
    }

    /// The answer that was asked for at `asked_at` turned out to be a failure.
    pub fn failed(&mut self, now: Time, user: &str, asked_at: Time) {
        if let Some(kept) = self.by_user.get_mut(user).filter(|kept| kept.asked_at == asked_at) {
            kept.until = kept.until.min(now + FAILURE_KEPT_FOR);
        }
    }

    /// How many answers are kept.
    pub fn len(&self) -> usize {
        self.by_user.len()
    }

    /// Whether none is.
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
