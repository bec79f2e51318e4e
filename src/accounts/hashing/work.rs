//! The questions to a password hasher, each with its parameters, its answer and its work.
//!
//! Passwords are as typed, hashes in text form.

use serde::{Deserialize, Serialize};

use super::{Hasher, StoredHash};
use crate::accounts::password::{HashError, MAX_ROUNDS, Password, SALT_BYTES};
use crate::accounts::refusals::{wrong_credentials, wrong_password};
use crate::questions::{Question, Response};

/// A question to a password hasher.
pub trait Work: Question {
    /// Does the work. Pass new random bytes as `salt` in each call.
    ///
    /// # Errors
    /// [`HashError`]: the given hash is damaged.
    fn carry_out(self, hasher: &mut Hasher, salt: [u8; SALT_BYTES]) -> Result<Response<Self>, HashError>;
}

/// Hashes a new password, whose length the caller has checked.
#[derive(Serialize, Deserialize)]
pub struct Hash {
    /// The password.
    pub password: String,
}

impl Question for Hash {
    const NAME: &'static str = "hash";
    /// The hash.
    type Answer = String;
}

impl Work for Hash {
    fn carry_out(self, hasher: &mut Hasher, salt: [u8; SALT_BYTES]) -> Result<Response<Self>, HashError> {
        Ok(Ok(hasher.hash(&Password::typed(&self.password), salt)))
    }
}

/// Compares a password with a hash.
#[derive(Serialize, Deserialize)]
pub struct Verify {
    /// The password, of any length.
    pub password: String,
    /// The hash; `None` for an unknown user, which is the same work.
    pub hash: Option<String>,
    /// The work of the most expensive hash of any account, in rounds.
    pub dearest: u32,
}

/// The right password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// A replacement for a hash that is not of the kind and the work of new ones.
    pub rehash: Option<String>,
}

impl Question for Verify {
    const NAME: &'static str = "verify";
    type Answer = Verified;
}

impl Work for Verify {
    fn carry_out(self, hasher: &mut Hasher, salt: [u8; SALT_BYTES]) -> Result<Response<Self>, HashError> {
        let password = Password::typed(&self.password);
        let hash = self.hash.as_deref().map(StoredHash::parse).transpose()?;
        let Some(hash) = hash.filter(|hash| hasher.compare(hash, &password)) else {
            let common = hasher.rounds.get().max(self.dearest.min(MAX_ROUNDS));
            hasher.idle(common.saturating_sub(hasher.spent));
            return Ok(Err(wrong_credentials()));
        };
        let rehash = hash.needs_rehash(hasher.rounds).then(|| hasher.hash(&password, salt));
        Ok(Ok(Verified { rehash }))
    }
}

/// Hashes a new password if the current one is right.
#[derive(Serialize, Deserialize)]
pub struct Replace {
    /// The current password, of any length.
    pub current: String,
    /// The new password, whose length the caller has checked.
    pub new: String,
    /// The hash of the current password.
    pub hash: String,
}

impl Question for Replace {
    const NAME: &'static str = "replace";
    /// The hash of the new password.
    type Answer = String;
}

impl Work for Replace {
    fn carry_out(self, hasher: &mut Hasher, salt: [u8; SALT_BYTES]) -> Result<Response<Self>, HashError> {
        let hash = StoredHash::parse(&self.hash)?;
        if !hasher.compare(&hash, &Password::typed(&self.current)) {
            return Ok(Err(wrong_password()));
        }
        Ok(Ok(hasher.hash(&Password::typed(&self.new), salt)))
    }
}
