//! The users of a room, and what the edge asks about them.

use serde::{Deserialize, Serialize};

use crate::storage::{Storage, StorageError, Value};
use crate::time::Time;

/// A question of the edge, which holds no data of its own. Names are given as [`super::username::Username`] has them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Creates a user, unless the name is taken.
    Create {
        /// The name as it is compared.
        name_key: String,
        /// The name as it is shown.
        username: String,
        /// In PHC string form.
        password_hash: String,
    },
    /// Looks a user up.
    Find {
        /// The name as it is compared.
        name_key: String,
    },
    /// Replaces the hash of a password, in case it still is the one given: a rehash with more rounds.
    Rehash {
        /// The name as it is compared.
        name_key: String,
        /// The hash to be replaced.
        before: String,
        /// The hash to replace it with.
        after: String,
    },
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The user exists now.
    Created,
    /// The name belongs to somebody.
    Taken,
    /// The user that was looked up.
    Found {
        /// The name as it is shown.
        username: String,
        /// In PHC string form.
        password_hash: String,
    },
    /// There is no such user.
    NotFound,
    /// The hash is replaced, or was no longer the one given.
    Rehashed,
}

/// Answers a question.
///
/// # Errors
/// The database fails.
pub fn answer(storage: &impl Storage, now: Time, request: &Request) -> Result<Response, StorageError> {
    match request {
        Request::Create { name_key, username, password_hash } => {
            let created = storage.query(
                "INSERT INTO users (name_key, username, password_hash, created_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO NOTHING RETURNING 1",
                &[
                    name_key.as_str().into(),
                    username.as_str().into(),
                    password_hash.as_str().into(),
                    Value::Integer(now.as_millis() as i64),
                ],
            )?;
            Ok(if created.is_empty() { Response::Taken } else { Response::Created })
        }
        Request::Find { name_key } => {
            let mut rows = storage.query(
                "SELECT username, password_hash FROM users WHERE name_key = ?1",
                &[name_key.as_str().into()],
            )?;
            match rows.first_mut() {
                Some(row) => Ok(Response::Found { username: row.text(0)?, password_hash: row.text(1)? }),
                None => Ok(Response::NotFound),
            }
        }
        Request::Rehash { name_key, before, after } => {
            storage.query(
                "UPDATE users SET password_hash = ?3 WHERE name_key = ?1 AND password_hash = ?2",
                &[name_key.as_str().into(), before.as_str().into(), after.as_str().into()],
            )?;
            Ok(Response::Rehashed)
        }
    }
}
