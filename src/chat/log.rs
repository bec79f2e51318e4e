//! The log: everything that clients must not miss, in one total order.
//!
//! An entry is a new message or a change to one. One generator makes all ids, so that ids sort in the order of the log. The
//! offset by which a client recovers is the id of an entry. A message costs one row. A change costs a row as well, and
//! rewrites or moves that of its message.

use engineio::{Context, Time};
use serde_json::value::RawValue;
use socketio::Arguments;
use uuid::{Builder, Uuid};

use super::changes::Change;
use super::message::{HistoryQuery, Message, NewMessage, Page, key, timestamp};
use crate::storage::{Row, Storage, StorageError, Value};

/// The most entries that are read at once, so that a budget that is exceeded is not read whole.
const STEP: usize = 128;

/// The entries of a room.
pub struct Log<S> {
    storage: S,
    /// The newest entry that there ever was.
    newest: Uuid,
    /// The newest entry that was pruned; nil if there is none.
    pruned: Uuid,
}

/// A message that was to be added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Added {
    /// The message is new.
    New(Message),
    /// Its sender has sent it before, as it is stored. Its text is empty if it was deleted.
    Before(Message),
}

/// The most that one client is sent again.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The number of entries.
    pub entries: usize,
    /// The bytes of their events.
    pub bytes: usize,
}

impl<S: Storage> Log<S> {
    /// Opens the log in a database of the current version.
    ///
    /// # Errors
    /// The database fails.
    pub fn open(storage: S) -> Result<Self, StorageError> {
        let newest = first_id(
            &storage,
            "SELECT id FROM messages UNION ALL SELECT id FROM changes ORDER BY id DESC LIMIT 1",
            &[],
        )?;
        let pruned = first_id(&storage, "SELECT through FROM pruned", &[])?.unwrap_or_default();
        Ok(Self { storage, newest: newest.unwrap_or_default().max(pruned), pruned })
    }

    /// The newest entry that there ever was; nil if there is none.
    pub fn newest(&self) -> Uuid {
        self.newest
    }

    /// Adds a message, unless its sender has sent it before under the same `client_id`.
    ///
    /// # Errors
    /// The database fails; then nothing is added.
    pub fn add(
        &mut self,
        cx: &mut Context<'_>,
        username: &str,
        NewMessage { text, client_id }: &NewMessage,
    ) -> Result<Added, StorageError> {
        let client_id = client_id.as_deref();
        if let Some(client_id) = client_id
            && let Some(message) = self.find_by_client_id(username, client_id)?
        {
            return Ok(Added::Before(message));
        }
        let id = self.next_id(cx);
        self.storage.query(
            "INSERT INTO messages (id, username, text, client_id) VALUES (?1, ?2, ?3, ?4)",
            &[key(id), username.into(), text.as_str().into(), client_id.into()],
        )?;
        self.newest = id;
        Ok(Added::New(Message::new(id, username.to_owned(), text.clone())))
    }

