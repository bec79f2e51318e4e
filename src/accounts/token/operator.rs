//! Operator tokens: made by scripts that have the server's secret, each good for one kind of operation and a few minutes.
//!
//! Their key is derived for this purpose alone, so that user tokens and operator tokens cannot stand in for each other. The
//! former secret signs none.

use std::time::Duration;

use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use super::{CLOCK_SKEW, MAX_TOKEN_BYTES, TokenError, Tokens, jws, seconds};
use engineio::Time;
use socketio::json;

/// The longest lifetime of an operator token.
pub const MAX_OPERATOR_TTL: Duration = Duration::from_secs(300);

const PURPOSE: &[u8] = b"natter: operator tokens";

/// The operation that an operator token allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorScope {
    /// Importing the accounts of another server.
    Import,
}

#[derive(Deserialize)]
struct Payload {
    scope: OperatorScope,
    /// The origin of the server.
    aud: String,
    iat: u64,
    exp: u64,
}

impl Tokens {
    /// Verifies that `token` allows `scope` at the server whose origin is `own`.
    ///
    /// # Errors
    /// [`TokenError`]. The signature is checked before the claims.
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
            json::from_str(&payload).map_err(|_| TokenError::Malformed)?;
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
