//! The retention limits of the history: a number of messages, an age, both or neither.
//!
//! Messages beyond the limits are deleted in the background and in small steps, so that clients do not wait. Counting each message
//! would write another row for it; instead, the room checks from time to time how far back the limit reaches.

use std::num::NonZeroU32;
use std::time::Duration;

use engineio::{Context, Time};
use socketio::{Action, Actions};
use uuid::Uuid;

use super::log::{self, Log};
use super::parts::Part;
use super::{Chat, Settings};
use crate::storage::{Storage, StorageError};

/// The most messages that are deleted at once.
pub const STEP: u32 = 500;

/// How long the room serves its clients between two steps.
const PAUSE: Duration = Duration::from_millis(100);

/// How long after an error the next attempt waits.
const RETRY: Duration = Duration::from_secs(60);

/// How often expired messages are swept. They are kept at most this much longer.
pub const ROUND: Duration = Duration::from_secs(3600);

/// The age below which every message is kept: clients may still recover or retry it.
pub const KEPT_AT_LEAST: Duration = Duration::from_secs(600);

/// The fewest messages between two checks of their number.
const FEWEST_BETWEEN_LOOKS: u32 = 64;

/// The retention limits.
#[derive(Clone, Copy, Default, Debug)]
pub struct Limits {
    /// The number of messages that are kept; `None` for all. The others are deleted about a sixteenth too late.
    pub messages: Option<NonZeroU32>,
    /// The age at which messages are deleted; `None` for never.
    pub age: Option<Duration>,
}

/// Enforces the retention limits.
pub struct Retention {
    limits: Limits,
    /// The time of the next check.
    due: Option<Time>,
    /// The newest message that is being deleted.
    through: Option<Uuid>,
}

impl Retention {
    /// Enforces `limits` in a room whose first message is of the time `oldest`.
    fn new(limits: Limits, oldest: Option<Time>) -> Self {
        let due = limits.age.zip(oldest).map(|(age, oldest)| oldest + age);
        Self { limits, due, through: None }
    }

    /// Schedules a check if a new message makes it necessary.
    pub fn added(&mut self, now: Time, id: Uuid) {
        if let Some(most) = self.limits.messages {
            // By the id's random bits instead of a counter, which an object that sleeps would forget.
            let between = (most.get() / 16).max(FEWEST_BETWEEN_LOOKS);
            if (id.as_u128() as u32).is_multiple_of(between) {
                self.check_by(now + PAUSE);
            }
        }
        if let Some(age) = self.limits.age {
            self.check_by(now + age);
        }
    }

    /// Deletes some of the messages beyond the limits, if a check is due.
    ///
    /// # Errors
    /// The database fails; the next attempt follows later.
    fn check<S: Storage>(&mut self, now: Time, log: &mut Log<S>) -> Result<(), StorageError> {
        if self.due.is_none_or(|due| due > now) {
            return Ok(());
        }
        self.due = Some(now + RETRY);
        let through = match self.through {
            Some(through) => Some(through),
            None => self.beyond_limits(now, log)?,
        };
        if let Some(through) = through
            && log.prune(through, STEP)?
        {
            self.through = Some(through);
            self.due = Some(now + PAUSE);
            return Ok(());
        }
        self.through = None;
        self.due = None;
        if let Some((age, oldest)) = self.limits.age.zip(log.oldest()?) {
            self.check_by((oldest + age).max(now + ROUND));
        }
        // The messages beyond the limit that are too young will be old enough then.
        if self.beyond_count(log)?.is_some() {
            self.check_by(now + KEPT_AT_LEAST);
        }
        Ok(())
    }

    /// The newest message that may be deleted.
    fn beyond_limits<S: Storage>(&self, now: Time, log: &Log<S>) -> Result<Option<Uuid>, StorageError> {
        let too_old = self.limits.age.map(|age| last_before(now, age));
        let through = too_old.max(self.beyond_count(log)?);
        Ok(through.map(|through| through.min(last_before(now, KEPT_AT_LEAST))))
    }

    /// The newest message beyond the limit of their number.
    fn beyond_count<S: Storage>(&self, log: &Log<S>) -> Result<Option<Uuid>, StorageError> {
        let last = self.limits.messages.map(|most| log.last_before_newest(most.get()));
        Ok(last.transpose()?.flatten())
    }

    fn check_by(&mut self, at: Time) {
        self.due = Some(self.due.map_or(at, |earlier| earlier.min(at)));
    }
}

impl<S: Storage + Clone> Part<S> for Retention {
    fn open(storage: &S, settings: &Settings) -> Result<Self, StorageError> {
        let oldest = log::oldest(storage)?;
        Ok(Self::new(settings.retention, oldest))
    }

    fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, actions: &mut Actions) {
        if let Err(error) = room.parts.retention.check(cx.now, &mut room.log) {
            actions.push(Action::Log(error.to_string()));
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.due
    }
}

/// The last id that a message of at least this age can have.
fn last_before(now: Time, age: Duration) -> Uuid {
    let millis = u128::from(now.as_millis()).saturating_sub(age.as_millis());
    Uuid::from_u128(((millis + 1) << 80) - 1)
}
