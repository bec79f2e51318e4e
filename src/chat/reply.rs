//! What the sender of an event hears of it.

use serde::Serialize;

use super::Failure;
use super::message::{Message, Page};
use engineio::Time;
use socketio::SocketKey;
use socketio::{Ack, Action, Actions, Recipients};

/// A socket that sent an event, and the answer that it wants, if any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asker {
    pub socket: SocketKey,
    pub ack: Option<Ack>,
}

/// What a carried out command answers with, beside `ok: true`.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer<'a> {
    Nothing {},
    Sent {
        message: &'a Message,
    },
    History(&'a Page),
    #[serde(rename_all = "camelCase")]
    Renewed {
        expires_at: Time,
    },
}

#[derive(Serialize)]
struct Acknowledgement<'a> {
    ok: bool,
    #[serde(flatten)]
    answer: Answer<'a>,
}

#[derive(Serialize)]
struct RefusedAcknowledgement<'a> {
    ok: bool,
    error: &'a str,
    code: &'a str,
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
}

/// What a client gets whose event was refused and that asked for no acknowledgement.
#[derive(Serialize)]
struct Exception<'a> {
    event: &'a str,
    error: &'a str,
    code: &'a str,
    #[serde(rename = "retryAfterMs", skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u128>,
}

/// Answers an event that was carried out, if an answer is wanted.
pub fn acknowledge(to: SocketKey, ack: Option<Ack>, answer: Answer<'_>, actions: &mut Actions) {
    if let Some(ack) = ack {
        actions.answer(to, ack, &Acknowledgement { ok: true, answer });
    }
}

/// Tells the sender of an event why it was not carried out, and when to come back. The cause of a failing database is told to
/// the operator instead.
pub fn refuse(to: SocketKey, event: &str, ack: Option<Ack>, failure: &Failure, actions: &mut Actions) {
    let (code, error, retry_after) = match failure {
        Failure::Refused(refusal) => (refusal.code, &*refusal.message, refusal.retry_after),
        Failure::Storage(error) => {
            actions.push(Action::Log(error.to_string()));
            ("internal_error", "Something went wrong on the server. Please try again.", None)
        }
    };
    let retry_after_ms = retry_after.map(|time| time.as_millis());
    match ack {
        Some(ack) => {
            actions.answer(to, ack, &RefusedAcknowledgement { ok: false, error, code, retry_after_ms })
        }
        None => actions.emit(
            Recipients::Socket(to),
            "exception",
            &Exception { event, error, code, retry_after_ms },
        ),
    }
}
