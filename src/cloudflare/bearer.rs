//! Who a request is from: `Authorization: Bearer <access token>` (RFC 6750, section 2.1).

use super::platform::now;
use super::request::Request;
use crate::accounts::requests::Caller;
use crate::accounts::token::TokenError;
use crate::config::Config;

/// Whom the token of a request speaks for. That its login has not ended is for the room to say.
///
/// # Errors
/// There is no token, or it is not valid.
pub fn caller(request: &Request, config: &Config) -> Result<Caller, TokenError> {
    let authorization = request.header("Authorization").unwrap_or_default();
    let token = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(TokenError::Missing),
    };
    let claims = config.tokens().verify(token, now())?;
    Ok(Caller { name_key: claims.username.key().to_owned(), family: claims.family })
}
