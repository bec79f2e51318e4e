//! Operator tokens: they show that a request comes from somebody who has the server's secret, and let that person do one kind of
//! thing for a few minutes.
//!
//! They are signed with a key that is derived for this purpose alone, so that neither can a user's token pass for one, nor one
//! for a user's token. The secret before the present one makes none.

use std::time::Duration;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use super::{CLOCK_SKEW, MAX_TOKEN_BYTES, TokenError, Tokens, jws, seconds};
use engineio::Time;

/// The longest time for which an operator token may be made.
pub const MAX_OPERATOR_TTL: Duration = Duration::from_secs(300);

const PURPOSE: &[u8] = b"natter: operator tokens";

/// The kinds of things that an operator token allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorScope {
    /// Bringing over the accounts of another server.
    Import,
}

#[derive(Deserialize)]
struct Payload {
    scope: OperatorScope,
    /// The origin of the server that it is for.
    aud: String,
    iat: u64,
    exp: u64,
}

impl Tokens {
    /// Checks that `token` allows `scope` at the server whose origin is `own`.
    ///
    /// # Errors
    /// [`TokenError`]. The signature is checked before anything that the token claims.
    pub fn verify_operator(
        &self,
        token: &str,
        scope: OperatorScope,
        own: &str,
        now: Time,
    ) -> Result<(), TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let key = DecodingKey::from_secret(&self.derive_key(PURPOSE));
        let payload = jws::open(token, &[key])?;
        let Payload { scope: allowed, aud, iat, exp } =
            serde_json::from_slice(&payload).map_err(|_| TokenError::Malformed)?;
        if allowed != scope || aud != own {
            return Err(TokenError::Forged);
        }
        if exp.saturating_sub(iat) > MAX_OPERATOR_TTL.as_secs() {
            return Err(TokenError::Malformed);
        }
        if now >= seconds(exp) {
            return Err(TokenError::Expired);
        }
        if now + CLOCK_SKEW < seconds(iat) {
            return Err(TokenError::NotYetValid);
        }
        Ok(())
    }
}
