//! The import of accounts from another server, with their password hashes.
//!
//! A script first judges the whole import, then writes it. An import can be repeated: each entry is judged by itself, and an
//! existing user keeps their password.

mod batch;

use serde::{Deserialize, Serialize};

use super::bcrypt::BcryptHash;
use super::username::Username;
use super::users;
use crate::refusal::Refusal;
use crate::storage::{Storage, StorageError};
pub use batch::{Batch, Results};
use engineio::Time;

/// The most entries in one batch.
pub const MAX_ENTRIES: usize = 100;

/// An account of the other server.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The displayed name.
    pub username: String,
    /// The bcrypt hash in text form.
    pub password_hash: String,
    /// The time of registration, in ISO 8601 with milliseconds.
    pub created_at: String,
}

/// The outcome of an entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The account can be created.
    New(Name),
    /// The account was created.
    Created(Name),
    /// An earlier import created the account.
    Present(Name),
    /// The account cannot be created.
    Refused {
        /// The name key, if the name is the obstacle.
        key: Option<String>,
        /// A stable `snake_case` code.
        code: String,
        /// A sentence for a person.
        error: String,
    },
}

/// The name of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Name {
    /// The displayed name.
    pub username: String,
    /// The name key: two entries with one key are one account.
    pub key: String,
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { key: None, code: refusal.code.into_owned(), error: refusal.message }
    }
}

impl Verdict {
    /// Refuses an entry because another account has its name.
    fn conflict(name: Name, code: &str, error: &str) -> Self {
        Self::Refused { key: Some(name.key), code: code.to_owned(), error: error.to_owned() }
    }

    fn key(&self) -> Option<&String> {
        match self {
            Self::New(name) | Self::Created(name) | Self::Present(name) => Some(&name.key),
            Self::Refused { key, .. } => key.as_ref(),
        }
    }
}

/// A valid entry.
struct Checked<'a> {
    name: Name,
    password_hash: &'a str,
    created_at: Time,
}

/// Judges every entry, and creates the accounts if `write`.
///
/// # Errors
/// [`StorageError`].
pub fn import(
    storage: &impl Storage,
    now: Time,
    entries: &[Entry],
    write: bool,
) -> Result<Vec<Verdict>, StorageError> {
    let mut verdicts: Vec<Verdict> = Vec::with_capacity(entries.len());
    for entry in entries {
        let verdict = match check(entry, now) {
            Ok(checked) if verdicts.iter().any(|earlier| earlier.key() == Some(&checked.name.key)) => {
                Verdict::conflict(checked.name, "username_repeated", "Another entry has the same name.")
            }
            Ok(checked) => settle(storage, checked, write)?,
            Err(refusal) => refusal.into(),
        };
        verdicts.push(verdict);
    }
    Ok(verdicts)
}

fn check(entry: &Entry, now: Time) -> Result<Checked<'_>, Refusal> {
    let username = Username::parse(&entry.username)?;
    username.check_registrable()?;
    BcryptHash::parse(&entry.password_hash)
        .map_err(|error| Refusal::invalid("hash_invalid", error.to_string()))?;
    let created_at = Time::parse(&entry.created_at).ok_or_else(|| {
        Refusal::invalid("date_invalid", "The date has to be in ISO 8601, and not before 1970.")
    })?;
    if created_at > now {
        return Err(Refusal::invalid("date_invalid", "The date is in the future."));
    }
    let name = Name { username: username.as_str().to_owned(), key: username.key().to_owned() };
    Ok(Checked { name, password_hash: &entry.password_hash, created_at })
}

fn settle(storage: &impl Storage, entry: Checked<'_>, write: bool) -> Result<Verdict, StorageError> {
    let Checked { name, password_hash, created_at } = entry;
    match users::find(storage, &name.key)? {
        // The hash cannot be compared: the first login replaces it.
        Some(user) if user.created_at == created_at => Ok(Verdict::Present(name)),
        Some(_) => {
            let error = "Another user of this server already has this name.";
            Ok(Verdict::conflict(name, "username_taken", error))
        }
        None if write => {
            users::create(storage, created_at, &name.key, &name.username, password_hash)?;
            Ok(Verdict::Created(name))
        }
        None => Ok(Verdict::New(name)),
    }
}
