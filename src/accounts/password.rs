//! Passwords and their hashes: PBKDF2-HMAC-SHA512 (RFC 8018, section 5.2) in PHC string form.
//!
//! Hashing and verifying take tens to hundreds of milliseconds by design; [`super::hashing`] is the work for an object of its
//! own.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use natter_key_derivation::pbkdf2_hmac_sha512;
use subtle::ConstantTimeEq as _;

pub use super::hash_error::{HashError, MAX_ROUNDS};
use super::username::Username;
use crate::refusal::Refusal;
use crate::unicode::{lowercase, nfc};

/// The default for the fewest characters of a new password, in Unicode scalar values after normalisation.
pub const DEFAULT_MIN_CHARS: u32 = 8;
/// The most characters of a new password, counted likewise.
pub const MAX_CHARS: usize = 128;
/// The bytes of salt of a new hash.
pub const SALT_BYTES: usize = 16;
/// The default for the rounds of a new hash: OWASP's recommendation for PBKDF2-HMAC-SHA512.
pub const DEFAULT_ROUNDS: Rounds = Rounds(210_000);

/// The most UTF-8 bytes that can normalise to [`MAX_CHARS`]: NFC composes at most four scalar values into one.
const MAX_BYTES: usize = MAX_CHARS * 4 * 4;
const HASH_BYTES: usize = 32;
const ALGORITHM: &str = "pbkdf2-sha512";
/// The lengths of stored salts.
const STORED_SALT_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
/// The most bytes of a stored hash: enough for the longest salt and the most rounds.
const MAX_PHC_BYTES: usize = 192;

/// The thousand most common leaked passwords of at least eight characters, without dates, in lower case, from the frequency
/// lists of zxcvbn (MIT).
const COMMON: &str = include_str!("common_passwords.txt");
/// The three hundred most common of six and seven characters, for servers that allow those.
const COMMON_SHORT: &str = include_str!("common_short_passwords.txt");

/// A password. `Debug` does not show it.
#[derive(Clone)]
pub struct Password {
    typed: String,
    /// The normalised form that PBKDF2 hashes.
    prepared: String,
}

impl Password {
    /// Reads a new password. Any character is allowed.
    ///
    /// # Errors
    /// A refusal with the code `password_invalid` if it has fewer than `min_chars` characters, or more than [`MAX_CHARS`].
    pub fn parse(text: &str, min_chars: u32) -> Result<Self, Refusal> {
        if text.len() > MAX_BYTES {
            return Err(wrong_length(min_chars));
        }
        let password = Self::typed(text);
        let allowed = min_chars as usize..=MAX_CHARS;
        if allowed.contains(&password.prepared.chars().count()) {
            Ok(password)
        } else {
            Err(wrong_length(min_chars))
        }
    }

    /// Reads a password to compare. Its length is not checked, because other rules may have applied when it was chosen.
    ///
    /// Preparation follows OpaqueString (RFC 8265, section 4.2): spaces of any kind become U+0020, and the text becomes NFC, so
    /// that the same keys on another system give the same password. Case and width stay.
    pub fn typed(text: &str) -> Self {
        let spaced: String = text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
        Self { typed: text.to_owned(), prepared: nfc(&spaced) }
    }

    /// Returns the password as typed.
    pub(super) fn as_typed(&self) -> &str {
        &self.typed
    }

    /// Checks that the password is not among those an attacker tries first.
    ///
    /// # Errors
    /// A refusal with the code `password_common` if the password is among the most common, or is the user's name.
    pub fn check_uncommon(&self, name_key: &str) -> Result<(), Refusal> {
        let lower = lowercase(&self.prepared);
        let is_name = Username::parse(&self.prepared).is_ok_and(|name| name.key() == name_key);
        if is_name || COMMON.lines().chain(COMMON_SHORT.lines()).any(|common| common == lower) {
            let sentence = "This password is too easy to guess. Please choose another one.";
            return Err(Refusal::invalid("password_common", sentence));
        }
        Ok(())
    }

    /// Hashes the password. `salt` must be fresh random bytes for every call.
    pub fn hash(&self, salt: [u8; SALT_BYTES], rounds: Rounds) -> PasswordHash {
        PasswordHash::new(rounds, salt.to_vec(), self.derive(&salt, rounds))
    }

