//! Messages, and the rules for their texts and for pages of the history.

use engineio::Time;
use serde::{Deserialize, Serialize};
use socketio::Arguments;
use uuid::Uuid;

use crate::refusal::Refusal;
use crate::storage::Value;
use crate::unicode;

/// The most characters of a text, counted as Unicode scalar values after trimming.
pub const MAX_TEXT_CHARS: usize = 4_000;

/// The most characters of a text with the white space around it.
const MAX_UNTRIMMED_CHARS: usize = 2 * MAX_TEXT_CHARS;

/// The most messages of one page of history.
pub const MAX_PAGE: u32 = 100;

/// The number of messages of a page without a `limit`.
const DEFAULT_PAGE: u32 = 50;

/// The most characters of a client's own id for a message.
pub const MAX_CLIENT_ID_CHARS: usize = 64;

/// A message as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Message {
    /// A UUIDv7 (RFC 9562, section 5.7); ids sort in the order of the messages.
    pub id: Uuid,
    /// The author's name as it is shown.
    pub username: String,
    /// The text as it was written; empty if the message was deleted.
    pub text: String,
    /// When the server accepted it, as the id tells.
    pub timestamp: Time,
}

/// A message that a client sends.
#[derive(Debug)]
pub struct NewMessage {
    /// The text as it was written.
    pub text: String,
    /// The client's own id for the message, under which it may retry.
    pub client_id: Option<String>,
}

impl Message {
    /// Makes a message, whose id tells its time.
    pub fn new(id: Uuid, username: String, text: String) -> Self {
        Self { id, username, text, timestamp: timestamp(id) }
    }

    /// Whether the message was deleted, which leaves its text empty.
    pub fn is_deleted(&self) -> bool {
        self.text.is_empty()
    }

    /// The event that carries the message to everyone.
    pub fn event(&self) -> Arguments<'static> {
        Arguments::recoverable("new_message", self, &self.id)
    }
}

/// Refuses a text without a visible character, one that is too long, and control characters other than line breaks and tabs.
pub fn check_text(text: &str) -> Result<(), Refusal> {
    if !unicode::is_any_visible(text) {
        return Err(Refusal::invalid("empty_message", "A message can't be empty."));
    }
    if text.trim().chars().count() > MAX_TEXT_CHARS || text.chars().count() > MAX_UNTRIMMED_CHARS {
        let sentence = format!("A message can have at most {MAX_TEXT_CHARS} characters.");
        return Err(Refusal::invalid("message_too_long", sentence));
    }
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_line_break = c == '\n' || (c == '\r' && chars.peek() == Some(&'\n'));
        if c.is_control() && !is_line_break && c != '\t' {
            return Err(Refusal::invalid(
                "control_characters",
                "A message can't contain control characters other than line breaks and tabs.",
            ));
        }
    }
    Ok(())
}

/// Returns a client's id for a message, unless it is empty or too long. `None` stands for anything but a string.
pub fn check_client_id(client_id: Option<String>) -> Result<String, Refusal> {
    client_id.filter(|id| !id.is_empty() && id.chars().count() <= MAX_CLIENT_ID_CHARS).ok_or_else(|| {
        let sentence = format!("A clientId is a string of 1 to {MAX_CLIENT_ID_CHARS} characters.");
        Refusal::invalid("invalid_client_id", sentence)
    })
}

/// The sentence for a `before` that is no message id.
pub const INVALID_BEFORE: &str = "before has to be the id of a message.";

/// A request for a part of the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryQuery {
    pub(super) before: Option<Uuid>,
    pub(super) limit: u32,
}

impl HistoryQuery {
    /// Asks for the last `limit` messages before the one with the id `before`, or before the end if that is missing or empty.
    ///
    /// # Errors
    /// `before` is no message id, or `limit` is not from 1 to [`MAX_PAGE`].
    pub fn new(before: Option<&str>, limit: Option<u32>) -> Result<Self, Refusal> {
        let no_id = |_| Refusal::invalid("invalid_before", INVALID_BEFORE);
        let before = before.filter(|id| !id.is_empty());
        let before = before.map(Uuid::try_parse).transpose().map_err(no_id)?;
        let limit = limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            let sentence = format!("limit has to be a whole number from 1 to {MAX_PAGE}.");
            return Err(Refusal::invalid("invalid_limit", sentence));
        }
        Ok(Self { before, limit })
    }
}

/// A part of the history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether there are messages before the first of these.
    pub has_more: bool,
}

/// The time that a UUIDv7 begins with.
pub fn timestamp(id: Uuid) -> Time {
    Time::from_millis((id.as_u128() >> 80) as u64)
}

/// The id as the database stores it.
pub fn key(id: Uuid) -> Value {
    id.as_bytes().as_slice().into()
}
