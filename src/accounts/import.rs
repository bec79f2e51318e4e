//! Accounts of another server, brought over with the hashes of their passwords.
//!
//! An import is checked as a whole before anything is written, and may be repeated: each entry is judged by itself, and one that
//! is there already is left as it is. A user who exists keeps their password, whatever an entry says.

use serde::{Deserialize, Serialize};

use super::bcrypt::BcryptHash;
use super::username::Username;
use super::users;
use crate::refusal::Refusal;
use crate::storage::{Storage, StorageError};
use engineio::Time;

/// The most entries in one batch.
pub const MAX_ENTRIES: usize = 100;

/// An account of another server.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The name that the account is to have.
    pub username: String,
    /// A bcrypt hash in its text form.
    pub password_hash: String,
    /// When the user registered, in ISO 8601 with milliseconds.
    pub created_at: String,
}

/// The outcome of an entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It can be brought over.
    New(Name),
    /// It has been brought over.
    Created(Name),
    /// It was brought over before.
    Present(Name),
    /// It cannot be brought over as it is.
    Refused {
        /// The name as it is compared, if that is what stands in the way.
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
    /// As it is shown.
    pub username: String,
    /// As it is compared: two entries with one key are one account.
    pub key: String,
}

impl From<Refusal> for Verdict {
    fn from(refusal: Refusal) -> Self {
        Self::Refused { key: None, code: refusal.code.to_owned(), error: refusal.message }
    }
}

impl Verdict {
    /// An entry whose name is another account's.
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

/// An entry with nothing wrong in itself.
struct Checked<'a> {
    name: Name,
    password_hash: &'a str,
    created_at: Time,
}

/// Judges every entry, and creates the accounts if `write` says so.
///
/// # Errors
/// The database fails.
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
    let created_at = Time::parse(&entry.created_at)
        .ok_or_else(|| Refusal::invalid("date_invalid", "The date is not one in ISO 8601 since 1970."))?;
    if created_at > now {
        return Err(Refusal::invalid("date_invalid", "The date is in the future."));
    }
    let name = Name { username: username.as_str().to_owned(), key: username.key().to_owned() };
    Ok(Checked { name, password_hash: &entry.password_hash, created_at })
}

fn settle(storage: &impl Storage, entry: Checked<'_>, write: bool) -> Result<Verdict, StorageError> {
    let Checked { name, password_hash, created_at } = entry;
    match users::find(storage, &name.key)? {
        // The hash says nothing: after the first login it is another one.
        Some(user) if user.created_at == created_at => Ok(Verdict::Present(name)),
        Some(_) => {
            let error = "Another user of this server has the name already.";
            Ok(Verdict::conflict(name, "username_taken", error))
        }
        None if write => {
            users::create(storage, created_at, &name.key, &name.username, password_hash)?;
            Ok(Verdict::Created(name))
        }
        None => Ok(Verdict::New(name)),
    }
}
