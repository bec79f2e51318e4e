//! Password hashing and comparison. Every wrong password costs the same work.
//!
//! Work is counted in rounds of PBKDF2; a comparison by bcrypt counts as the rounds that take as long. Every refused login costs
//! the *common work*: that of a new hash, or of the most expensive stored hash if that is more. Idle rounds make up the
//! difference. Imported accounts, accounts hashed with fewer rounds, and unknown names therefore respond alike.

mod work;

use std::hint::black_box;

use super::bcrypt::BcryptHash;
use super::password::{HashError, Password, PasswordHash, Rounds, SALT_BYTES};
pub use work::{Hash, Replace, Verified, Verify, Work};

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

/// Hashes and compares passwords, and counts the rounds.
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
