//! Request bodies, read no further than allowed.

use futures_util::StreamExt;
use worker::Request;

/// Why a body is not to be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyError {
    /// It is longer than allowed.
    TooLarge,
    /// It is no text.
    NotUtf8,
    /// It ended before its end.
    Interrupted,
}

/// The body as text, if it has at most `limit` bytes.
///
/// # Errors
/// It is too long, no UTF-8, or incomplete.
pub async fn read_text(request: &mut Request, limit: usize) -> Result<String, BodyError> {
    let announced = request.headers().get("Content-Length").ok().flatten();
    if announced.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge);
    }
    if request.inner().body().is_none() {
        return Ok(String::new());
    }
    let mut stream = request.stream().map_err(|_| BodyError::Interrupted)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        bytes.extend(chunk.map_err(|_| BodyError::Interrupted)?);
        if bytes.len() > limit {
            return Err(BodyError::TooLarge);
        }
    }
    String::from_utf8(bytes).map_err(|_| BodyError::NotUtf8)
}
