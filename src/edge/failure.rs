//! What routes fail with.

use crate::accounts::token::TokenError;
use crate::refusal::Refusal;

/// Why a request is not answered as asked.
pub enum Failure {
    /// It is the client's to do otherwise.
    Refused(Refusal),
    /// Something is wrong here; the cause is for the log.
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

impl From<worker::Error> for Failure {
    fn from(error: worker::Error) -> Self {
        Self::Platform(error)
    }
}
