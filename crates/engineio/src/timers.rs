//! A table of timers. A Durable Object has exactly one alarm, so every layer reports only its earliest deadline.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::Hash;

use crate::time::Time;

/// How many stale entries the heap may hold in addition to one for each timer.
const SLACK: usize = 64;

/// Deadlines by key: at most one a key, found by key or by time.
///
/// A heap, whose code is a fraction of a tree's: every type of key brings a copy. Entries that were replaced or cancelled stay in
/// it until they come first, or until they outnumber the timers.
pub struct Timers<K> {
    by_key: HashMap<K, Time>,
    by_time: BinaryHeap<Reverse<(Time, K)>>,
}

impl<K: Clone + Ord + Hash> Timers<K> {
    /// Sets the timer of `key`, in place of the one it had.
    pub fn set(&mut self, key: K, at: Time) {
        if self.by_key.insert(key.clone(), at) == Some(at) {
            return;
        }
        self.by_time.push(Reverse((at, key)));
        self.tidy();
    }

    /// Cancels the timer of `key`, if it has one.
    pub fn cancel(&mut self, key: K) {
        if self.by_key.remove(&key).is_some() {
            self.tidy();
        }
    }

    /// Removes and returns the earliest timer that is due at `now`.
    pub fn pop_due(&mut self, now: Time) -> Option<K> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, key)) = self.by_time.pop()?;
        self.by_key.remove(&key);
        self.tidy();
        Some(key)
    }

    /// The earliest deadline.
    pub fn next(&self) -> Option<Time> {
        self.by_time.peek().map(|Reverse((at, _))| *at)
    }

    /// Removes entries that are out of date: the first ones, and all of them if they are many.
    fn tidy(&mut self) {
        let Self { by_key, by_time } = self;
        let is_current = |Reverse((at, key)): &Reverse<(Time, K)>| by_key.get(key) == Some(at);
        while by_time.peek().is_some_and(|entry| !is_current(entry)) {
            by_time.pop();
        }
        if by_time.len() > 2 * by_key.len() + SLACK {
            by_time.retain(is_current);
        }
    }
}

impl<K: Ord> Default for Timers<K> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), by_time: BinaryHeap::new() }
    }
}
