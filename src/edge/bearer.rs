//! Who a request is from: `Authorization: Bearer <access token>` (RFC 6750, section 2.1).

use crate::accounts::requests::Caller;
use crate::accounts::token::{OperatorScope, TokenError};
use crate::config::Config;
use crate::refusal::{Refusal, RefusalKind};
use socketio_durable::Request;
use socketio_durable::platform::now;

/// Whom the token of a request speaks for. That its login has not ended is for the room to say.
///
/// # Errors
/// There is no token, or it is not valid.
pub fn caller(request: &Request, config: &Config) -> Result<Caller, TokenError> {
    let authorization = request.header("Authorization").unwrap_or_default();
    let claims = config.tokens().verify(token(&authorization)?, now())?;
    Ok(Caller { name_key: claims.username.key().to_owned(), login: claims.login })
}

/// Checks that a request comes from an operator of this server, who may do what `scope` says.
///
/// # Errors
/// There is no operator token, or it is not valid here.
pub fn operator(request: &Request, config: &Config, scope: OperatorScope) -> Result<(), Refusal> {
    let authorization = request.header("Authorization").unwrap_or_default();
    let verified = token(&authorization)
        .and_then(|token| config.tokens().verify_operator(token, scope, &request.own_origin(), now()));
    verified.map_err(|error| {
        let sentence = match error {
            TokenError::Missing => "This is for operators, whose scripts send a token made from JWT_SECRET.",
            TokenError::Expired => "The operator token has expired.",
            TokenError::NotYetValid => "The operator token is of the future: compare the clocks.",
            _ => {
                "The operator token is not valid here: it was made from another JWT_SECRET, or for another \
                 address than this server's."
            }
        };
        Refusal::new(RefusalKind::Unauthenticated, error.code(), sentence)
    })
}

fn token(authorization: &str) -> Result<&str, TokenError> {
    match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(TokenError::Missing),
    }
}