    /// Adds a change to a message. Returns the event that tells clients of it.
    ///
    /// # Errors
    /// The database fails; then nothing is changed.
    pub fn change<C: Change>(
        &mut self,
        cx: &mut Context<'_>,
        change: &C,
    ) -> Result<Arguments<'static>, StorageError> {
        let id = self.next_id(cx);
        let body =
            serde_json::to_string(change).map_err(|error| StorageError(format!("a change: {error}")))?;
        self.storage.transaction(&mut || {
            change.apply(&self.storage)?;
            self.storage.query(
                "INSERT INTO changes (id, kind, body) VALUES (?1, ?2, ?3)",
                &[key(id), C::EVENT.into(), body.as_str().into()],
            )?;
            Ok(())
        })?;
        self.newest = id;
        Ok(Arguments::recoverable(C::EVENT, change, &id))
    }

    /// Returns a message as it is stored; its text is empty if it was deleted. `None` if there is no such message.
    ///
    /// # Errors
    /// The database fails.
    pub fn find(&self, id: Uuid) -> Result<Option<Message>, StorageError> {
        let rows = self.storage.query(
            "SELECT id, username, text FROM messages WHERE id = ?1
             UNION ALL SELECT id, username, '' FROM deleted_messages WHERE id = ?1",
            &[key(id)],
        )?;
        rows.into_iter().next().map(message).transpose()
    }

    /// Returns the most recent messages, oldest first.
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

    /// Returns a page of the history. Pages are found by key: a page far back costs no more than the first, and stays the same
    /// while messages arrive.
    ///
    /// # Errors
    /// The database fails.
    pub fn page(&self, query: HistoryQuery) -> Result<Page, StorageError> {
        let before = query.before.unwrap_or(Uuid::max());
        // One message more tells whether there are more.
        let rows = self.storage.query(
            "SELECT id, username, text FROM messages WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            &[key(before), Value::Integer(i64::from(query.limit) + 1)],
        )?;
        let has_more = rows.len() > query.limit as usize;
        let wanted = rows.into_iter().take(query.limit as usize).rev();
        Ok(Page { messages: wanted.map(message).collect::<Result<_, _>>()?, has_more })
    }

    /// Returns the events of all entries after the entry `after`, in order, with their ids. `None` if they exceed the budget, or
    /// some of them were pruned.
    ///
    /// A message that was deleted since is left out: the change that deleted it follows.
    ///
    /// # Errors
    /// The database fails.
    pub fn since(
        &self,
        mut after: Uuid,
        budget: Budget,
    ) -> Result<Option<Vec<(Uuid, Arguments<'static>)>>, StorageError> {
        if after < self.pruned {
            return Ok(None);
        }
        let (mut entries, mut bytes) = (Vec::new(), 0);
        loop {
            let rows = self.storage.query(
                "SELECT id, username, text, 0 FROM messages WHERE id > ?1
                 UNION ALL SELECT id, kind, body, 1 FROM changes WHERE id > ?1
                 ORDER BY id LIMIT ?2",
                &[key(after), Value::Integer(STEP as i64)],
            )?;
            let is_last = rows.len() < STEP;
            for row in rows {
                let (id, event) = entry(row)?;
                bytes += event.json.len();
                if entries.len() == budget.entries || bytes > budget.bytes {
                    return Ok(None);
                }
                entries.push((id, event));
                after = id;
            }
            if is_last {
                return Ok(Some(entries));
            }
        }
    }

    /// Whether an entry with this id is kept, or may have been pruned.
    ///
    /// # Errors
    /// The database fails.
    pub fn knows(&self, id: Uuid) -> Result<bool, StorageError> {
        let sql = "SELECT id FROM messages WHERE id = ?1 UNION ALL SELECT id FROM changes WHERE id = ?1
                   UNION ALL SELECT id FROM deleted_messages WHERE id = ?1";
        Ok(id <= self.pruned || first_id(&self.storage, sql, &[key(id)])?.is_some())
    }

    /// Returns the time of the oldest entry, if there is any.
    ///
    /// # Errors
    /// The database fails.
    pub fn oldest(&self) -> Result<Option<Time>, StorageError> {
        oldest(&self.storage)
    }

    /// Returns the last message before the newest `count`, if there are more than these.
    ///
    /// # Errors
    /// The database fails.
    pub fn last_before_newest(&self, count: u32) -> Result<Option<Uuid>, StorageError> {
        let sql = "SELECT id FROM messages ORDER BY id DESC LIMIT 1 OFFSET ?1";
        first_id(&self.storage, sql, &[Value::Integer(i64::from(count))])
    }

    /// Deletes the oldest entries up to the id `through`, at most `limit` of them. Returns whether there were any.
    ///
    /// A change goes when it is old enough itself, and thus after its message: a client whose position is newer than the pruned
    /// entries can still learn of it.
    ///
    /// # Errors
    /// The database fails; then nothing is deleted.
    pub fn prune(&mut self, through: Uuid, limit: u32) -> Result<bool, StorageError> {
        let sql = "SELECT id FROM (
                       SELECT id FROM messages WHERE id <= ?1 UNION ALL SELECT id FROM changes WHERE id <= ?1
                       UNION ALL SELECT id FROM deleted_messages WHERE id <= ?1
                       ORDER BY id LIMIT ?2
                   ) ORDER BY id DESC LIMIT 1";
        let last = first_id(&self.storage, sql, &[key(through), Value::Integer(i64::from(limit))])?;
        let Some(last) = last else { return Ok(false) };
        self.storage.transaction(&mut || {
            for table in ["messages", "changes", "deleted_messages"] {
                self.storage.query(&format!("DELETE FROM {table} WHERE id <= ?1"), &[key(last)])?;
            }
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
            "SELECT id, username, text FROM messages WHERE username = ?1 AND client_id = ?2
             UNION ALL SELECT id, username, '' FROM deleted_messages WHERE username = ?1 AND client_id = ?2",
            &[username.into(), client_id.into()],
        )?;
        rows.into_iter().next().map(message).transpose()
    }

    /// Makes an id after all others, even if the clock has gone back.
    fn next_id(&self, cx: &mut Context<'_>) -> Uuid {
        let mut random = [0; 10];
        cx.entropy.fill(&mut random);
        let id = Builder::from_unix_timestamp_millis(cx.now.as_millis(), &random).into_uuid();
        id.max(Uuid::from_u128(self.newest.as_u128() + 1))
    }
}

/// Returns the time of the oldest entry in a database of the current version, if there is any.
///
/// # Errors
/// The database fails.
pub fn oldest(storage: &impl Storage) -> Result<Option<Time>, StorageError> {
    let sql = "SELECT id FROM messages UNION ALL SELECT id FROM changes ORDER BY id LIMIT 1";
    Ok(first_id(storage, sql, &[])?.map(timestamp))
}

/// Reads the id and the event of an entry.
fn entry(mut row: Row) -> Result<(Uuid, Arguments<'static>), StorageError> {
    if row.integer(3)? == 0 {
        let message = message(row)?;
        return Ok((message.id, message.event()));
    }
    let (id, kind) = (id(&mut row, 0)?, row.text(1)?);
    let body = RawValue::from_string(row.text(2)?)
        .map_err(|error| StorageError(format!("the body of a change: {error}")))?;
    Ok((id, Arguments::recoverable(&kind, &body, &id)))
}

fn message(mut row: Row) -> Result<Message, StorageError> {
    Ok(Message::new(id(&mut row, 0)?, row.text(1)?, row.text(2)?))
}

/// Returns the id that a statement selects, if it selects any.
fn first_id(storage: &impl Storage, sql: &str, parameters: &[Value]) -> Result<Option<Uuid>, StorageError> {
    storage.query(sql, parameters)?.first_mut().map(|row| id(row, 0)).transpose()
}

fn id(row: &mut Row, column: usize) -> Result<Uuid, StorageError> {
    Uuid::from_slice(&row.blob(column)?).map_err(|_| StorageError("an id is no UUID".to_owned()))
}
