//! The database under everything that lasts: its interface, which is [`socketio::storage`], and its schema.

pub mod schema;

pub use socketio::storage::{Row, Storage, StorageError, Value};
