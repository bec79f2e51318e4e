//! The database: its interface, [`socketio::storage`], and its schema.

pub mod schema;

pub use socketio::storage::{Row, Storage, StorageError, Value};
