//! The circumstances of one input: its time, its origin, and a source of randomness.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::address::Address;
use crate::time::Time;

/// A source of unpredictable bytes.
pub trait Entropy {
    /// Fills `bytes` with bytes that nobody can predict.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// The request that opens a session, as far as an application may want to know it.
pub trait HandshakeRequest {
    /// The query string without its question mark.
    fn query(&self) -> &str;

    /// The value of a header; `None` if it is missing.
    fn header(&self, name: &str) -> Option<String>;
}

/// The circumstances of one input.
pub struct Context<'a> {
    /// When the input happened.
    pub now: Time,
    /// Where identifiers come from.
    pub entropy: &'a mut dyn Entropy,
    /// Where it comes from; none when that is not known, or the input is no request.
    pub address: Option<&'a Address>,
    /// The request that the input is; `None` if it is none.
    pub request: Option<&'a dyn HandshakeRequest>,
}

impl<'a> Context<'a> {
    /// Returns the circumstances of an input that is no request.
    pub fn new(now: Time, entropy: &'a mut dyn Entropy) -> Self {
        Self { now, entropy, address: None, request: None }
    }
}

impl Context<'_> {
    /// A fresh identifier of 120 random bits in 20 URL-safe characters.
    ///
    /// The identifier of an Engine.IO session must not be guessable: it is all that a client needs to speak for the session.
    pub fn unguessable_id(&mut self) -> String {
        let mut bytes = [0; 15];
        self.entropy.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
