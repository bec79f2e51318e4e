//! The bodies of REST requests: JSON objects.

use serde::de::DeserializeOwned;
use socketio::json;

use crate::refusal::{Refusal, RefusalKind};

/// The longest request body, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// A request body.
pub trait Body: DeserializeOwned {
    /// A sentence that tells the client the shape of the body.
    const SHAPE: &'static str;
}

/// Checks the value of `Content-Type`, which is empty if absent.
///
/// # Errors
/// A refusal with the code `unsupported_media_type` unless it is JSON.
pub fn check_content_type(content_type: &str) -> Result<(), Refusal> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalKind::UnsupportedMediaType,
        "unsupported_media_type",
        "Send the request body as JSON, with Content-Type: application/json.",
    ))
}

/// Reads a body.
///
/// # Errors
/// A refusal with the code `invalid_body` if the text is not such an object.
pub fn parse<T: Body>(text: &str) -> Result<T, Refusal> {
    json::from_str(text).map_err(|_| Refusal::invalid("invalid_body", T::SHAPE))
}
