//! Bodies, read no further than allowed.

use futures_util::StreamExt;
use worker::ByteStream;
use worker::worker_sys::web_sys::ReadableStream;

/// How much of a body that is too long is read all the same, and thrown away. A connection with an unread rest would be
/// closed under the client's next request.
const MAX_DISCARDED: usize = 1024 * 1024;

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

/// The body of a request or of another server's answer as text, if it has at most `limit` bytes.
///
/// # Errors
/// It is too long, no UTF-8, or incomplete.
pub async fn read_text(stream: ReadableStream, limit: usize) -> Result<String, BodyError> {
    let mut stream = ByteStream::from(stream);
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| BodyError::Interrupted)?;
        length += chunk.len();
        if length <= limit {
            bytes.extend(chunk);
        } else if length > limit + MAX_DISCARDED {
            break;
        }
    }
    if length > limit {
        return Err(BodyError::TooLarge);
    }
    String::from_utf8(bytes).map_err(|_| BodyError::NotUtf8)
}
