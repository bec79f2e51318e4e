//! The bodies of REST requests.

use natter::accounts::bodies::{Credentials, PasswordChange, Renewal};
use natter::accounts::import::Batch;
use natter::bodies::{Body, check_content_type, parse};
use natter::refusal::{Refusal, RefusalKind};
use serde_json::{Value, json};

/// The fewest characters of a password.
const MIN_CHARS: u32 = 8;

fn credentials(username: &str, password: &str) -> Credentials {
    Credentials { username: username.to_owned(), password: password.to_owned() }
}

#[track_caller]
fn refused<T>(result: Result<T, Refusal>) -> Refusal {
    match result {
        Ok(_) => panic!("not refused"),
        Err(refusal) => refusal,
    }
}

#[test]
fn a_body_has_to_be_declared_as_json() {
    for json in ["application/json", "Application/JSON ; charset=utf-8"] {
        assert!(check_content_type(json).is_ok(), "{json}");
    }
    for other in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded"] {
        assert_eq!(refused(check_content_type(other)).kind, RefusalKind::UnsupportedMediaType, "{other}");
    }
}

#[test]
fn a_body_has_to_be_an_object_with_the_fields() {
    let read = parse::<Credentials>(r#" {"username":"Alice","password":"p","more":1}"#).expect("read");
    assert_eq!((read.username.as_str(), read.password.as_str()), ("Alice", "p"));
    for text in
        ["", "null", r#"["Alice","p"]"#, r#"{"username":"Alice"}"#, r#"{"username":1,"password":"p"}"#]
    {
        let refusal = refused(parse::<Credentials>(text));
        assert_eq!((&*refusal.code, &*refusal.message), ("invalid_body", Credentials::SHAPE), "{text}");
    }
    assert!(parse::<Renewal>(r#"{"refreshToken":"t"}"#).is_ok());
    assert!(parse::<PasswordChange>(r#"{"currentPassword":"a","newPassword":"b"}"#).is_ok());
}

#[test]
fn credentials_of_a_new_account_are_checked_before_the_room_is_asked() {
    let name = credentials(" Alice ", "correct horse").check_new(MIN_CHARS).expect("acceptable");
    assert_eq!((name.as_str(), name.key()), ("Alice", "alice"));
    for (username, password, code) in [
        ("a", "correct horse", "username_invalid"),
        ("admin", "correct horse", "username_reserved"),
        ("Alice", "short", "password_invalid"),
        ("Alice", "password1", "password_common"),
        ("Alice Doe", "ALICE DOE", "password_common"),
    ] {
        assert_eq!(refused(credentials(username, password).check_new(MIN_CHARS)).code, code);
    }
}

#[test]
fn a_malformed_name_belongs_to_no_account() {
    assert_eq!(credentials("ALICE", "").name_key(), "alice");
    assert_eq!(credentials("a", "").name_key(), "");
}

#[test]
fn a_new_password_is_checked_against_the_name() {
    let change = |new: &str| PasswordChange { current_password: String::new(), new_password: new.to_owned() };
    assert!(change("correct horse").check_new(MIN_CHARS, "alice doe").is_ok());
    assert_eq!(refused(change("short").check_new(MIN_CHARS, "alice doe")).code, "password_invalid");
    assert_eq!(refused(change("Alice Doe").check_new(MIN_CHARS, "alice doe")).code, "password_common");
}

fn batch(kind: &str, version: u32, entries: Value) -> Batch {
    let body = json!({ "kind": kind, "version": version, "dryRun": true, "entries": entries });
    parse(&body.to_string()).expect("a batch")
}

#[test]
fn a_batch_of_an_import_has_entries_of_one_known_kind() {
    let entry =
        json!({ "username": "Alice", "passwordHash": "$2b$", "createdAt": "2024-05-06T07:08:09.010Z" });
    let read = batch("users", 1, json!([entry]));
    assert!(!read.writes());
    let entries = read.entries().expect("entries");
    assert_eq!((entries.len(), entries[0].username.as_str()), (1, "Alice"));
    for (kind, version) in [("messages", 1), ("users", 2)] {
        assert_eq!(refused(batch(kind, version, json!([])).entries()).code, "import_unsupported");
    }
    assert_eq!(refused(batch("users", 1, json!(vec![entry; 101])).entries()).code, "too_many_entries");
    for malformed in [json!(null), json!({ "username": "Alice" }), json!(["Alice", "$2b$", "2024"])] {
        assert_eq!(refused(batch("users", 1, json!([malformed])).entries()).code, "invalid_body");
    }
}
