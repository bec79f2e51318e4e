//! Reading the payload of an event: the first argument after its name.

use serde::Deserialize;
use serde_json::value::RawValue;
use socketio::json;

use crate::refusal::Refusal;

/// Parses the payload, which has to be an object. Further arguments are ignored, as a handler in JavaScript would.
///
/// # Errors
/// It is something else: `wanted` says what the event takes.
pub fn object<'a, T: Deserialize<'a>>(arguments: &'a str, wanted: &str) -> Result<T, Refusal> {
    let payload = elements(arguments, wanted)?.get(1).map_or("null", |argument| argument.get());
    json::from_str(payload).map_err(|_| Refusal::invalid("invalid_payload", wanted))
}

/// Parses the payload like [`object`]. `None` if it is missing or `null`.
///
/// # Errors
/// It is something else: `wanted` says what the event takes.
pub fn optional_object<'a, T: Deserialize<'a>>(
    arguments: &'a str,
    wanted: &str,
) -> Result<Option<T>, Refusal> {
    match elements(arguments, wanted)?.get(1) {
        Some(payload) if payload.get() != "null" => object(arguments, wanted).map(Some),
        _ => Ok(None),
    }
}

/// Parses a field of the payload. `None` if it is missing or `null`.
///
/// # Errors
/// It is of another type: a refusal with this code and sentence.
pub fn field<'a, T: Deserialize<'a>>(
    json: Option<&'a RawValue>,
    code: &'static str,
    sentence: &str,
) -> Result<Option<T>, Refusal> {
    json.map(|json| serde_json::from_str(json.get()).map_err(|_| Refusal::invalid(code, sentence)))
        .transpose()
}

/// Returns the name of the event and its arguments.
fn elements<'a>(arguments: &'a str, wanted: &str) -> Result<Vec<&'a RawValue>, Refusal> {
    serde_json::from_str(arguments).map_err(|_| Refusal::invalid("invalid_payload", wanted))
}
