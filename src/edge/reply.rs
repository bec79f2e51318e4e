//! The HTTP responses to refused requests.

use socketio_durable::Reply;

use crate::refusal::{Refusal, RefusalKind};

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal.kind {
            RefusalKind::Invalid => 400,
            RefusalKind::Unauthenticated => 401,
            RefusalKind::Forbidden => 403,
            RefusalKind::NotFound => 404,
            RefusalKind::MethodNotAllowed => 405,
            RefusalKind::Conflict => 409,
            RefusalKind::TooLarge => 413,
            RefusalKind::UnsupportedMediaType => 415,
            RefusalKind::TooMany => 429,
        };
        let reply = Self::failure(status, refusal.code, &refusal.message);
        match refusal.retry_after {
            Some(time) => reply.with_header("Retry-After", time.as_millis().div_ceil(1000).to_string()),
            None => reply,
        }
    }
}
