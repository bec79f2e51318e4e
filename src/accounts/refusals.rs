//! The refusals about accounts that more than one question gives.

use super::attempts::TooMany;
use crate::refusal::{Failure, Refusal, RefusalKind};

pub(super) fn username_taken() -> Refusal {
    Refusal::new(RefusalKind::Conflict, "username_taken", "This username is already taken.")
}

pub(super) fn wrong_credentials() -> Refusal {
    Refusal::new(RefusalKind::Unauthenticated, "invalid_credentials", "Wrong username or password.")
}

/// Refuses with 403 instead of 401, because the caller is authenticated and need not log in again.
pub(super) fn wrong_password() -> Refusal {
    Refusal::new(RefusalKind::Forbidden, "wrong_password", "The current password is wrong.")
}

impl From<TooMany> for Refusal {
    fn from(too_many: TooMany) -> Self {
        let sentence = "Too many attempts. Please try again later.";
        Self::too_many("too_many_attempts", sentence, too_many.retry_after)
    }
}

impl From<TooMany> for Failure {
    fn from(too_many: TooMany) -> Self {
        Self::Refused(too_many.into())
    }
}
