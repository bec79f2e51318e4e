//! Request bodies that are JSON objects.

use futures_util::future::LocalBoxFuture;
use socketio_durable::Request;
use socketio_durable::body::BodyError;

use crate::bodies::{self, Body, MAX_BYTES};
use crate::refusal::{Refusal, RefusalKind};

/// Reads the body of a request.
///
/// # Errors
/// A refusal, if the body is too large, of another type, or not such an object.
pub async fn read<T: Body>(request: &Request) -> Result<T, Refusal> {
    bodies::parse(&text(request).await?)
}

/// Returns the text of a body. Boxed, so that the routes share one copy.
fn text(request: &Request) -> LocalBoxFuture<'_, Result<String, Refusal>> {
    Box::pin(read_text(request))
}

async fn read_text(request: &Request) -> Result<String, Refusal> {
    bodies::check_content_type(&request.header("Content-Type").unwrap_or_default())?;
    request.text(MAX_BYTES).await.map_err(|error| match error {
        BodyError::TooLarge => {
            Refusal::new(RefusalKind::TooLarge, "body_too_large", "The request body can be at most 64 KiB.")
        }
        BodyError::NotUtf8 | BodyError::Interrupted => {
            Refusal::invalid("invalid_body", "The request body isn't valid UTF-8 text.")
        }
    })
}
