//! The key that tokens are signed with, and what is too weak to be one.

use std::fmt;

/// The fewest bytes of a secret: a key for HS256 is at least as long as its hash (RFC 7518, section 3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// A secret chosen at random has about as many different bytes as its alphabet allows: 13 of 16 among 32 hexadecimal
/// digits. One with fewer than this was typed by holding down keys.
const MIN_DIFFERENT_BYTES: usize = 8;

/// What samples, tutorials and example files contain, in lower case and without punctuation. Each is long enough not to
/// come up in random text: seven letters do so in base64 once in a hundred million secrets.
const SAMPLES: [&str; 20] = [
    "abcdefghijkl",
    "changein",
    "changeme",
    "changethis",
    "defaultsecret",
    "example",
    "insecure",
    "jwtsecret",
    "mysecret",
    "placeholder",
    "qwertyuiop",
    "replaceme",
    "replacethis",
    "replacewith",
    "secretkey",
    "supersecret",
    "yourjwt",
    "yoursecret",
    "yoursupersecret",
    "1234567890",
];

/// The key of HS256: at least 32 bytes that nobody could guess. It is never shown, not even by `Debug`.
#[derive(Clone)]
pub struct TokenSecret(Vec<u8>);

impl TokenSecret {
    /// Takes `text` as the key, byte for byte as it is, as other JWT libraries do.
    ///
    /// # Errors
    /// [`WeakSecret`] when it is too short, repeats itself, or is one of the samples that everybody knows. The error
    /// never contains the text.
    pub fn parse(text: &str) -> Result<Self, WeakSecret> {
        // Space around it counts for nothing: it comes from copying.
        let judged = text.trim();
        if is_sample(judged) {
            return Err(WeakSecret::Sample);
        }
        if judged.len() < MIN_SECRET_BYTES {
            return Err(WeakSecret::TooShort);
        }
        if is_repetitive(judged.as_bytes()) {
            return Err(WeakSecret::Repetitive);
        }
        Ok(Self(text.as_bytes().to_vec()))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(redacted)")
    }
}

fn is_sample(text: &str) -> bool {
    let bare: String =
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    bare == "secret" || SAMPLES.iter().any(|sample| bare.contains(sample))
}

/// Whether there are too few different bytes, or the whole is one piece written several times.
fn is_repetitive(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    bytes.iter().for_each(|&b| seen[usize::from(b)] = true);
    let different = seen.iter().filter(|&&seen| seen).count();
    // A text is periodic when it equals itself moved on by the length of the piece.
    let periodic = (1..=bytes.len() / 2).any(|piece| bytes[piece..] == bytes[..bytes.len() - piece]);
    different < MIN_DIFFERENT_BYTES || periodic
}

/// Why a secret is refused, in a sentence that completes "`JWT_SECRET` …".
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WeakSecret {
    /// It has fewer than [`MIN_SECRET_BYTES`] bytes.
    TooShort,
    /// It is a few characters, or one piece of text, over and over.
    Repetitive,
    /// It is, or contains, a value from a sample or tutorial.
    Sample,
}

impl fmt::Display for WeakSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => write!(f, "is shorter than {MIN_SECRET_BYTES} bytes"),
            Self::Repetitive => f.write_str("repeats itself"),
            Self::Sample => f.write_str("contains a sample value that everybody knows"),
        }
    }
}

impl std::error::Error for WeakSecret {}
