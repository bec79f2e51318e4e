//! The bearer of the access token in a request.

use socketio_durable::Request;
use socketio_durable::platform::now;

use crate::accounts::caller::{Caller, authenticate_operator};
use crate::accounts::token::{OperatorScope, TokenError};
use crate::config::Config;
use crate::refusal::Refusal;

/// Authenticates the caller of a request.
///
/// # Errors
/// [`TokenError`].
pub fn caller(request: &Request, config: &Config) -> Result<Caller, TokenError> {
    Caller::authenticate(&authorization(request), &config.tokens(), now())
}

/// Checks that an operator of this server sent a request.
///
/// # Errors
/// A refusal, if there is no operator token that is valid here.
pub fn operator(request: &Request, config: &Config, scope: OperatorScope) -> Result<(), Refusal> {
    let (tokens, own) = (config.tokens(), request.own_origin());
    authenticate_operator(&authorization(request), &tokens, scope, &own, now())
}

fn authorization(request: &Request) -> String {
    request.header("Authorization").unwrap_or_default()
}
