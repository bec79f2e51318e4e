//! Messages: what may be said, in which order it stands, and where it is kept.

use engineio::{Context, Time};
use serde::{Deserialize, Serialize};
use socketio::Arguments;
use uuid::{Builder, Uuid};

use crate::refusal::Refusal;
use crate::storage::{Row, Storage, StorageError, Value};
use crate::unicode;

/// The most characters of a text, counted as Unicode scalar values after trimming.
pub const MAX_TEXT_CHARS: usize = 4_000;

/// The most characters of a text with the white space around it.
const MAX_UNTRIMMED_CHARS: usize = 2 * MAX_TEXT_CHARS;

/// The most messages of one page of history.
pub const MAX_PAGE: u32 = 100;

/// How many messages a page has for which nobody said how many.
const DEFAULT_PAGE: u32 = 50;

/// The most characters of a client's own id for a message.
pub const MAX_CLIENT_ID_CHARS: usize = 64;

/// A message as clients see it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Message {
    /// A UUIDv7 (RFC 9562, section 5.7); ids sort in the order of the messages.
    pub id: Uuid,
    /// Who said it.
    pub username: String,
    /// What was said, as it was written.
    pub text: String,
    /// When the server took it, as the id tells.
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
    /// The event that carries the message to everyone.
    pub fn event(&self) -> Arguments<'static> {
        Arguments::recoverable("new_message", self, &self.id)
    }
}

/// Refuses a text without anything to be seen, a text that is too long, and control characters other than line breaks and tabs.
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

/// Returns a client's id for a message unless it is empty or too long; `None` stands for one that is no string.
pub fn check_client_id(client_id: Option<String>) -> Result<String, Refusal> {
    client_id.filter(|id| !id.is_empty() && id.chars().count() <= MAX_CLIENT_ID_CHARS).ok_or_else(|| {
        let sentence = format!("A clientId is a string of 1 to {MAX_CLIENT_ID_CHARS} characters.");
        Refusal::invalid("invalid_client_id", sentence)
    })
}

/// The sentence for a `before` that is no message id.
pub const INVALID_BEFORE: &str = "before has to be the id of a message.";

/// Which part of the history somebody wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryQuery {
    before: Option<Uuid>,
    limit: u32,
}

impl HistoryQuery {
    /// The last `limit` messages before the one with the id `before`, or before the end if that is missing or empty.
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

/// The messages of a room.
pub struct Messages<S> {
    storage: S,
    /// The id of the newest message that there ever was.
    newest: Uuid,
    /// The id of the newest message that was deleted; nil when none was.
    pruned: Uuid,
}

/// What became of a message that was to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Added {
    /// It is new.
    New(Message),
    /// Its sender has sent it before; this is what was kept.
    Before(Message),
}

impl<S: Storage> Messages<S> {
    /// The messages in a database of the current version.
    ///
    /// # Errors
    /// The database fails.
    pub fn new(storage: S) -> Result<Self, StorageError> {
        let newest = first_id(&storage, "SELECT id FROM messages ORDER BY id DESC LIMIT 1", &[])?;
        let pruned = first_id(&storage, "SELECT through FROM pruned", &[])?.unwrap_or_default();
        Ok(Self { storage, newest: newest.unwrap_or_default().max(pruned), pruned })
    }

    /// Stores a message, unless its sender has sent it before under the same `client_id`.
    ///
    /// # Errors
    /// The database fails; then nothing is kept.
    pub fn add(
        &mut self,
        cx: &mut Context<'_>,
        username: &str,
        NewMessage { text, client_id }: &NewMessage,
    ) -> Result<Added, StorageError> {
        let (text, client_id) = (text.as_str(), client_id.as_deref());
        if let Some(client_id) = client_id
            && let Some(message) = self.find_by_client_id(username, client_id)?
        {
            return Ok(Added::Before(message));
        }
        let id = self.next_id(cx);
        self.storage.query(
            "INSERT INTO messages (id, username, text, client_id) VALUES (?1, ?2, ?3, ?4)",
            &[id.as_bytes().as_slice().into(), username.into(), text.into(), client_id.into()],
        )?;
        self.newest = id;
        Ok(Added::New(Message {
            id,
            username: username.to_owned(),
            text: text.to_owned(),
            timestamp: timestamp(id),
        }))
    }

    /// The most recent messages, oldest first.
    ///
    /// # Errors
    /// The database fails.
    pub fn recent(&self, limit: u32) -> Result<Vec<Message>, StorageError> {
        let rows = self.storage.query(
            "SELECT id, username, text FROM messages ORDER BY id DESC LIMIT ?1",
            &[Value::Integer(i64::from(limit))],
        )?;
        rows.into_iter().rev().map(message).collect()
    }

    /// A page of the history. Found by key, so that a page far back costs no more than the first, and stays the same
    /// while messages arrive.
    ///
    /// # Errors
    /// The database fails.
    pub fn page(&self, query: HistoryQuery) -> Result<Page, StorageError> {
        let before = query.before.unwrap_or(Uuid::max());
        // One more than wanted tells whether there are more.
        let rows = self.storage.query(
            "SELECT id, username, text FROM messages WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            &[before.as_bytes().as_slice().into(), Value::Integer(i64::from(query.limit) + 1)],
        )?;
        let has_more = rows.len() > query.limit as usize;
        let wanted = rows.into_iter().take(query.limit as usize).rev();
        Ok(Page { messages: wanted.map(message).collect::<Result<_, _>>()?, has_more })
    }

