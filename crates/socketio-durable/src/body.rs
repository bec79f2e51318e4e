//! Bodies, read no further and no longer than allowed.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use worker::worker_sys::web_sys::ReadableStream;
use worker::{ByteStream, Delay};

/// The most bytes that are read only to be thrown away. Beyond them the platform closes the connection after the answer.
const MAX_DISCARDED: usize = 1024 * 1024;

/// How long a body may take that is read only to be thrown away.
const DISCARD_PATIENCE: Duration = Duration::from_secs(5);

/// How long a body may take that somebody waits for: time for a megabyte over a poor mobile network.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a body is not to be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyError {
    /// It is longer than allowed.
    TooLarge,
    /// It is no text.
    NotUtf8,
    /// It ended before its end, or takes too long.
    Interrupted,
}

/// The body of a request or of another server's answer as text, if it has at most `limit` bytes.
///
/// # Errors
/// It is too long, no UTF-8, or incomplete.
pub async fn read_text(stream: ReadableStream, limit: usize) -> Result<String, BodyError> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    let end = each_chunk(stream, PATIENCE, |chunk| {
        length += chunk.len();
        if length <= limit {
            bytes.extend(chunk);
        } else {
            bytes = Vec::new();
        }
        length <= limit + MAX_DISCARDED
    });
    let end = end.await;
    if length > limit {
        return Err(BodyError::TooLarge);
    }
    end?;
    String::from_utf8(bytes).map_err(|_| BodyError::NotUtf8)
}

/// Reads a body that nobody wants.
pub async fn discard(stream: ReadableStream) {
    let mut length = 0;
    // However it ends, the answer is the same.
    let _ = each_chunk(stream, DISCARD_PATIENCE, |chunk| {
        length += chunk.len();
        length <= MAX_DISCARDED
    })
    .await;
}

/// Hands every chunk to `take` until that returns false.
///
/// # Errors
/// The stream breaks, or takes longer than `patience`.
async fn each_chunk(
    stream: ReadableStream,
    patience: Duration,
    mut take: impl FnMut(Vec<u8>) -> bool,
) -> Result<(), BodyError> {
    let mut stream = ByteStream::from(stream);
    let mut deadline = Box::pin(Delay::from(patience));
    loop {
        match select(stream.next(), &mut deadline).await {
            Either::Left((Some(Ok(chunk)), _)) => {
                if !take(chunk) {
                    return Ok(());
                }
            }
            Either::Left((None, _)) => return Ok(()),
            Either::Left((Some(Err(_)), _)) | Either::Right(_) => return Err(BodyError::Interrupted),
        }
    }
}
