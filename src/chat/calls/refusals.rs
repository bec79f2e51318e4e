//! The refusals of signalling events.

use crate::refusal::{Refusal, RefusalKind};

/// Refuses an event that contradicts the state of the calls.
pub fn conflict(code: &'static str, message: &str) -> Refusal {
    Refusal::new(RefusalKind::Conflict, code, message)
}

/// Refuses a candidate if too many wait already.
pub fn too_many_candidates(sentence: &str) -> Refusal {
    conflict("too_many_candidates", sentence)
}

/// Refuses an event that needs a call.
pub fn not_in_call() -> Refusal {
    conflict("not_in_call", "You're not in a call with this user.")
}

/// Refuses a second call of the same user.
pub fn already_in_call() -> Refusal {
    conflict("already_in_call", "You're already in a call.")
}

/// Refuses a call of a user who is not online.
pub fn user_offline() -> Refusal {
    Refusal::new(RefusalKind::NotFound, "user_offline", "This user isn't online.")
}