    /// The id of the newest message; nil when there is none.
    pub fn newest(&self) -> Uuid {
        self.newest
    }

    /// All messages after the one with the id `after`, unless they are more than `limit` or some of them were deleted.
    ///
    /// # Errors
    /// The database fails.
    pub fn since(&self, after: Uuid, limit: u32) -> Result<Option<Vec<Message>>, StorageError> {
        if after < self.pruned {
            return Ok(None);
        }
        let rows = self.storage.query(
            "SELECT id, username, text FROM messages WHERE id > ?1 ORDER BY id LIMIT ?2",
            &[after.as_bytes().as_slice().into(), Value::Integer(i64::from(limit) + 1)],
        )?;
        if rows.len() > limit as usize {
            return Ok(None);
        }
        rows.into_iter().map(message).collect::<Result<_, _>>().map(Some)
    }

    /// Whether a message with this id is kept, or may have been pruned.
    ///
    /// # Errors
    /// The database fails.
    pub fn knows(&self, id: Uuid) -> Result<bool, StorageError> {
        let sql = "SELECT id FROM messages WHERE id = ?1";
        Ok(id <= self.pruned || first_id(&self.storage, sql, &[id.as_bytes().as_slice().into()])?.is_some())
    }

    /// The time of the oldest message, if there is any.
    ///
    /// # Errors
    /// The database fails.
    pub fn oldest(&self) -> Result<Option<Time>, StorageError> {
        let oldest = first_id(&self.storage, "SELECT id FROM messages ORDER BY id LIMIT 1", &[])?;
        Ok(oldest.map(timestamp))
    }

    /// The id of the last message before the newest `count`, if there are more than these.
    ///
    /// # Errors
    /// The database fails.
    pub fn last_before_newest(&self, count: u32) -> Result<Option<Uuid>, StorageError> {
        let sql = "SELECT id FROM messages ORDER BY id DESC LIMIT 1 OFFSET ?1";
        first_id(&self.storage, sql, &[Value::Integer(i64::from(count))])
    }

    /// Deletes the oldest messages up to the id `through`, `limit` of them at most. Returns whether there were any.
    ///
    /// # Errors
    /// The database fails; then nothing is deleted.
    pub fn prune(&mut self, through: Uuid, limit: u32) -> Result<bool, StorageError> {
        let key = |id: Uuid| Value::from(id.as_bytes().as_slice());
        let sql = "SELECT id FROM (SELECT id FROM messages WHERE id <= ?1 ORDER BY id LIMIT ?2)
                   ORDER BY id DESC LIMIT 1";
        let last = first_id(&self.storage, sql, &[key(through), Value::Integer(i64::from(limit))])?;
        let Some(last) = last else { return Ok(false) };
        self.storage.transaction(&mut || {
            self.storage.query("DELETE FROM messages WHERE id <= ?1", &[key(last)])?;
            self.storage.query(
                "INSERT INTO pruned (only_row, through) VALUES (1, ?1)
                 ON CONFLICT (only_row) DO UPDATE SET through = excluded.through",
                &[key(last)],
            )?;
            Ok(())
        })?;
        self.pruned = last;
        Ok(true)
    }

    fn find_by_client_id(&self, username: &str, client_id: &str) -> Result<Option<Message>, StorageError> {
        let rows = self.storage.query(
            "SELECT id, username, text FROM messages WHERE username = ?1 AND client_id = ?2",
            &[username.into(), client_id.into()],
        )?;
        rows.into_iter().next().map(message).transpose()
    }

    /// An id after all others, even when the clock has gone back.
    fn next_id(&self, cx: &mut Context<'_>) -> Uuid {
        let mut random = [0; 10];
        cx.entropy.fill(&mut random);
        let id = Builder::from_unix_timestamp_millis(cx.now.as_millis(), &random).into_uuid();
        id.max(Uuid::from_u128(self.newest.as_u128() + 1))
    }
}

fn message(mut row: Row) -> Result<Message, StorageError> {
    let id = id(&mut row, 0)?;
    Ok(Message { id, username: row.text(1)?, text: row.text(2)?, timestamp: timestamp(id) })
}

/// The id that a statement selects, if it selects any.
fn first_id(storage: &impl Storage, sql: &str, parameters: &[Value]) -> Result<Option<Uuid>, StorageError> {
    storage.query(sql, parameters)?.first_mut().map(|row| id(row, 0)).transpose()
}

fn id(row: &mut Row, column: usize) -> Result<Uuid, StorageError> {
    Uuid::from_slice(&row.blob(column)?).map_err(|_| StorageError("a message id is no UUID".to_owned()))
}

/// The moment that a UUIDv7 begins with.
fn timestamp(id: Uuid) -> Time {
    Time::from_millis((id.as_u128() >> 80) as u64)
}
