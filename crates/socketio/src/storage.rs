//! The database under everything that lasts: a small synchronous interface, because the object's SQLite is synchronous.

use std::fmt;
use std::rc::Rc;

/// SQLite, as the object or a test provides it.
pub trait Storage {
    /// Runs one statement with positional parameters (`?1`, `?2`, …), and returns its rows.
    ///
    /// # Errors
    /// SQLite refuses the statement, or the platform cannot carry it out.
    fn query(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StorageError>;

    /// Runs `body` so that either all of its statements count, or, when it fails, none.
    ///
    /// # Errors
    /// That of `body`, or of the transaction itself.
    fn transaction(&self, body: &mut dyn FnMut() -> Result<(), StorageError>) -> Result<(), StorageError>;
}

impl<S: Storage> Storage for Rc<S> {
    fn query(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StorageError> {
        (**self).query(sql, parameters)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Result<(), StorageError>) -> Result<(), StorageError> {
        (**self).transaction(body)
    }
}

/// A value in a row, or a parameter. Integers stay within what JavaScript represents exactly.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `NULL`.
    Null,
    /// `INTEGER`, within ±(2^53 − 1).
    Integer(i64),
    /// `TEXT`.
    Text(String),
    /// `BLOB`.
    Blob(Vec<u8>),
}

/// One row of a result.
#[derive(Clone, PartialEq, Debug)]
pub struct Row(pub Vec<Value>);

/// The database did not do what it was asked for. For the operator; a client learns only that something went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StorageError(pub String);

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "storage: {}", self.0)
    }
}

impl std::error::Error for StorageError {}

impl Row {
    /// The text in a column.
    ///
    /// # Errors
    /// There is no such column, or it is of another type.
    pub fn text(&mut self, column: usize) -> Result<String, StorageError> {
        match self.0.get_mut(column) {
            Some(Value::Text(text)) => Ok(std::mem::take(text)),
            other => Err(unexpected(column, "text", other)),
        }
    }

    /// The integer in a column.
    ///
    /// # Errors
    /// There is no such column, or it is of another type.
    pub fn integer(&mut self, column: usize) -> Result<i64, StorageError> {
        match self.0.get_mut(column) {
            Some(Value::Integer(integer)) => Ok(*integer),
            other => Err(unexpected(column, "an integer", other)),
        }
    }

    /// The bytes in a column.
    ///
    /// # Errors
    /// There is no such column, or it is of another type.
    pub fn blob(&mut self, column: usize) -> Result<Vec<u8>, StorageError> {
        match self.0.get_mut(column) {
            Some(Value::Blob(bytes)) => Ok(std::mem::take(bytes)),
            other => Err(unexpected(column, "bytes", other)),
        }
    }
}

/// Says what is wrong without quoting what is stored.
fn unexpected(column: usize, wanted: &str, found: Option<&mut Value>) -> StorageError {
    let found = match found {
        None => "nothing",
        Some(Value::Null) => "NULL",
        Some(Value::Integer(_)) => "an integer",
        Some(Value::Text(_)) => "text",
        Some(Value::Blob(_)) => "bytes",
    };
    StorageError(format!("column {column} holds {found} instead of {wanted}"))
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.to_vec())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
