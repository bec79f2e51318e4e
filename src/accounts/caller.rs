//! Callers: the users whose access tokens come with requests, as `Authorization: Bearer <token>` (RFC 6750, section 2.1).

use engineio::Time;
use serde::{Deserialize, Serialize};

use super::login_id::LoginId;
use super::token::{OperatorScope, TokenError, Tokens};
use crate::refusal::{Refusal, RefusalKind};

/// The user of a valid access token. Only the room knows whether the login has ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Caller {
    /// The name key.
    pub name_key: String,
    /// The login; `None` if another program that has the secret made the token.
    pub login: Option<LoginId>,
}

impl Caller {
    /// Verifies the token in an `Authorization` header, which is empty if absent.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn authenticate(authorization: &str, tokens: &Tokens, now: Time) -> Result<Self, TokenError> {
        let claims = tokens.verify(bearer_token(authorization)?, now)?;
        Ok(Self { name_key: claims.username.key().to_owned(), login: claims.login })
    }
}

/// Verifies the operator token in an `Authorization` header for the server whose origin is `own`.
///
/// # Errors
/// A refusal with the code of a [`TokenError`].
pub fn authenticate_operator(
    authorization: &str,
    tokens: &Tokens,
    scope: OperatorScope,
    own: &str,
    now: Time,
) -> Result<(), Refusal> {
    let verified =
        bearer_token(authorization).and_then(|token| tokens.verify_operator(token, scope, own, now));
    verified.map_err(|error| {
        let sentence = match error {
            TokenError::Missing => "This is for operators, whose scripts send a token made from JWT_SECRET.",
            TokenError::Expired => "The operator token has expired.",
            TokenError::NotYetValid => "The operator token is from the future: compare the clocks.",
            _ => {
                "The operator token is not valid here: it was made from another JWT_SECRET, or for another \
                 address than this server's."
            }
        };
        Refusal::new(RefusalKind::Unauthenticated, error.code(), sentence)
    })
}

fn bearer_token(authorization: &str) -> Result<&str, TokenError> {
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(TokenError::Missing),
    }
}
