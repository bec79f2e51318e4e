//! The users of a room. Names are those of a [`Username`](super::username::Username); hashes are in text form.

use super::bcrypt;
use crate::storage::{Row, Storage, StorageError, Value};
use engineio::Time;

/// A user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The displayed name.
    pub username: String,
    /// The hash in text form.
    pub password_hash: String,
    /// The time of registration.
    pub created_at: Time,
}

/// Creates a user unless the name is taken. Returns whether the user is new.
///
/// # Errors
/// [`StorageError`].
pub fn create(
    storage: &impl Storage,
    created_at: Time,
    name_key: &str,
    username: &str,
    password_hash: &str,
) -> Result<bool, StorageError> {
    let created = storage.query(
        "INSERT INTO users (name_key, username, password_hash, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING RETURNING 1",
        &[
            name_key.into(),
            username.into(),
            password_hash.into(),
            Value::Integer(created_at.as_millis() as i64),
        ],
    )?;
    Ok(!created.is_empty())
}

/// Finds a user.
///
/// # Errors
/// [`StorageError`].
pub fn find(storage: &impl Storage, name_key: &str) -> Result<Option<User>, StorageError> {
    let mut rows = storage.query(
        "SELECT username, password_hash, created_at FROM users WHERE name_key = ?1",
        &[name_key.into()],
    )?;
    let Some(row) = rows.first_mut() else { return Ok(None) };
    let created_at = Time::from_millis(u64::try_from(row.integer(2)?).unwrap_or_default());
    Ok(Some(User { username: row.text(0)?, password_hash: row.text(1)?, created_at }))
}

/// Replaces a password's hash if it is still `before`. Returns whether it was.
///
/// # Errors
/// [`StorageError`].
pub fn replace_hash(
    storage: &impl Storage,
    name_key: &str,
    before: &str,
    after: &str,
) -> Result<bool, StorageError> {
    let replaced = storage.query(
        "UPDATE users SET password_hash = ?3 WHERE name_key = ?1 AND password_hash = ?2 RETURNING 1",
        &[name_key.into(), before.into(), after.into()],
    )?;
    Ok(!replaced.is_empty())
}

/// Returns the work of the most expensive hash, in rounds of PBKDF2; zero if no hash exceeds the minimum of `PASSWORD_ROUNDS`,
/// which every refused login costs anyway.
///
/// Both statements read the end of a partial index that holds such hashes only.
///
/// # Errors
/// [`StorageError`].
pub fn dearest_work(storage: &impl Storage) -> Result<u32, StorageError> {
    let rounds = storage.query(
        "SELECT CAST(substr(password_hash, 18) AS INTEGER) FROM users
         WHERE password_hash GLOB '$pbkdf2-sha512$i=*' AND CAST(substr(password_hash, 18) AS INTEGER) > 210000
         ORDER BY CAST(substr(password_hash, 18) AS INTEGER) DESC LIMIT 1",
        &[],
    )?;
    let cost = storage.query(
        "SELECT CAST(substr(password_hash, 5, 2) AS INTEGER) FROM users WHERE password_hash GLOB '$2*'
         ORDER BY CAST(substr(password_hash, 5, 2) AS INTEGER) DESC LIMIT 1",
        &[],
    )?;
    let number = |mut rows: Vec<Row>| rows.first_mut().map(|row| row.integer(0)).transpose();
    let rounds = number(rounds)?.and_then(|rounds| u32::try_from(rounds).ok()).unwrap_or_default();
    let cost = number(cost)?.and_then(|cost| u32::try_from(cost).ok());
    let cost = cost.filter(|cost| bcrypt::COSTS.contains(cost));
    Ok(rounds.max(cost.map_or(0, bcrypt::work)))
}
