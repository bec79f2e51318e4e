//! The part of signalling that outlives the memory: when each user was last sent any.

use std::time::Duration;

use engineio::Time;

use super::Position;
use crate::storage::{Storage, StorageError, Value};

/// How exactly the database knows when a user was last sent signalling. A call thus writes one row for each side, not one for
/// each of its many events.
const PRECISION: Duration = Duration::from_secs(15);

/// The times at which users were last sent signalling, in the database.
pub struct Signalled<S>(S);

impl<S: Storage> Signalled<S> {
    /// Uses a database of the current version.
    pub fn new(storage: S) -> Self {
        Self(storage)
    }

    /// Notes that a user is sent signalling now.
    ///
    /// # Errors
    /// The database fails.
    pub fn note(&self, now: Time, name_key: &str) -> Result<(), StorageError> {
        let earlier = now.as_millis().saturating_sub(PRECISION.as_millis() as u64);
        self.0.query(
            "INSERT INTO signalled (name_key, at) VALUES (?1, ?2)
             ON CONFLICT (name_key) DO UPDATE SET at = excluded.at WHERE at <= ?3",
            &[name_key.into(), integer(now.as_millis()), integer(earlier)],
        )?;
        Ok(())
    }

    /// Whether a client at this position has received everything that the user was ever sent.
    ///
    /// # Errors
    /// The database fails.
    pub fn has_all(&self, name_key: &str, position: Position) -> Result<bool, StorageError> {
        let rows = self.0.query("SELECT at FROM signalled WHERE name_key = ?1", &[name_key.into()])?;
        let Some(mut row) = rows.into_iter().next() else { return Ok(true) };
        let at = u64::try_from(row.integer(0)?).unwrap_or_default();
        Ok(position.millis() > at + PRECISION.as_millis() as u64)
    }
}

fn integer(millis: u64) -> Value {
    Value::Integer(i64::try_from(millis).unwrap_or(i64::MAX))
}
