//! Being let in, and what a client gets then.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::room::{HISTORY_LIMIT, Room, token};
use crate::support::sqlite::Sqlite;

const NORMAL: u16 = 1000;

const TWENTY_YEARS: Duration = Duration::from_secs(20 * 365 * 24 * 3600);

#[test]
fn without_a_valid_token_nobody_is_let_in() {
    let room = Room::new();
    let world = &room.world;
    let old = token("alice", world.now());
    world.set_clock(world.now() + TWENTY_YEARS);
    let (start, forged) = old.rsplit_once('.').unwrap();
    let forged = format!("{start}.{}", forged.chars().rev().collect::<String>());
    for (auth, code) in [
        (String::new(), "token_missing"),
        ("{}".to_owned(), "token_missing"),
        (r#"{"token":""}"#.to_owned(), "token_missing"),
        (r#"{"token":null}"#.to_owned(), "token_missing"),
        (r#"{"token":"abc"}"#.to_owned(), "token_invalid"),
        (format!(r#"{{"token":"{forged}"}}"#), "token_invalid"),
        (format!(r#"{{"token":"{old}"}}"#), "token_expired"),
    ] {
        let socket = world.opens_web_socket();
        socket.sends(&format!("40{auth}"));
        let refusal = socket.takes_text();
        let refusal: Value = serde_json::from_str(refusal.strip_prefix("44").expect("a refusal")).unwrap();
        assert_eq!(refusal, json!({ "message": "Authentication error", "data": { "code": code } }));
        socket.expects_nothing();
        // A better token is welcome on the same connection.
        socket.sends(&format!(r#"40{{"token":"{}"}}"#, token("alice", world.now())));
        assert!(socket.takes_text().starts_with("40{"));
    }
}

#[test]
fn a_client_gets_the_history_and_who_is_online() {
    let room = Room::new();
    let alice = room.enters("Alice");
    assert_eq!((&alice.history, &alice.online), (&json!([]), &json!(["Alice"])));
    let first = alice.asks("send_message", &json!({ "text": "hello" }))["message"].take();
    alice.takes("new_message");
    let second = alice.asks("send_message", &json!({ "text": "anybody here?" }));
    assert_eq!(second["ok"], true);
    let bob = room.enters("Bob");
    assert_eq!(bob.history, json!([first, second["message"]]));
    assert_eq!(bob.online, json!(["Alice", "Bob"]));
    bob.expects_nothing();
}

#[test]
fn the_history_is_the_most_recent_messages_oldest_first() {
    let room = Room::new();
    let alice = room.enters("Alice");
    for number in 0..HISTORY_LIMIT + 3 {
        alice.emits("send_message", &json!({ "text": number.to_string() }));
    }
    let history = room.enters("Bob").history;
    let texts: Vec<_> = history.as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["3", "4", "5", "6", "7"]);
}

#[test]
fn the_history_comes_once_a_connection_and_to_nobody_else() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let again = room.enters("Alice");
    alice.expects_nothing();
    bob.expects_nothing();
    again.expects_nothing();
}

#[test]
fn a_client_that_polls_first_and_upgrades_gets_the_same() {
    let room = Room::new();
    let poller = room.world.opens_polling();
    let poll = poller.polls();
    poller.sends(&format!(r#"40{{"token":"{}"}}"#, token("Alice", room.world.now())));
    assert!(poll.expects_ok().starts_with("40{"));
    poller.polls().expects("42[\"message_history\",[]]\x1e42[\"online_users\",[\"Alice\"]]");
    let socket = poller.is_upgraded();
    socket.sends(r#"421["send_message",{"text":"hello"}]"#);
    assert!(socket.takes_text().starts_with(r#"431[{"ok":true,"message":{"id":""#));
    assert!(socket.takes_text().starts_with(r#"42["new_message",{"id":""#));
}

#[test]
fn a_client_whose_history_cannot_be_read_is_sent_away() {
    let room = Room::new();
    let alice = room.enters("Alice");
    room.world.pass(Duration::from_secs(1));
    alice.takes("online_users");
    room.storage.fail_on("FROM messages");
    let socket = room.knocks("Bob");
    assert!(socket.takes_text().starts_with("40{"));
    socket.expects_close(NORMAL);
    assert_eq!(room.world.take_log(), ["storage: the disk is on fire"]);
    room.world.pass(Duration::from_secs(10));
    alice.expects_nothing();
    room.storage.work_again();
    assert_eq!(room.enters("Bob").online, json!(["Alice", "Bob"]));
}

#[test]
fn a_client_whose_login_cannot_be_looked_up_is_sent_away() {
    let room = Room::new();
    let bob = room.registers("Bob", "hash");
    room.storage.fail_on("FROM families");
    room.knocks_bearing(&bob.token).expects_close(NORMAL);
    assert_eq!(room.world.take_log(), ["storage: the disk is on fire"]);
    room.storage.work_again();
    room.enters_bearing(&bob.token);
}

#[test]
fn there_is_only_the_main_namespace() {
    let room = Room::on(Sqlite::in_memory());
    let socket = room.world.opens_web_socket();
    socket.sends("40/admin").expects(r#"44/admin,{"message":"Invalid namespace"}"#);
}
