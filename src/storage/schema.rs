//! The schema, as the steps by which it grew. A step that has been released never changes; what changes is added.

use super::{Storage, StorageError, Value};

/// Each step brings the database from the version of its index to the next one.
const MIGRATIONS: &[&[&str]] = &[
    &[
        // `name_key` is the name as it is compared: without regard to case.
        "CREATE TABLE users (
        name_key TEXT PRIMARY KEY,
        username TEXT NOT NULL,
        password_hash TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
        // The id is a UUIDv7 and orders messages by time, so that the table is its own index: one row written a message.
        "CREATE TABLE messages (
        id BLOB PRIMARY KEY,
        username TEXT NOT NULL,
        text TEXT NOT NULL,
        client_id TEXT
    ) STRICT, WITHOUT ROWID",
        // Written only for messages whose sender wants them deduplicated.
        "CREATE UNIQUE INDEX messages_by_client_id ON messages (username, client_id) WHERE client_id IS NOT NULL",
    ],
    &[
        // When a user was last sent something about a call, so that after a restart nobody is believed to have got it all.
        "CREATE TABLE signalled (name_key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
        // The newest message that was deleted because the history is limited; one row, or none.
        "CREATE TABLE pruned (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), through BLOB NOT NULL) STRICT",
    ],
    &[
        // One row a login, in which only the hash of the newest refresh token stands.
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
        // Counters that decay: zero at `zero_at`, and good for nothing from then on.
        "CREATE TABLE attempts (
        subject BLOB PRIMARY KEY,
        zero_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID",
        "CREATE INDEX attempts_by_end ON attempts (zero_at)",
        // From where the owner of an account has come.
        "CREATE TABLE known_addresses (
        name_key TEXT NOT NULL,
        address BLOB NOT NULL,
        seen_at INTEGER NOT NULL,
        PRIMARY KEY (name_key, address)
    ) STRICT, WITHOUT ROWID",
    ],
    &[
        // The calls that have not ended. A user is in one call at most, so the caller tells which.
        "CREATE TABLE calls (caller TEXT PRIMARY KEY, call TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ],
    &[
        // The password hashes that may cost more than new ones, by their cost: every refused login takes as long as the dearest.
        // Those of ordinary accounts are in neither index and cost no further row.
        "CREATE INDEX users_by_rounds ON users (CAST(substr(password_hash, 18) AS INTEGER))
         WHERE password_hash GLOB '$pbkdf2-sha512$i=*' AND CAST(substr(password_hash, 18) AS INTEGER) > 210000",
        "CREATE INDEX users_by_bcrypt_cost ON users (CAST(substr(password_hash, 5, 2) AS INTEGER))
         WHERE password_hash GLOB '$2*'",
    ],
    &[
        // The refresh token that was spent last: its hash, the moment, and what its successor was derived with.
        "ALTER TABLE families ADD COLUMN spent_hash BLOB",
        "ALTER TABLE families ADD COLUMN spent_at INTEGER",
        "ALTER TABLE families ADD COLUMN nonce BLOB",
    ],
    &[
        // Changes to messages. Their ids come from the same generator, so that both tables are one log in the order of its ids.
        // A deleted message keeps its row with an empty text.
        "CREATE TABLE changes (
        id BLOB PRIMARY KEY,
        message_id BLOB NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID",
    ],
];

/// Brings the database to the current version, in one transaction.
///
/// # Errors
/// A step fails, or the database was written by a newer version of the program. Either way it is left as it was.
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
