//! bcrypt hashes as `bcryptjs` on Node servers writes them. They come from an [import](super::import) and are replaced at the
//! first login.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use natter_key_derivation::bcrypt;
use subtle::ConstantTimeEq as _;

pub use super::hash_error::COSTS;
use super::hash_error::HashError;
use super::password::Password;

/// The rounds of PBKDF2 that take as long as one of bcrypt's `2^cost` steps, measured in workerd.
const ROUNDS_PER_STEP: u32 = 75;

const SALT_BYTES: usize = 16;
/// The bytes in the text form. bcrypt computes 24 and drops the last.
const HASH_BYTES: usize = 23;
/// The length of `$2b$10$`, 22 characters of salt, and 31 of hash.
const TEXT_BYTES: usize = 60;
const SALT_AT: usize = 7;
const HASH_AT: usize = 29;

/// Allows trailing bits: the last characters of salt and hash have spare ones, which some implementations set.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A bcrypt hash of the kind `$2a$`, `$2b$` or `$2y$`, which are computed alike today.
#[derive(Clone, PartialEq, Eq)]
pub struct BcryptHash {
    cost: u32,
    salt: [u8; SALT_BYTES],
    hash: [u8; HASH_BYTES],
}

impl BcryptHash {
    /// Reads a hash in text form.
    ///
    /// # Errors
    /// [`HashError`]. `$2x$` (an implementation that misread letters beyond ASCII) and `$2$` (without the zero byte) are
    /// refused: Node servers wrote neither.
    pub fn parse(text: &str) -> Result<Self, HashError> {
        if text.len() != TEXT_BYTES || !text.is_ascii() {
            return Err(HashError::Malformed);
        }
        if !["$2a$", "$2b$", "$2y$"].iter().any(|kind| text.starts_with(kind)) {
            return Err(HashError::UnknownAlgorithm);
        }
        let digits = text[4..SALT_AT].strip_suffix('$').ok_or(HashError::Malformed)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(HashError::Malformed);
        }
        let cost = digits.parse().map_err(|_| HashError::Malformed)?;
        let salt = decode(&text[SALT_AT..HASH_AT])?;
        let hash = decode(&text[HASH_AT..])?;
        if COSTS.contains(&cost) { Ok(Self { cost, salt, hash }) } else { Err(HashError::CostOutOfBounds) }
    }

    /// Returns whether `password` is the hashed one, in constant time. bcrypt hashed the password as typed, so it is not
    /// normalised.
    pub fn verify(&self, password: &Password) -> bool {
        let computed = bcrypt(password.as_typed().as_bytes(), self.salt, self.cost);
        computed[..HASH_BYTES].ct_eq(&self.hash).into()
    }

    /// Returns the work of a comparison, in rounds of PBKDF2.
    pub fn work(&self) -> u32 {
        work(self.cost)
    }
}

/// Returns the work of bcrypt at a cost within [`COSTS`], in rounds of PBKDF2.
pub const fn work(cost: u32) -> u32 {
    ROUNDS_PER_STEP << cost
}

/// Shows the cost only: salt and hash allow guessing offline.
impl fmt::Debug for BcryptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BcryptHash(cost {})", self.cost)
    }
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], HashError> {
    let bytes = BASE64.decode(text).map_err(|_| HashError::Malformed)?;
    bytes.try_into().map_err(|_| HashError::Malformed)
}
