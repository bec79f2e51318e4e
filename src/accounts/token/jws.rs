//! JSON Web Signatures in compact form (RFC 7515, section 7.1), by HS256 only.
//!
//! `jsonwebtoken` signs and verifies. This module reads the header itself, because only one header is valid: the library's
//! parser handles every kind of key and claim, and would more than double the token code in the upload.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, crypto};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::TokenError;
use socketio::json;

/// `{"typ":"JWT","alg":"HS256"}`
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    alg: Cow<'a, str>,
    /// Extensions that must be understood (section 4.1.11); none is supported.
    crit: Option<IgnoredAny>,
}

/// Signs `payload` and returns the token.
pub fn sign(payload: &[u8], key: &EncodingKey) -> String {
    let mut token = format!("{HEADER}.{}", URL_SAFE_NO_PAD.encode(payload));
    let signature =
        crypto::sign(token.as_bytes(), key, Algorithm::HS256).expect("HMAC takes keys of any length");
    token.push('.');
    token.push_str(&signature);
    token
}

/// Returns the payload of a token that was signed with one of the keys.
///
/// # Errors
/// [`TokenError::Malformed`], or [`TokenError::Forged`] if another key or algorithm signed it.
pub fn open(token: &str, keys: &[DecodingKey]) -> Result<String, TokenError> {
    let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
    let header = decode(header)?;
    let header: Header<'_> = json::from_str(&header).map_err(|_| TokenError::Malformed)?;
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    if header.alg != "HS256" {
        return Err(TokenError::Forged);
    }
    for key in keys {
        let verified = crypto::verify(signature, message.as_bytes(), key, Algorithm::HS256);
        if verified.map_err(|_| TokenError::Malformed)? {
            return decode(payload);
        }
    }
    Err(TokenError::Forged)
}

/// Decodes a part to text: reading JSON from text as everything else does keeps a second copy of the parser out of the upload.
fn decode(part: &str) -> Result<String, TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
    String::from_utf8(bytes).map_err(|_| TokenError::Malformed)
}
