//! PBKDF2-HMAC-SHA512 (RFC 8018, section 5.2).
//!
//! Generic code is compiled where its types are chosen, with that crate's settings. Chosen here, the loop that takes most of a
//! login is compiled for speed, and everything else for size: the profiles are in the root's `Cargo.toml`.

use sha2::Sha512;

/// Derives 32 bytes from a password. `rounds` is what guessing costs: about a microsecond each in workerd.
#[inline(never)]
pub fn pbkdf2_hmac_sha512(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    pbkdf2::pbkdf2_hmac_array::<Sha512, 32>(password, salt, rounds)
}
