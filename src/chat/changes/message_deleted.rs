//! `message_deleted`: a message was deleted.

use serde::Serialize;
use uuid::Uuid;

use super::Change;
use crate::chat::message::key;
use crate::storage::{Storage, StorageError};

/// The deletion of a message.
#[derive(Serialize)]
pub struct MessageDeleted {
    pub id: Uuid,
}

impl Change for MessageDeleted {
    const EVENT: &'static str = "message_deleted";

    fn message(&self) -> Uuid {
        self.id
    }

    /// Erases the text. The row stays, because its `client_id` recognises late retries.
    fn apply(&self, storage: &impl Storage) -> Result<(), StorageError> {
        storage.query("UPDATE messages SET text = '' WHERE id = ?1", &[key(self.id)])?;
        Ok(())
    }
}
