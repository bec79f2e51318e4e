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

    /// Deletes the message, and keeps what recognises late retries of it and of its deletion.
    fn apply(&self, storage: &impl Storage) -> Result<(), StorageError> {
        storage.query(
            "INSERT INTO deleted_messages SELECT id, username, client_id FROM messages WHERE id = ?1",
            &[key(self.id)],
        )?;
        storage.query("DELETE FROM messages WHERE id = ?1", &[key(self.id)])?;
        Ok(())
    }
}
