//! The HTTP responses to refused requests.

use socketio_durable::Reply;

use crate::refusal::Refusal;

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let reply = Self::failure(refusal.kind.status(), &refusal.code, &refusal.message);
        match refusal.retry_after {
            Some(time) => reply.with_header("Retry-After", time.as_millis().div_ceil(1000).to_string()),
            None => reply,
        }
    }
}
