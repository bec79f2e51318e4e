//! Refusals: the application's errors about requests that it understood.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::storage::StorageError;

/// A refusal: a sentence for a person, and a code for a program.
///
/// Over Socket.IO it travels in the acknowledgement or in `exception`, over REST as the body of a 4xx response, and between
/// objects as the response to a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusal {
    /// The class, which determines the status of the REST response.
    pub kind: RefusalKind,
    /// A stable `snake_case` code.
    pub code: Cow<'static, str>,
    /// A sentence that a frontend can show as it is.
    pub message: String,
    /// The time to wait before asking again, if known.
    #[serde(with = "millis")]
    pub retry_after: Option<Duration>,
}

/// The classes of refusals that a client can treat differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum RefusalKind {
    /// The request is malformed or out of bounds.
    Invalid,
    /// The caller is not authenticated.
    Unauthenticated,
    /// The caller may not do this.
    Forbidden,
    /// The resource does not exist.
    NotFound,
    /// The resource does not support this method.
    MethodNotAllowed,
    /// The request conflicts with existing data.
    Conflict,
    /// The request is too large.
    TooLarge,
    /// The type of the body is not understood.
    UnsupportedMediaType,
    /// The caller asks too often.
    TooMany,
}

impl RefusalKind {
    /// Returns the status of the HTTP response.
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooMany => 429,
        }
    }
}

impl Refusal {
    /// Creates a refusal of the given class.
    pub fn new(kind: RefusalKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), retry_after: None }
    }

    /// Refuses input that is malformed or out of bounds.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Invalid, code, message)
    }

    /// Refuses a request that came too soon after others.
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

/// The reason why a request was not carried out.
#[derive(Debug)]
pub enum Failure {
    /// The request was refused.
    Refused(Refusal),
    /// The database failed.
    Storage(StorageError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Durations in whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = duration.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        millis.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}
