//! The schema, as a list of migrations. A released migration never changes; append one.

use super::{Storage, StorageError, Value};

/// The migrations: each takes the database from the version of its index to the next.
const MIGRATIONS: &[&[&str]] = &[
    &[
        // `name_key` is the key of the username, by which names are compared.
        "CREATE TABLE users (
        name_key TEXT PRIMARY KEY,
        username TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
        // The id is a UUIDv7, which orders messages by time. The table is its own index: a message is one row written.
        "CREATE TABLE messages (
        id BLOB PRIMARY KEY,
        username TEXT NOT NULL,
        text TEXT NOT NULL,
        client_id TEXT
    ) STRICT, WITHOUT ROWID",
        // Only messages with a client id, for deduplication, cost a second row.
        "CREATE UNIQUE INDEX messages_by_client_id ON messages (username, client_id) WHERE client_id IS NOT NULL",
    ],
    &[
        // The time of the last signalling event to a user: after a restart, clients before it have missed events.
        "CREATE TABLE signalled (name_key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        // The newest message deleted by retention: at most one row.
        "CREATE TABLE pruned (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), through BLOB NOT NULL) STRICT",
    ],
    &[
        // One row per login, with the hash of its newest refresh token.
        "CREATE TABLE families (
        id TEXT PRIMARY KEY,
        name_key TEXT NOT NULL,
        token_hash BLOB NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
        "CREATE INDEX families_by_user ON families (name_key, expires_at)",
        "CREATE INDEX families_by_expiry ON families (expires_at)",
    ],
    &[
        // Counters that decay to zero at `zero_at`, when they expire.
        "CREATE TABLE attempts (
        subject BLOB PRIMARY KEY,
        zero_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
        "CREATE INDEX attempts_by_end ON attempts (zero_at)",
        // The addresses from which the owner of an account has logged in.
        "CREATE TABLE known_addresses (
        name_key TEXT NOT NULL,
        address BLOB NOT NULL,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (name_key, address)
    ) STRICT, WITHOUT ROWID",
    ],
    &[
        // The calls that have not ended, by caller: a user is in at most one call.
        "CREATE TABLE calls (caller TEXT PRIMARY KEY, call TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ],
    &[
        // Password hashes that may cost more than new ones, by cost: every refused login does the work of the most expensive.
        // Ordinary hashes are in neither index and cost no further row.
        "CREATE INDEX users_by_rounds ON users (CAST(substr(password_hash, 18) AS INTEGER))
         WHERE password_hash GLOB '$pbkdf2-sha512$i=*' AND CAST(substr(password_hash, 18) AS INTEGER) > 210000",
        "CREATE INDEX users_by_bcrypt_cost ON users (CAST(substr(password_hash, 5, 2) AS INTEGER))
         WHERE password_hash GLOB '$2*'",
    ],
    &[
        // The most recently spent refresh token: its hash, its time, and the nonce of its successor.
        "ALTER TABLE families ADD COLUMN spent_hash BLOB",
        "ALTER TABLE families ADD COLUMN spent_at INTEGER",
        "ALTER TABLE families ADD COLUMN nonce BLOB",
    ],
    &[
        // Changes to messages. Their ids come from the same generator, so that both tables are one log in the order of its ids.
        "CREATE TABLE changes (
        id BLOB PRIMARY KEY,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID",
        // Apart from the messages, so that the history does not read what it does not show.
        "CREATE TABLE deleted_messages (
        id BLOB PRIMARY KEY,
        username TEXT NOT NULL,
        client_id TEXT
    ) STRICT, WITHOUT ROWID",
        "CREATE UNIQUE INDEX deleted_messages_by_client_id ON deleted_messages (username, client_id)
        WHERE client_id IS NOT NULL",
    ],
];

/// Migrates the database to the current version in one transaction.
///
/// # Errors
/// A migration fails, or a newer version of the program wrote the database. The database stays as it was.
pub fn migrate(storage: &impl Storage) -> Result<(), StorageError> {
    storage.transaction(&mut || {
        storage.query("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL) STRICT", &[])?;
        let version = match storage.query("SELECT version FROM schema_version", &[])?.first_mut() {
            Some(row) => row.integer(0)?,
            None => {
                storage.query("INSERT INTO schema_version (version) VALUES (0)", &[])?;
                0
            }
        };
        let current = MIGRATIONS.len() as i64;
        if version > current {
            return Err(StorageError(format!(
                "the database is at version {version}, this program knows only up to {current}"
            )));
        }
        if version == current {
            return Ok(());
        }
        for statement in MIGRATIONS.iter().skip(version as usize).copied().flatten() {
            storage.query(statement, &[])?;
        }
        storage.query("UPDATE schema_version SET version = ?1", &[Value::Integer(current)])?;
        Ok(())
    })
}
