//! What the outside world lends the core for one input: the time, randomness, and where it comes from.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::address::Address;
use crate::time::Time;

/// A source of unpredictable bytes.
pub trait Entropy {
    /// Fills `bytes` with bytes that nobody can predict.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// The circumstances of one input.
pub struct Context<'a> {
    /// When the input happened.
    pub now: Time,
    /// Where identifiers come from.
    pub entropy: &'a mut dyn Entropy,
    /// Where it comes from; none when that is not known, or the input is no request.
    pub address: Option<&'a Address>,
}

impl Context<'_> {
    /// A fresh identifier of 120 random bits in 20 URL-safe characters.
    ///
    /// Whoever knows the identifier of an Engine.IO session can speak for it, so it must not be guessable.
    pub fn unguessable_id(&mut self) -> String {
        let mut bytes = [0; 15];
        self.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
