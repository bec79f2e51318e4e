//! Access tokens: JSON Web Tokens (RFC 7519) signed with HS256, issued and verified by this server only.
//!
//! Algorithm, issuer and audience are pinned. A token carries the name twice: the server reads `sub`, and frontends written for
//! the original server read `username`.

use std::fmt;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::de::{self, SeqAccess};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::Sha256;

use super::login_id::LoginId;
use super::username::Username;
use crate::refusal::{Refusal, RefusalKind};
use engineio::Time;
use socketio::json;

mod hs256;
mod jws;
mod operator;
mod secret;

pub use operator::{MAX_OPERATOR_TTL, OperatorScope};
pub use secret::{MIN_SECRET_BYTES, TokenSecret, WeakSecret};

/// The issuer and the audience of every token.
const NATTER: &str = "natter";

/// The longest token that is read. A token with the longest name has about 700 bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// How far the issuer's clock may be ahead of the verifier's. Expiry has no such allowance.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

/// Issues and verifies tokens with one secret.
pub struct Tokens {
    signing: EncodingKey,
    /// The signing key, then the former one if there is one.
    verifying: Vec<DecodingKey>,
    ttl: Duration,
}

impl Tokens {
    /// Signs with `secret`, for a lifetime of `ttl` in whole seconds.
    pub fn new(secret: &TokenSecret, ttl: Duration) -> Self {
        // Every use of `jsonwebtoken` that needs the provider comes through here.
        hs256::install();
        Self {
            signing: EncodingKey::from_secret(secret.as_bytes()),
            verifying: vec![DecodingKey::from_secret(secret.as_bytes())],
            ttl,
        }
    }

    /// Accepts tokens signed with `previous` as well, so that a secret can be replaced without logging anyone out.
    pub fn accepting(mut self, previous: Option<&TokenSecret>) -> Self {
        self.verifying.extend(previous.map(|previous| DecodingKey::from_secret(previous.as_bytes())));
        self
    }

    /// Derives a key for another purpose. It reveals nothing about the secret.
    pub fn derive_key(&self, purpose: &[u8]) -> [u8; 32] {
        let derivation = Hmac::<Sha256>::new_from_slice(self.signing.as_bytes()).expect("any length will do");
        derivation.chain_update(purpose).finalize().into_bytes().into()
    }

    /// Issues a token for `username` and its login, valid from `now`.
    pub fn issue(&self, username: &Username, login: Option<&LoginId>, now: Time) -> IssuedToken {
        let iat = now.as_secs();
        let exp = iat.saturating_add(self.ttl.as_secs());
        let name = username.as_str();
        let sid = login.map(LoginId::as_str);
        let payload = IssuedPayload { sub: name, username: name, sid, iat, exp, iss: NATTER, aud: NATTER };
        let payload = serde_json::to_vec(&payload).expect("strings and numbers become JSON");
        IssuedToken { token: jws::sign(&payload, &self.signing), expires_at: seconds(exp) }
    }

    /// Verifies a token and returns its claims.
    ///
    /// # Errors
    /// [`TokenError`]. The signature is checked before the claims, so that a forged token is never reported as expired.
    pub fn verify(&self, token: &str, now: Time) -> Result<Claims, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::Malformed);
        }
        let payload = jws::open(token, &self.verifying)?;
        let payload: ReceivedPayload = json::from_str(&payload).map_err(|_| TokenError::Malformed)?;
        if payload.iss != NATTER || !payload.aud.is_natter {
            return Err(TokenError::Forged);
        }
        let expires_at = seconds(payload.exp);
        if now >= expires_at {
            return Err(TokenError::Expired);
        }
        if payload.nbf.max(payload.iat).is_some_and(|from| now + CLOCK_SKEW < seconds(from)) {
            return Err(TokenError::NotYetValid);
        }
        let username = Username::parse(&payload.sub).map_err(|_| TokenError::Malformed)?;
        let login = match payload.sid {
            Some(sid) => Some(LoginId::parse(&sid).ok_or(TokenError::Malformed)?),
            None => None,
        };
        Ok(Claims { username, login, expires_at })
    }
}

/// Converts a claim in seconds (a NumericDate, RFC 7519, section 2).
fn seconds(secs: u64) -> Time {
    Time::from_millis(secs.saturating_mul(1000))
}

#[derive(Serialize)]
struct IssuedPayload<'a> {
    sub: &'a str,
    username: &'a str,
    /// The login, under OpenID Connect's name for it (Front-Channel Logout 1.0, section 3).
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'a str>,
    iat: u64,
    exp: u64,
    iss: &'a str,
    aud: &'a str,
}

#[derive(Deserialize)]
struct ReceivedPayload {
    sub: String,
    sid: Option<String>,
    exp: u64,
    iat: Option<u64>,
    nbf: Option<u64>,
    iss: String,
    aud: Audience,
}

/// The audience of a token: one, or several (RFC 7519, section 4.1.3).
struct Audience {
    is_natter: bool,
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Audience;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an audience or a list of them")
            }

            fn visit_str<E: de::Error>(self, audience: &str) -> Result<Audience, E> {
                Ok(Audience { is_natter: audience == NATTER })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Audience, A::Error> {
                let mut is_natter = false;
                while let Some(audience) = list.next_element::<String>()? {
                    is_natter |= audience == NATTER;
                }
                Ok(Audience { is_natter })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// A token for its bearer.
#[derive(Clone)]
pub struct IssuedToken {
    /// The JWT in its compact form.
    pub token: String,
    /// The time from which it is refused.
    pub expires_at: Time,
}

/// Shows the expiry, not the token.
impl fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedToken(redacted, expires {})", self.expires_at)
    }
}

/// The claims of a valid token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims {
    /// The bearer's name.
    pub username: Username,
    /// The login; `None` if another program that has the secret made the token.
    pub login: Option<LoginId>,
    /// The time from which the token is refused.
    pub expires_at: Time,
}

/// The reason why a token is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenError {
    /// It is absent or empty.
    Missing,
    /// It is not a JWT, or its header or claims are not of the kind that this server writes.
    Malformed,
    /// Its key, algorithm, issuer or audience is not this server's.
    Forged,
    /// It has expired.
    Expired,
    /// It is from the future by more than clocks may differ.
    NotYetValid,
    /// Its login has ended.
    Revoked,
}

impl TokenError {
    /// Returns the stable `snake_case` code. Malformed and forged tokens share one, which tells an attacker less.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Missing => "token_missing",
            Self::Malformed | Self::Forged => "token_invalid",
            Self::Expired => "token_expired",
            Self::NotYetValid => "token_not_yet_valid",
            Self::Revoked => "token_revoked",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Missing => "Please log in.",
            Self::Malformed | Self::Forged => "Your session isn't valid. Please log in again.",
            Self::Expired => "Your session has expired. Please log in again.",
            Self::NotYetValid => "Your session isn't valid yet. Please log in again.",
            Self::Revoked => "Your session has ended. Please log in again.",
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for TokenError {}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        Refusal::new(RefusalKind::Unauthenticated, error.code(), error.message())
    }
}
