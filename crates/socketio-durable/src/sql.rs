//! [`Storage`] on the object's SQLite.

use wasm_bindgen::JsValue;
use worker::{SqlStorage, SqlStorageValue};

use super::platform;
use socketio::storage::{Row, Storage, StorageError, Value};

/// The database of a Durable Object.
pub struct ObjectStorage {
    storage: worker::Storage,
    sql: SqlStorage,
}

impl ObjectStorage {
    /// The database of the object with this state.
    pub fn new(state: &worker::State) -> Self {
        let storage = state.storage();
        let sql = storage.sql();
        Self { storage, sql }
    }
}

impl Storage for ObjectStorage {
    fn query(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StorageError> {
        let parameters: Vec<_> = parameters.iter().map(bind).collect();
        let cursor = self.sql.exec(sql, parameters).map_err(failed)?;
        // Running the cursor to its end is also what completes a statement that writes.
        cursor.raw().map(|row| row.map_err(failed).and_then(read)).collect()
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Result<(), StorageError>) -> Result<(), StorageError> {
        let mut error = None;
        let outcome = platform::ObjectStorage::of(&self.storage).transaction_sync(&mut || {
            body().map(|()| JsValue::UNDEFINED).map_err(|failure| {
                let thrown = JsValue::from_str(&failure.0);
                error = Some(failure);
                thrown
            })
        });
        match (outcome, error) {
            (_, Some(error)) => Err(error),
            (Err(thrown), None) => Err(failed(worker::Error::from(thrown))),
            (Ok(_), None) => Ok(()),
        }
    }
}

fn bind(value: &Value) -> SqlStorageValue {
    match value {
        Value::Null => SqlStorageValue::Null,
        Value::Integer(integer) => SqlStorageValue::Integer(*integer),
        Value::Text(text) => SqlStorageValue::String(text.clone()),
        Value::Blob(bytes) => SqlStorageValue::Blob(bytes.clone()),
    }
}

fn read(row: Vec<SqlStorageValue>) -> Result<Row, StorageError> {
    let values = row.into_iter().map(|value| match value {
        SqlStorageValue::Null => Ok(Value::Null),
        SqlStorageValue::Integer(integer) => Ok(Value::Integer(integer)),
        SqlStorageValue::String(text) => Ok(Value::Text(text)),
        SqlStorageValue::Blob(bytes) => Ok(Value::Blob(bytes)),
        SqlStorageValue::Boolean(_) | SqlStorageValue::Float(_) => {
            Err(StorageError("a column holds a type that the schema has not".to_owned()))
        }
    });
    values.collect::<Result<_, _>>().map(Row)
}

fn failed(error: worker::Error) -> StorageError {
    StorageError(error.to_string())
}
