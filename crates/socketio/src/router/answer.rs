//! The values that handlers return, as answers to the client.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::payload::{self, Unsendable};
use crate::arguments::Arguments;
use crate::storage::StorageError;

/// The failure of an event: its acknowledgement is `{"error": …}`, with `data` if there is any.
#[derive(Debug, Serialize)]
pub struct EventError {
    error: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    /// The cause, for the operator's log alone.
    #[serde(skip)]
    cause: Option<String>,
}

impl EventError {
    /// Returns a failure that the client knows by `error`.
    pub fn new(error: impl Into<Cow<'static, str>>) -> Self {
        Self { error: error.into(), data: None, cause: None }
    }

    /// Returns the same failure with data, which are left out if they cannot be JSON.
    #[must_use]
    pub fn with_data<T: Serialize + ?Sized>(self, data: &T) -> Self {
        Self { data: to_raw_value(data).ok(), ..self }
    }

    /// Returns a failure of which only the log tells the cause.
    pub fn internal(cause: impl ToString) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new("internal error") }
    }
}

impl From<&'static str> for EventError {
    fn from(error: &'static str) -> Self {
        Self::new(error)
    }
}

impl From<StorageError> for EventError {
    fn from(error: StorageError) -> Self {
        Self::internal(error)
    }
}

/// A value that acknowledges an event, for handlers that cannot fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reply<T>(pub T);

/// A value that a handler of events returns. If the client asks for an acknowledgement, it gets: for `()`, one without arguments;
/// for [`Reply`] and `Ok`, the value, with a tuple as several arguments; for `Err`, the [`EventError`].
pub trait Answer {
    /// Encodes the answer, as far as it can be, and returns a line for the log, if it is worth one.
    #[doc(hidden)]
    fn into_arguments(self) -> (Arguments<'static>, Option<String>);

    /// Returns only the line for the log.
    #[doc(hidden)]
    fn into_cause(self) -> Option<String>
    where
        Self: Sized,
    {
        None
    }
}

impl Answer for () {
    fn into_arguments(self) -> (Arguments<'static>, Option<String>) {
        encoded(payload::answer(&()))
    }
}

impl<T: Serialize> Answer for Reply<T> {
    fn into_arguments(self) -> (Arguments<'static>, Option<String>) {
        encoded(payload::answer(&self.0))
    }
}

impl<T: Serialize, E: Into<EventError>> Answer for Result<T, E> {
    fn into_arguments(self) -> (Arguments<'static>, Option<String>) {
        match self {
            Ok(value) => encoded(payload::answer(&value)),
            Err(error) => {
                let mut error = error.into();
                let cause = error.cause.take();
                (Arguments::of(&[error]), cause)
            }
        }
    }

    fn into_cause(self) -> Option<String> {
        self.err().and_then(|error| error.into().cause)
    }
}

fn encoded(answer: Result<Arguments<'static>, Unsendable>) -> (Arguments<'static>, Option<String>) {
    match answer {
        Ok(arguments) => (arguments, None),
        Err(error) => Err::<(), _>(EventError::internal(error)).into_arguments(),
    }
}
