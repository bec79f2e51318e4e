//! The token pair of a login.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The tokens that a client receives when a login begins or is renewed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenPair {
    /// The access token.
    pub token: String,
    /// The displayed name.
    pub username: String,
    /// The refresh token, good for one use.
    pub refresh_token: String,
    /// The expiry of the access token, in ISO 8601.
    pub expires_at: String,
}

/// Shows the user and the expiry, not the tokens.
impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenPair(of {}, redacted, expires {})", self.username, self.expires_at)
    }
}
