//! Application errors: a request that was understood and is refused.

use std::fmt;
use std::time::Duration;

/// Why something asked for is not done: a sentence for a person and a code for a program.
///
/// Over Socket.IO it travels in the acknowledgement or in `exception`, over REST as the body of a 4xx response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The class of the refusal, from which REST takes its status.
    pub kind: RefusalKind,
    /// A stable `snake_case` code.
    pub code: &'static str,
    /// A sentence that a frontend can show as it is.
    pub message: String,
    /// How long to wait before it is worth asking again, where that is known.
    pub retry_after: Option<Duration>,
}

/// The classes of refusal that a caller can react to differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefusalKind {
    /// The request is malformed or out of bounds: 400.
    Invalid,
    /// The caller did not show who it is: 401.
    Unauthenticated,
    /// The caller may not do this: 403.
    Forbidden,
    /// There is no such thing: 404.
    NotFound,
    /// The thing exists, but does not answer this method: 405.
    MethodNotAllowed,
    /// It collides with what exists: 409.
    Conflict,
    /// The request is larger than allowed: 413.
    TooLarge,
    /// The body is not of a type that is understood: 415.
    UnsupportedMediaType,
    /// The caller asks too often: 429.
    TooMany,
}

impl Refusal {
    /// A refusal of the given class.
    pub fn new(kind: RefusalKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), retry_after: None }
    }

    /// A refusal of input that is malformed or out of bounds.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Invalid, code, message)
    }

    /// A refusal of what was asked for too often.
    pub fn too_many(code: &'static str, message: impl Into<String>, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(RefusalKind::TooMany, code, message) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for Refusal {}
