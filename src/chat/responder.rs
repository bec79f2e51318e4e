//! The answers to the sender of an event.

use serde::Serialize;
use socketio::{Ack, Action, Actions, Recipients, SocketKey};

use super::member::Member;
use crate::refusal::Failure;

/// A socket that sent an event, and the answer that it asked for, if any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asker {
    pub socket: SocketKey,
    pub ack: Option<Ack>,
}

/// The sender of an event, and the way to answer it.
pub struct Responder<'a> {
    /// The name of the event.
    pub event: &'a str,
    /// The sender's socket.
    pub asker: Asker,
    /// The sender as it was when the event came.
    pub member: Member,
    /// Everything that the event leads to. Answers go before broadcasts.
    pub actions: &'a mut Actions,
}

#[derive(Serialize)]
struct Acknowledgement<'a, T> {
    ok: bool,
    #[serde(flatten)]
    answer: &'a T,
}

#[derive(Serialize)]
struct RefusedAcknowledgement<'a> {
    ok: bool,
    error: &'a str,
    code: &'a str,
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
}

/// The event by which a client learns of a refusal if it asked for no acknowledgement.
#[derive(Serialize)]
struct Exception<'a> {
    event: &'a str,
    error: &'a str,
    code: &'a str,
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
}

/// An answer that says no more than `ok: true`.
#[derive(Serialize)]
pub struct Done {}

impl Responder<'_> {
    /// Answers the event with `ok: true` and the fields of `answer`.
    pub fn answer<T: Serialize>(&mut self, answer: &T) {
        acknowledge(self.asker, answer, self.actions);
    }

    /// Tells the sender that the event was not carried out.
    pub fn refuse(&mut self, failure: &Failure) {
        refuse(self.asker, self.event, failure, self.actions);
    }
}

/// Answers an event with `ok: true` and the fields of `answer`, if its sender asked for an answer.
pub fn acknowledge<T: Serialize>(to: Asker, answer: &T, actions: &mut Actions) {
    if let Some(ack) = to.ack {
        actions.answer(to.socket, ack, &Acknowledgement { ok: true, answer });
    }
}

/// Tells the sender of an event why it was not carried out, and when to try again. Logs the cause of a failing database
/// instead.
pub fn refuse(to: Asker, event: &str, failure: &Failure, actions: &mut Actions) {
    let (code, error, retry_after) = match failure {
        Failure::Refused(refusal) => (&*refusal.code, &*refusal.message, refusal.retry_after),
        Failure::Storage(error) => {
            actions.push(Action::Log(error.to_string()));
            ("internal_error", "Something went wrong on the server. Please try again.", None)
        }
    };
    let retry_after_ms = retry_after.map(|time| time.as_millis());
    match to.ack {
        Some(ack) => {
            let refused = RefusedAcknowledgement { ok: false, error, code, retry_after_ms };
            actions.answer(to.socket, ack, &refused);
        }
        None => {
            let exception = Exception { event, error, code, retry_after_ms };
            actions.emit(Recipients::Socket(to.socket), "exception", &exception);
        }
    }
}
