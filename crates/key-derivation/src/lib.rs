//! The two slow computations of Natter: PBKDF2-HMAC-SHA512 (RFC 8018, section 5.2), and bcrypt for accounts brought over.
//!
//! Generic code is compiled where its types are chosen, with that crate's settings. Chosen here, the loops that take most of a
//! login are compiled for speed, and everything else for size: the profiles are in the root's `Cargo.toml`.

use sha2::Sha512;

/// The most bytes of a password that bcrypt reads.
pub const BCRYPT_KEY_BYTES: usize = 72;

/// Derives 32 bytes from a password. `rounds` is what guessing costs: about a microsecond each in workerd.
#[inline(never)]
pub fn pbkdf2_hmac_sha512(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    pbkdf2::pbkdf2_hmac_array::<Sha512, 32>(password, salt, rounds)
}

/// Derives 24 bytes from a password, as bcrypt has done since `$2a$`: the password ends in a zero byte, and only the first
/// [`BCRYPT_KEY_BYTES`] count. Each step of `cost` doubles the work.
///
/// # Panics
/// If `cost` is more than 31.
#[inline(never)]
pub fn bcrypt(password: &[u8], salt: [u8; 16], cost: u32) -> [u8; 24] {
    let mut key: Vec<u8> = password.iter().copied().take(BCRYPT_KEY_BYTES).collect();
    if key.len() < BCRYPT_KEY_BYTES {
        key.push(0);
    }
    bcrypt::bcrypt(cost, salt, &key)
}
