//! The key that signs tokens, and the check that it is strong.

use std::fmt;

/// The fewest bytes of a secret: an HS256 key is at least as long as its hash (RFC 7518, section 3.2).
pub const MIN_SECRET_BYTES: usize = 32;

/// The fewest different bytes of a secret. 32 random hexadecimal digits have about 13 of 16.
const MIN_DIFFERENT_BYTES: usize = 8;

/// Sample values from tutorials and example files, in lower case without punctuation. Each is long enough not to occur in
/// random text: seven letters do so in base64 once in a hundred million secrets.
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

/// An HS256 key of at least 32 bytes that is hard to guess. `Debug` does not show it.
#[derive(Clone)]
pub struct TokenSecret(Vec<u8>);

impl TokenSecret {
    /// Takes the bytes of `text` as the key, as other JWT libraries do.
    ///
    /// # Errors
    /// [`WeakSecret`], without the text.
    pub fn parse(text: &str) -> Result<Self, WeakSecret> {
        // Surrounding space, a trace of copying, adds no strength.
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

/// Returns whether there are too few different bytes, or the text repeats one piece.
fn is_repetitive(bytes: &[u8]) -> bool {
    let mut seen = [false; 256];
    bytes.iter().for_each(|&b| seen[usize::from(b)] = true);
    let different = seen.iter().filter(|&&seen| seen).count();
    // A periodic text equals itself shifted by its period.
    let periodic = (1..=bytes.len() / 2).any(|piece| bytes[piece..] == bytes[..bytes.len() - piece]);
    different < MIN_DIFFERENT_BYTES || periodic
}

/// The weakness of a secret, displayed as the rest of a sentence that begins with its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WeakSecret {
    /// It has fewer than [`MIN_SECRET_BYTES`] bytes.
    TooShort,
    /// It repeats a few characters or one piece of text.
    Repetitive,
    /// It contains a value from a sample or tutorial.
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
