//! How much of the history is kept: a number of messages, a time, both or neither.
//!
//! What is too much goes in the background and in small steps, so that nobody waits for it. Messages are not counted one by
//! one, which would be another row written for each: from time to time it is looked how far back the limit reaches.

use std::num::NonZeroU32;
use std::time::Duration;

use uuid::Uuid;

use super::message::Messages;
use crate::storage::{Storage, StorageError};
use engineio::Time;

/// How many messages are deleted at once.
pub const STEP: u32 = 500;

/// How long the room serves its clients between two steps.
const PAUSE: Duration = Duration::from_millis(100);

/// How long after an error it is tried again.
const RETRY: Duration = Duration::from_secs(60);

/// How often it is looked after messages that have become too old. They are kept so much longer at most.
pub const ROUND: Duration = Duration::from_secs(3600);

/// What is kept in any case: what clients still come back for, and what they may still be sending again.
pub const KEPT_AT_LEAST: Duration = Duration::from_secs(600);

/// The fewest messages between two looks at their number.
const FEWEST_BETWEEN_LOOKS: u32 = 64;

/// How much is kept.
#[derive(Clone, Copy, Default, Debug)]
pub struct Limits {
    /// How many messages; none for all of them. Every so often, and so about a sixteenth too late, the others are deleted.
    pub messages: Option<NonZeroU32>,
    /// For how long; none for ever.
    pub age: Option<Duration>,
}

/// Sees to it that no more is kept than wanted.
pub struct Retention {
    limits: Limits,
    /// When to look next.
    due: Option<Time>,
    /// What is being deleted: everything up to this message.
    through: Option<Uuid>,
}

impl Retention {
    /// For a room in which the first message is of the time `oldest`.
    pub fn new(limits: Limits, oldest: Option<Time>) -> Self {
        let due = limits.age.zip(oldest).map(|(age, oldest)| oldest + age);
        Self { limits, due, through: None }
    }

    /// A message was added.
    pub fn added(&mut self, now: Time, id: Uuid) {
        if let Some(most) = self.limits.messages {
            // By the id's random bits instead of a counter, which an object that sleeps would forget.
            let between = (most.get() / 16).max(FEWEST_BETWEEN_LOOKS);
            if (id.as_u128() as u32).is_multiple_of(between) {
                self.look_by(now + PAUSE);
            }
        }
        if let Some(age) = self.limits.age {
            self.look_by(now + age);
        }
    }

    /// Deletes a little of what is too much, if it is time to.
    ///
    /// # Errors
    /// The database fails; it is tried again later.
    pub fn tick<S: Storage>(&mut self, now: Time, messages: &mut Messages<S>) -> Result<(), StorageError> {
        if self.due.is_none_or(|due| due > now) {
            return Ok(());
        }
        self.due = Some(now + RETRY);
        let through = match self.through {
            Some(through) => Some(through),
            None => self.too_much(now, messages)?,
        };
        if let Some(through) = through
            && messages.prune(through, STEP)?
        {
            self.through = Some(through);
            self.due = Some(now + PAUSE);
            return Ok(());
        }
        self.through = None;
        self.due = None;
        if let Some((age, oldest)) = self.limits.age.zip(messages.oldest()?) {
            self.look_by((oldest + age).max(now + ROUND));
        }
        // What is too much and too young to go will be old enough then.
        if self.beyond_count(messages)?.is_some() {
            self.look_by(now + KEPT_AT_LEAST);
        }
        Ok(())
    }

    /// The earliest moment at which [`Retention::tick`] is wanted.
    pub fn next_deadline(&self) -> Option<Time> {
        self.due
    }

    /// The newest message that is too much, but for those that are kept in any case.
    fn too_much<S: Storage>(&self, now: Time, messages: &Messages<S>) -> Result<Option<Uuid>, StorageError> {
        let too_old = self.limits.age.map(|age| last_before(now, age));
        let through = too_old.max(self.beyond_count(messages)?);
        Ok(through.map(|through| through.min(last_before(now, KEPT_AT_LEAST))))
    }

    /// The newest of the messages that are too many.
    fn beyond_count<S: Storage>(&self, messages: &Messages<S>) -> Result<Option<Uuid>, StorageError> {
        let last = self.limits.messages.map(|most| messages.last_before_newest(most.get()));
        Ok(last.transpose()?.flatten())
    }

    fn look_by(&mut self, at: Time) {
        self.due = Some(self.due.map_or(at, |earlier| earlier.min(at)));
    }
}

/// The last id that a message can have that is at least of this age.
fn last_before(now: Time, age: Duration) -> Uuid {
    let millis = u128::from(now.as_millis()).saturating_sub(age.as_millis());
    Uuid::from_u128(((millis + 1) << 80) - 1)
}
