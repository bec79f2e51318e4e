//! Hashing and comparing passwords, with the same work for every wrong one.
//!
//! Work is counted in rounds of PBKDF2; a comparison by bcrypt counts as the rounds that take as long. Every refused login costs
//! the *common work*: that of a new hash, or of the most expensive stored hash if that is more. Idle rounds make up the
//! difference. Imported accounts, accounts hashed with fewer rounds, and unknown names therefore respond alike.

use std::hint::black_box;

use serde::{Deserialize, Serialize};

use super::bcrypt::BcryptHash;
use super::password::{HashError, MAX_ROUNDS, Password, PasswordHash, Rounds, SALT_BYTES};

/// The text hashed in idle rounds.
const NO_PASSWORD: &str = "not anybody's password";

/// The stored hash of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoredHash {
    /// A hash of this server.
    Pbkdf2(PasswordHash),
    /// A hash imported from a Node server.
    Bcrypt(BcryptHash),
}

impl StoredHash {
    /// Reads a hash in text form.
    ///
    /// # Errors
    /// [`HashError`].
    pub fn parse(text: &str) -> Result<Self, HashError> {
        if text.starts_with("$2") {
            BcryptHash::parse(text).map(Self::Bcrypt)
        } else {
            PasswordHash::parse(text).map(Self::Pbkdf2)
        }
    }

    /// Returns the work of a comparison, in rounds.
    pub fn work(&self) -> u32 {
        match self {
            Self::Pbkdf2(hash) => hash.rounds().get(),
            Self::Bcrypt(hash) => hash.work(),
        }
    }

    fn verify(&self, password: &Password) -> bool {
        match self {
            Self::Pbkdf2(hash) => hash.verify(password),
            Self::Bcrypt(hash) => hash.verify(password),
        }
    }

    fn needs_rehash(&self, rounds: Rounds) -> bool {
        match self {
            Self::Pbkdf2(hash) => hash.needs_rehash(rounds),
            Self::Bcrypt(_) => true,
        }
    }
}

/// A piece of work. Passwords are as they were typed, hashes in their text form.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Hash a new password, whose length the caller has checked.
    Hash {
        /// The password.
        password: String,
    },
    /// Compare a password with a hash.
    Verify {
        /// The password, of any length.
        password: String,
        /// `None` for a user who does not exist, which takes as long.
        hash: Option<String>,
        /// The work of comparing with the dearest hash that any account has, in rounds.
        dearest: u32,
    },
    /// Hash a new password, if the current one matches its hash.
    Replace {
        /// The current password, of any length.
        current: String,
        /// The new one, whose length the caller has checked.
        new: String,
        /// The hash of the current one.
        hash: String,
    },
}

/// The result of a piece of [`Work`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The hash of the new password.
    Hashed(String),
    /// The password is the right one. If its hash is not of the kind and the work of new ones, a hash that is comes with it.
    Right {
        /// The hash to replace the present one with.
        rehash: Option<String>,
    },
    /// The password is not the right one.
    Wrong,
}

/// Carries out [`Work`], and counts the rounds.
pub struct Hasher {
    rounds: Rounds,
    spent: u32,
}

impl Hasher {
    /// Creates a hasher that gives new hashes this many rounds.
    pub fn new(rounds: Rounds) -> Self {
        Self { rounds, spent: 0 }
    }

    /// Returns the work done so far, in rounds.
    pub fn spent(&self) -> u32 {
        self.spent
    }

    /// Carries out a piece of work. `salt` must be fresh random bytes for every call.
    ///
    /// # Errors
    /// [`HashError`]: the hash given cannot be read.
    pub fn carry_out(&mut self, work: Work, salt: [u8; SALT_BYTES]) -> Result<Outcome, HashError> {
        Ok(match work {
            Work::Hash { password } => Outcome::Hashed(self.hash(&Password::typed(&password), salt)),
            Work::Verify { password, hash, dearest } => {
                let password = Password::typed(&password);
                let hash = hash.as_deref().map(StoredHash::parse).transpose()?;
                match hash.filter(|hash| self.compare(hash, &password)) {
                    Some(hash) => {
                        let rehash = hash.needs_rehash(self.rounds).then(|| self.hash(&password, salt));
                        Outcome::Right { rehash }
                    }
                    None => {
                        let common = self.rounds.get().max(dearest.min(MAX_ROUNDS));
                        self.idle(common.saturating_sub(self.spent));
                        Outcome::Wrong
                    }
                }
            }
            Work::Replace { current, new, hash } => {
                let hash = StoredHash::parse(&hash)?;
                if self.compare(&hash, &Password::typed(&current)) {
                    Outcome::Hashed(self.hash(&Password::typed(&new), salt))
                } else {
                    Outcome::Wrong
                }
            }
        })
    }

    fn compare(&mut self, hash: &StoredHash, password: &Password) -> bool {
        self.spent += hash.work();
        hash.verify(password)
    }

    fn hash(&mut self, password: &Password, salt: [u8; SALT_BYTES]) -> String {
        self.spent += self.rounds.get();
        password.hash(salt, self.rounds).as_str().to_owned()
    }

    fn idle(&mut self, rounds: u32) {
        let Some(rounds) = Rounds::new(rounds) else { return };
        self.spent += rounds.get();
        black_box(Password::typed(NO_PASSWORD).hash([0; SALT_BYTES], rounds));
    }
}
