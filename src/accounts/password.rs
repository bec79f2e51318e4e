//! Passwords and their hashes: PBKDF2-HMAC-SHA512 (RFC 8018, section 5.2) in PHC string form.
//!
//! Hashing and verifying are meant to be slow (tens to hundreds of milliseconds): [`super::hashing`] does it where nothing else
//! waits.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use natter_key_derivation::pbkdf2_hmac_sha512;
use subtle::ConstantTimeEq as _;

use super::bcrypt::COSTS;
use super::username::Username;
use crate::refusal::Refusal;
use crate::unicode::{lowercase, nfc};

/// The fewest characters (Unicode scalar values after normalisation) of a new password unless configured otherwise.
pub const DEFAULT_MIN_CHARS: u32 = 8;
/// The most characters (Unicode scalar values after normalisation) of a new password.
pub const MAX_CHARS: usize = 128;
/// The bytes of salt that a new hash takes.
pub const SALT_BYTES: usize = 16;
/// The rounds of a new hash unless configured otherwise: what OWASP asks of PBKDF2-HMAC-SHA512.
pub const DEFAULT_ROUNDS: Rounds = Rounds(210_000);
/// The most rounds that are ever computed: about 1.5 s in workerd, well inside an object's 30 s.
pub const MAX_ROUNDS: u32 = 2_000_000;

/// More UTF-8 bytes than this cannot normalise to [`MAX_CHARS`], as NFC composes at most four scalar values into one.
const MAX_BYTES: usize = MAX_CHARS * 4 * 4;
const HASH_BYTES: usize = 32;
const ALGORITHM: &str = "pbkdf2-sha512";
/// Salts shorter than this are not salts, longer ones nobody wrote.
const STORED_SALT_BYTES: std::ops::RangeInclusive<usize> = 8..=64;
/// Room for the longest salt and the most rounds.
const MAX_PHC_BYTES: usize = 192;

/// The thousand passwords of at least eight characters that are found most often in published leaks, dates aside, in lower case.
/// Which they are is taken from the frequency lists of zxcvbn (MIT).
const COMMON: &str = include_str!("common_passwords.txt");
/// The three hundred of six and seven characters, for servers that allow those.
const COMMON_SHORT: &str = include_str!("common_short_passwords.txt");

/// A password. It is never shown, not even by `Debug`.
#[derive(Clone)]
pub struct Password {
    typed: String,
    /// The form in which it is hashed here.
    prepared: String,
}

impl Password {
    /// Reads a new password, which has at least `min_chars` characters. There are no composition rules: any character will do.
    ///
    /// # Errors
    /// A refusal with the code `password_invalid` when there are fewer characters, or more than [`MAX_CHARS`].
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

    /// Reads a password that is to be compared. Its length is not checked: the rules may have been others when it was chosen.
    ///
    /// It is prepared as OpaqueString says (RFC 8265, section 4.2): spaces of any kind become U+0020 and the whole is normalised
    /// to NFC, so that the same keys on another system give the same password. Case and width stay.
    pub fn typed(text: &str) -> Self {
        let spaced: String = text.chars().map(|c| if is_space(c) { ' ' } else { c }).collect();
        Self { typed: text.to_owned(), prepared: nfc(&spaced) }
    }

    /// The password as it was typed, before it was prepared.
    pub(super) fn as_typed(&self) -> &str {
        &self.typed
    }

    /// Whether a new account of this name, or an old one from now on, may have the password. Those that are tried first are
    /// guessed however slow it is to guess.
    ///
    /// # Errors
    /// A refusal with the code `password_common` when the password is one of the most common, or the name.
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

/// The characters of General_Category Zs; line ends and tabs are no spaces.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

/// A number of PBKDF2 rounds, from 1 to [`MAX_ROUNDS`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rounds(u32);

impl Rounds {
    /// That many rounds, or `None` for zero and for more than [`MAX_ROUNDS`].
    pub const fn new(rounds: u32) -> Option<Self> {
        if rounds >= 1 && rounds <= MAX_ROUNDS { Some(Self(rounds)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// What is stored of a password: `$pbkdf2-sha512$i=<rounds>,l=32$<salt>$<hash>`, salt and hash in base64 without padding.
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

    /// Reads a stored hash. Only the form that [`PasswordHash::as_str`] gives is read, with a salt of 8 to 64 bytes.
    ///
    /// # Errors
    /// [`HashError`], which means that what is stored is damaged: a fault of the platform or of its operator, never the
    /// caller's.
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
        // Digits that do not fit a u32 are too many rounds, like those that do.
        let rounds = rounds.parse().ok().and_then(Rounds::new).ok_or(HashError::RoundsOutOfBounds)?;
        let salt = STANDARD_NO_PAD.decode(salt).map_err(|_| HashError::Malformed)?;
        let hash = STANDARD_NO_PAD.decode(hash).map_err(|_| HashError::Malformed)?;
        let hash = hash.try_into().map_err(|_| HashError::Malformed)?;
        if !STORED_SALT_BYTES.contains(&salt.len()) {
            return Err(HashError::Malformed);
        }
        let read = Self::new(rounds, salt, hash);
        // One hash has one spelling: leading zeros and the like are damage too.
        if read.phc == phc { Ok(read) } else { Err(HashError::Malformed) }
    }

    /// The rounds that it was made with.
    pub fn rounds(&self) -> Rounds {
        self.rounds
    }

    /// The PHC string, to be stored.
    pub fn as_str(&self) -> &str {
        &self.phc
    }

    /// Whether `password` is the one that was hashed. The comparison takes the same time wherever the two differ.
    pub fn verify(&self, password: &Password) -> bool {
        password.derive(&self.salt, self.rounds).ct_eq(&self.hash).into()
    }

    /// Whether it was made with fewer rounds or less salt than a new hash would be: after a successful login the
    /// password should then be hashed anew. A hash with more `rounds` than asked for is kept as it is.
    pub fn needs_rehash(&self, rounds: Rounds) -> bool {
        self.rounds < rounds || self.salt.len() < SALT_BYTES
    }
}

/// Shows the cost only: whoever has salt and hash can guess at leisure.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasswordHash({ALGORITHM}, {} rounds)", self.rounds.0)
    }
}

/// Why a hash cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HashError {
    /// It is of a kind that is known, but not of its form.
    Malformed,
    /// It is of no kind that is known.
    UnknownAlgorithm,
    /// It asks for no rounds, or for more than [`MAX_ROUNDS`].
    RoundsOutOfBounds,
    /// It was made by bcrypt at a cost outside [`super::bcrypt::COSTS`].
    CostOutOfBounds,
}

impl fmt::Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("The password hash ")?;
        match self {
            Self::Malformed => f.write_str("is malformed."),
            Self::UnknownAlgorithm => f.write_str("is of an unknown kind."),
            Self::RoundsOutOfBounds => write!(f, "asks for a number of rounds outside 1 to {MAX_ROUNDS}."),
            Self::CostOutOfBounds => {
                write!(f, "has a bcrypt cost outside {} to {}.", COSTS.start(), COSTS.end())
            }
        }
    }
}

impl std::error::Error for HashError {}
