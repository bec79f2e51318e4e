//! Request bodies that are JSON objects.

use serde::de::DeserializeOwned;

use crate::refusal::{Refusal, RefusalKind};
use socketio_durable::Request;
use socketio_durable::body::BodyError;

/// The longest request body, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// The body as an object with the fields of `T`. `wanted` says which in a sentence, for when it is something else.
///
/// # Errors
/// It is too long, of another type, no JSON, or no such object.
pub async fn read<T: DeserializeOwned>(request: &Request, wanted: &str) -> Result<T, Refusal> {
    let content_type = request.header("Content-Type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::new(
            RefusalKind::UnsupportedMediaType,
            "unsupported_media_type",
            "Send the request body as JSON, with Content-Type: application/json.",
        ));
    }
    let body = request.text(MAX_BYTES).await.map_err(|error| match error {
        BodyError::TooLarge => {
            Refusal::new(RefusalKind::TooLarge, "body_too_large", "The request body can be at most 64 KiB.")
        }
        BodyError::NotUtf8 | BodyError::Interrupted => {
            Refusal::invalid("invalid_body", "The request body isn't valid UTF-8 text.")
        }
    })?;
    // An array would pass for an object whose fields it lists in order.
    let is_object = body.trim_start().starts_with('{');
    let read = serde_json::from_str(&body).ok().filter(|_| is_object);
    read.ok_or_else(|| Refusal::invalid("invalid_body", wanted))
}
