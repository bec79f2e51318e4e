//! Counters in SQLite: every change is acknowledged once it is stored, and told to everyone who watches.

use socketio::router::{EventError, Io, Socket};
use socketio::storage::{Storage, StorageError, Value};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)";

const ADD: &str = "INSERT INTO counters VALUES (?1, ?2)
    ON CONFLICT (name) DO UPDATE SET value = value + excluded.value RETURNING value";

/// The most that a counter changes by at once.
const MAX_STEP: i64 = 1_000;

/// The application.
///
/// # Errors
/// The database fails.
pub fn io<S: Storage + 'static>(storage: S) -> Result<Io<S>, StorageError> {
    storage.query(SCHEMA, &[])?;
    let mut io = Io::new(storage);
    io.of("/")
        .on("watch", |socket, name: String| -> Result<i64, EventError> {
            let value = value_of(socket.state(), &name)?;
            socket.join(name);
            Ok(value)
        })
        .on("add", add);
    Ok(io)
}

/// Adds to a counter, and returns its value.
fn add<S: Storage>(socket: &mut Socket<'_, S, ()>, (name, step): (String, i64)) -> Result<i64, EventError> {
    if !(-MAX_STEP..=MAX_STEP).contains(&step) {
        return Err(EventError::new("too large a step").with_data(&MAX_STEP));
    }
    let mut rows = socket.state().query(ADD, &[name.as_str().into(), step.into()])?;
    let value = rows.first_mut().ok_or("no row")?.integer(0)?;
    socket.to(name.as_str()).emit("value", &(&name, value));
    Ok(value)
}

fn value_of(storage: &impl Storage, name: &str) -> Result<i64, StorageError> {
    let mut rows = storage.query("SELECT value FROM counters WHERE name = ?1", &[Value::from(name)])?;
    rows.first_mut().map_or(Ok(0), |row| row.integer(0))
}
