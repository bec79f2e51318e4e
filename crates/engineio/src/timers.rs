//! A table of timers. A Durable Object has exactly one alarm, so every layer reports only its earliest deadline.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use crate::time::Time;

/// Deadlines by key: at most one a key, found by key or by time.
pub struct Timers<K> {
    by_key: HashMap<K, Time>,
    by_time: BTreeSet<(Time, K)>,
}

impl<K: Clone + Ord + Hash> Timers<K> {
    /// Sets the timer of `key`, in place of the one it had.
    pub fn set(&mut self, key: K, at: Time) {
        if let Some(before) = self.by_key.insert(key.clone(), at) {
            self.by_time.remove(&(before, key.clone()));
        }
        self.by_time.insert((at, key));
    }

    /// Forgets the timer of `key`, if it has one.
    pub fn cancel(&mut self, key: K) {
        if let Some(at) = self.by_key.remove(&key) {
            self.by_time.remove(&(at, key));
        }
    }

    /// Removes and returns the earliest timer that is due at `now`.
    pub fn pop_due(&mut self, now: Time) -> Option<K> {
        if self.by_time.first()?.0 > now {
            return None;
        }
        let (_, key) = self.by_time.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Time> {
        self.by_time.first().map(|(at, _)| *at)
    }
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), by_time: BTreeSet::new() }
    }
}