    fn derive(&self, salt: &[u8], rounds: Rounds) -> [u8; HASH_BYTES] {
        pbkdf2_hmac_sha512(self.prepared.as_bytes(), salt, rounds.0)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(redacted)")
    }
}

fn wrong_length(min_chars: u32) -> Refusal {
    Refusal::invalid(
        "password_invalid",
        format!("A password must have {min_chars} to {MAX_CHARS} characters."),
    )
}

/// Returns whether `c` is of General_Category Zs, which excludes line breaks and tabs.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// A number of PBKDF2 rounds, from 1 to [`MAX_ROUNDS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rounds(u32);

impl Rounds {
    /// Returns `None` for zero and for more than [`MAX_ROUNDS`].
    pub const fn new(rounds: u32) -> Option<Self> {
        if rounds >= 1 && rounds <= MAX_ROUNDS { Some(Self(rounds)) } else { None }
    }

    /// Returns the number of rounds.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// A stored password hash: `$pbkdf2-sha512$i=<rounds>,l=32$<salt>$<hash>`, with salt and hash in base64 without padding.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash {
    rounds: Rounds,
    salt: Vec<u8>,
    hash: [u8; HASH_BYTES],
    phc: String,
}

impl PasswordHash {
    fn new(rounds: Rounds, salt: Vec<u8>, hash: [u8; HASH_BYTES]) -> Self {
        let mut phc = format!("${ALGORITHM}$i={},l={HASH_BYTES}$", rounds.0);
        STANDARD_NO_PAD.encode_string(&salt, &mut phc);
        phc.push('$');
        STANDARD_NO_PAD.encode_string(hash, &mut phc);
        Self { rounds, salt, hash, phc }
    }

    /// Reads a stored hash in the form of [`PasswordHash::as_str`], with a salt of 8 to 64 bytes.
    ///
    /// # Errors
    /// [`HashError`]: the stored hash is damaged, which is never the caller's fault.
    pub fn parse(phc: &str) -> Result<Self, HashError> {
        if phc.len() > MAX_PHC_BYTES {
            return Err(HashError::Malformed);
        }
        let fields: Vec<&str> = phc.split('$').collect();
        let ["", algorithm, parameters, salt, hash] = fields[..] else {
            return Err(HashError::Malformed);
        };
        if algorithm != ALGORITHM {
            return Err(HashError::UnknownAlgorithm);
        }
        let rounds = parameters
            .strip_prefix("i=")
            .and_then(|rest| rest.strip_suffix(",l=32"))
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
            .ok_or(HashError::Malformed)?;
        // A number beyond u32 is out of bounds too.
        let rounds = rounds.parse().ok().and_then(Rounds::new).ok_or(HashError::RoundsOutOfBounds)?;
        let salt = STANDARD_NO_PAD.decode(salt).map_err(|_| HashError::Malformed)?;
        let hash = STANDARD_NO_PAD.decode(hash).map_err(|_| HashError::Malformed)?;
        let hash = hash.try_into().map_err(|_| HashError::Malformed)?;
        if !STORED_SALT_BYTES.contains(&salt.len()) {
            return Err(HashError::Malformed);
        }
        let read = Self::new(rounds, salt, hash);
        // A hash has one spelling: leading zeros and the like are damage.
        if read.phc == phc { Ok(read) } else { Err(HashError::Malformed) }
    }

    /// Returns the rounds of the hash.
    pub fn rounds(&self) -> Rounds {
        self.rounds
    }

    /// Returns the PHC string to store.
    pub fn as_str(&self) -> &str {
        &self.phc
    }

    /// Returns whether `password` is the hashed one, comparing in constant time.
    pub fn verify(&self, password: &Password) -> bool {
        password.derive(&self.salt, self.rounds).ct_eq(&self.hash).into()
    }

    /// Returns whether a new hash would have more rounds or more salt. The password is then rehashed after a successful login.
    pub fn needs_rehash(&self, rounds: Rounds) -> bool {
        self.rounds < rounds || self.salt.len() < SALT_BYTES
    }
}

/// Shows the cost only: salt and hash allow guessing offline.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({ALGORITHM}, {} rounds)", self.rounds.0)
    }
}
