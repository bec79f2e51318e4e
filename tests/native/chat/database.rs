//! What is on the disk: how it comes about, and how it lasts.

use natter::accounts::users::{Request, Response};
use natter::chat::Chat;
use natter::storage::Storage as _;
use natter::storage::schema::migrate;
use natter::time::Time;
use serde_json::json;

use crate::support::START;
use crate::support::room::{Room, SETTINGS, tokens};
use crate::support::sqlite::{DatabaseFile, Sqlite};

#[test]
fn a_fresh_database_gets_the_whole_schema() {
    let storage = Sqlite::in_memory();
    migrate(&storage).unwrap();
    let schema = ["messages", "messages_by_client_id", "pruned", "schema_version", "signalled", "users"];
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
    for undo in ["DROP TABLE signalled", "DROP TABLE pruned", "UPDATE schema_version SET version = 1"] {
        storage.query(undo, &[]).unwrap();
    }
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
        assert_eq!(storage.schema().len(), 6);
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
    let ask = |request: Request| room.world.apply(|chat, cx, _| chat.users(cx.now, &request)).unwrap();
    let create = |username: &str| Request::Create {
        name_key: "alice".to_owned(),
        username: username.to_owned(),
        password_hash: format!("hash of {username}"),
    };
    let find = || Request::Find { name_key: "alice".to_owned() };
    assert_eq!(ask(find()), Response::NotFound);
    assert_eq!(ask(create("Alice")), Response::Created);
    assert_eq!(ask(create("ALICE")), Response::Taken);
    let found = |hash: &str| Response::Found { username: "Alice".to_owned(), password_hash: hash.to_owned() };
    assert_eq!(ask(find()), found("hash of Alice"));
    let rehash = |before: &str| Request::Rehash {
        name_key: "alice".to_owned(),
        before: before.to_owned(),
        after: "better".to_owned(),
    };
    assert_eq!(ask(rehash("hash of ALICE")), Response::Rehashed);
    assert_eq!(ask(find()), found("hash of Alice"));
    assert_eq!(ask(rehash("hash of Alice")), Response::Rehashed);
    assert_eq!(ask(find()), found("better"));
}
