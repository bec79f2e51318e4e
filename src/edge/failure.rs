//! Failures of routes.

use crate::accounts::token::TokenError;
use crate::questions::Fault;
use crate::refusal::Refusal;

/// The reason why a request fails.
pub enum Failure {
    /// The request was refused.
    Refused(Refusal),
    /// The platform or an object failed. The cause is for the log.
    Platform(worker::Error),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Platform(fault.to_string().into())
    }
}

impl From<worker::Error> for Failure {
    fn from(error: worker::Error) -> Self {
        Self::Platform(error)
    }
}
