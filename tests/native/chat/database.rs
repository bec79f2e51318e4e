//! The database: its schema, its migrations, and what it keeps.

use engineio::Time;
use natter::accounts::questions::{BeginLogin, BeginRegistration, Comparison, LogIn, Register};
use natter::chat::Chat;
use natter::storage::Storage as _;
use natter::storage::schema::migrate;
use serde_json::json;

use crate::support::START;
use crate::support::room::{Room, SETTINGS, token_pair, tokens};
use crate::support::sqlite::{DatabaseFile, Sqlite};

#[test]
fn a_fresh_database_gets_the_whole_schema() {
    let storage = Sqlite::in_memory();
    migrate(&storage).unwrap();
    let schema = [
        "attempts",
        "attempts_by_end",
        "calls",
        "changes",
        "deleted_messages",
        "deleted_messages_by_client_id",
        "families",
        "families_by_expiry",
        "families_by_user",
        "known_addresses",
        "messages",
        "messages_by_client_id",
        "pruned",
        "schema_version",
        "signalled",
        "users",
        "users_by_bcrypt_cost",
        "users_by_rounds",
    ];
    assert_eq!(storage.schema(), schema);
    let version = storage.integer("SELECT version FROM schema_version");
    migrate(&storage).unwrap();
    assert_eq!(storage.integer("SELECT version FROM schema_version"), version);
    assert_eq!(storage.integer("SELECT count(*) FROM schema_version"), 1);
}

#[test]
fn a_database_of_the_first_version_is_brought_up_to_date_with_all_it_holds() {
    let storage = Sqlite::in_memory();
    migrate(&storage).unwrap();
    let schema = storage.schema();
    let later = "SELECT name FROM sqlite_schema
         WHERE type = 'table' AND name NOT IN ('users', 'messages', 'schema_version')";
    for mut row in storage.query(later, &[]).unwrap() {
        storage.query(&format!("DROP TABLE {}", row.text(0).unwrap()), &[]).unwrap();
    }
    for index in ["users_by_bcrypt_cost", "users_by_rounds"] {
        storage.query(&format!("DROP INDEX {index}"), &[]).unwrap();
    }
    storage.query("UPDATE schema_version SET version = 1", &[]).unwrap();
    storage.query("INSERT INTO messages (id, username, text) VALUES (x'01', 'Alice', 'hello')", &[]).unwrap();
    migrate(&storage).unwrap();
    assert_eq!(storage.schema(), schema);
    assert_eq!(storage.integer("SELECT count(*) FROM messages"), 1);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let storage = Sqlite::in_memory();
    migrate(&storage).unwrap();
    storage.query("UPDATE schema_version SET version = 1000", &[]).unwrap();
    let error = Chat::open(storage.clone(), tokens(), SETTINGS).err().expect("a refusal");
    assert!(error.to_string().contains("version 1000"), "{error}");
    assert_eq!(storage.integer("SELECT version FROM schema_version"), 1000);
}

#[test]
fn a_step_that_fails_leaves_no_trace() {
    for failing in ["CREATE TABLE users", "CREATE UNIQUE INDEX", "UPDATE schema_version"] {
        let storage = Sqlite::in_memory();
        storage.fail_on(failing);
        assert!(migrate(&storage).is_err());
        assert_eq!(storage.schema(), [""; 0]);
        storage.work_again();
        migrate(&storage).unwrap();
        assert!(storage.schema().len() > 4);
    }
}

#[test]
fn a_step_that_collides_with_what_is_there_leaves_it_as_it_was() {
    let storage = Sqlite::in_memory();
    storage.query("CREATE TABLE messages (note TEXT)", &[]).unwrap();
    storage.query("INSERT INTO messages (note) VALUES ('mine')", &[]).unwrap();
    assert!(migrate(&storage).is_err());
    assert_eq!(storage.schema(), ["messages"]);
    assert_eq!(storage.integer("SELECT count(note) FROM messages"), 1);
}

#[test]
fn everything_is_there_when_the_database_is_opened_again() {
    let file = DatabaseFile::new("reopened");
    let said = {
        let room = Room::on(file.open());
        room.enters("Alice").asks("send_message", &json!({ "text": "hello", "clientId": "c1" }))
    };
    let room = Room::on(file.open());
    let alice = room.enters("Alice");
    assert_eq!(alice.history, json!([said["message"]]));
    assert_eq!(alice.asks("send_message", &json!({ "text": "hello", "clientId": "c1" })), said);
}

#[test]
fn ids_go_on_where_they_were_even_if_the_clock_went_back_meanwhile() {
    let file = DatabaseFile::new("clock");
    let before = {
        let room = Room::on(file.open());
        room.world.set_clock(Time::from_millis(START.as_millis() + 60_000));
        room.enters("Alice").asks("send_message", &json!({ "text": "late" }))["message"].take()
    };
    let room = Room::on(file.open());
    let alice = room.enters("Alice");
    let after = alice.asks("send_message", &json!({ "text": "early" }))["message"].take();
    assert!(after["id"].as_str() > before["id"].as_str(), "{before} {after}");
    assert_eq!(room.enters("Bob").history, json!([before, after]));
}

#[test]
fn a_name_belongs_to_whoever_came_first() {
    let room = Room::new();
    let begin = || room.asks(&BeginLogin { name_key: "alice".to_owned(), address: None });
    let compare = |hash: Option<&str>| Ok(Comparison { hash: hash.map(str::to_owned), dearest: 0 });
    let begin_registration = || room.asks(&BeginRegistration { name_key: "alice".to_owned(), address: None });
    assert_eq!(begin(), compare(None));
    assert_eq!(begin_registration(), Ok(()));
    assert_eq!(room.registers("Alice", "hash of Alice").username, "Alice");
    assert_eq!(begin_registration().expect_err("refused").code, "username_taken");
    let again = Register {
        name_key: "alice".to_owned(),
        username: "ALICE".to_owned(),
        password_hash: "hash of ALICE".to_owned(),
        address: None,
    };
    assert_eq!(room.asks(&again).expect_err("refused").code, "username_taken");
    assert_eq!(begin(), compare(Some("hash of Alice")));
    let log_in = |hash: &str, rehash: &str| {
        room.asks(&LogIn {
            name_key: "alice".to_owned(),
            password_hash: hash.to_owned(),
            rehash: Some(rehash.to_owned()),
            address: None,
        })
    };
    // A password that was changed while it was compared lets nobody in.
    assert_eq!(log_in("hash of ALICE", "better").expect_err("refused").code, "invalid_credentials");
    assert_eq!(begin(), compare(Some("hash of Alice")));
    assert_eq!(token_pair(log_in("hash of Alice", "better")).username, "Alice");
    assert_eq!(begin(), compare(Some("better")));
}
