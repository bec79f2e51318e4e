//! The changes to messages: one file each, with the event, its payload, and the effect on the stored message.
//!
//! To add a change, write its file and add its module below. Recovery needs to know nothing of it.

pub mod message_deleted;

use serde::Serialize;

use crate::storage::{Storage, StorageError};

/// A change to a message. It serialises as the argument of its event, and is stored like this.
pub trait Change: Serialize {
    /// The event that tells clients of the change. Stored, so it never changes.
    const EVENT: &'static str;

    /// Changes the stored message, in the transaction that stores the change.
    ///
    /// # Errors
    /// The database fails.
    fn apply(&self, storage: &impl Storage) -> Result<(), StorageError>;
}
