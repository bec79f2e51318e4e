//! What the sender of an event hears of it.

use std::time::Duration;

use serde::Serialize;

use super::message::{Message, Page};
use crate::application::{Ack, Actions, Event, Recipients};
use crate::keys::SocketKey;
use crate::time::Time;

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

/// Tells the sender of an event that it is refused, why, and when to come back.
pub fn refuse(
    to: SocketKey,
    event: &Event<'_>,
    error: &str,
    code: &str,
    retry_after: Option<Duration>,
    actions: &mut Actions,
) {
    let retry_after_ms = retry_after.map(|time| time.as_millis());
    match event.ack {
        Some(ack) => {
            actions.answer(to, ack, &RefusedAcknowledgement { ok: false, error, code, retry_after_ms })
        }
        None => {
            let exception = Exception { event: &event.name, error, code, retry_after_ms };
            actions.emit(Recipients::Socket(to), "exception", &exception);
        }
    }
}
