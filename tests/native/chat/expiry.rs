//! Tokens that expire while their sockets are connected, and newer ones that keep them.

use std::time::Duration;

use natter::accounts::logins::LoginId;
use natter::accounts::questions::{LogOut, Refresh};
use natter::accounts::token::{TokenSecret, Tokens};
use natter::accounts::username::Username;
use natter::chat::expiry::GRID;
use natter::chat::member::GRACE;
use serde_json::json;

use crate::support::room::{Person, Room, SECRET, chat_server, token_pair};
use crate::support::{MILLISECOND, START};

const MINUTE: Duration = Duration::from_secs(60);

/// A token that is valid for so long from now on.
fn token_for(room: &Room, name: &str, ttl: Duration) -> String {
    let tokens = Tokens::new(&TokenSecret::parse(SECRET).unwrap(), ttl);
    tokens.issue(&Username::parse(name).unwrap(), None::<&LoginId>, room.world.now()).token
}

fn enters_for(room: &Room, name: &str, ttl: Duration) -> Person {
    let person = room.enters_bearing(&token_for(room, name, ttl));
    room.world.pass(Duration::from_secs(1));
    person.socket.takes_all();
    person
}

fn expects_expiry(person: &Person) {
    assert!(person.takes("token_expired")["expiredAt"].is_string());
    person.socket.expects("41");
}

#[test]
fn a_socket_is_told_and_put_out_when_its_token_expires() {
    let room = Room::new();
    let alice = enters_for(&room, "Alice", MINUTE);
    let bob = enters_for(&room, "Bob", 10 * MINUTE);
    alice.socket.takes_all();
    room.world.pass(MINUTE - Duration::from_secs(2) - MILLISECOND);
    alice.expects_nothing();
    room.world.pass(GRID);
    expects_expiry(&alice);
    // The client may come back with a newer token.
    assert!(room.world.now() < START + MINUTE + GRACE);
    bob.expects_nothing();
    room.world.pass(Duration::from_secs(1));
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}

#[test]
fn what_is_sent_with_an_expired_token_is_refused_at_once() {
    let room = Room::new();
    let alice = enters_for(&room, "Alice", Duration::from_secs(61));
    let bob = enters_for(&room, "Bob", 10 * MINUTE);
    alice.socket.takes_all();
    room.world.pass(Duration::from_secs(59));
    assert_eq!(room.world.now(), START + Duration::from_secs(61));
    let answer = alice.asks("send_message", &json!({ "text": "too late" }));
    assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!("token_expired")));
    expects_expiry(&alice);
    room.world.pass(GRID + GRACE);
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}

#[test]
fn a_newer_token_keeps_the_socket() {
    let room = Room::new();
    let alice = enters_for(&room, "Alice", MINUTE);
    let newer = json!({ "token": token_for(&room, "ALICE", 10 * MINUTE) });
    let answer = alice.asks("refresh_token", &newer);
    assert_eq!(answer, json!({ "ok": true, "expiresAt": (room.world.now() + 10 * MINUTE).to_string() }));
    // It is not forgotten while the object sleeps.
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    room.world.pass(9 * MINUTE);
    alice.expects_nothing();
    room.world.pass(MINUTE + GRID);
    expects_expiry(&alice);
}

#[test]
fn an_expiry_is_not_forgotten_while_the_object_sleeps() {
    let room = Room::new();
    let alice = enters_for(&room, "Alice", MINUTE);
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    room.world.pass(MINUTE + GRID);
    expects_expiry(&alice);
}

#[test]
fn a_token_that_would_not_let_one_in_does_not_keep_one_in() {
    let room = Room::new();
    let login = room.registers("Alice", "hash");
    let ended = room.logs_in("Alice", "hash");
    let alice = room.enters_bearing(&login.token);
    room.world.pass(Duration::from_secs(1));
    alice.socket.takes_all();
    assert_eq!(room.asks(&LogOut { refresh_token: ended.refresh_token }), Ok(()));
    let refused = [
        (json!({ "token": "garbage" }), "token_invalid"),
        (json!({ "token": "" }), "token_missing"),
        (json!({}), "token_missing"),
        (json!({ "token": null }), "token_missing"),
        (json!({ "token": 7 }), "token_invalid"),
        (json!("garbage"), "invalid_payload"),
        (json!({ "token": token_for(&room, "Alice", Duration::ZERO) }), "token_expired"),
        (json!({ "token": token_for(&room, "Bob", MINUTE) }), "token_of_another_user"),
        (json!({ "token": ended.token }), "token_revoked"),
    ];
    for (payload, code) in refused {
        assert_eq!(alice.asks("refresh_token", &payload)["code"], code);
    }
    room.world.pass(Duration::from_secs(7 * 24 * 3600 - 60));
    alice.expects_nothing();
}

#[test]
fn a_socket_belongs_to_the_login_of_its_newest_token() {
    let room = Room::new();
    let first = room.registers("Alice", "hash");
    let second = room.logs_in("Alice", "hash");
    let alice = room.enters_bearing(&first.token);
    room.world.pass(Duration::from_secs(1));
    alice.socket.takes_all();
    assert_eq!(alice.asks("refresh_token", &json!({ "token": second.token }))["ok"], true);
    room.asks(&LogOut { refresh_token: first.refresh_token }).expect("logged out");
    alice.expects_nothing();
    let renewed = token_pair(room.asks(&Refresh { refresh_token: second.refresh_token }));
    alice.expects_nothing();
    room.asks(&LogOut { refresh_token: renewed.refresh_token }).expect("logged out");
    alice.socket.expects("41");
}

#[test]
fn many_tokens_that_expire_together_cost_one_wake_up() {
    let room = Room::new();
    let ttl = |index: u32| Duration::from_secs(61) + index * Duration::from_millis(50);
    let people: Vec<_> = (0..50)
        .map(|index| room.enters_bearing(&token_for(&room, &format!("user{index}"), ttl(index))))
        .collect();
    room.world.pass(MINUTE - Duration::from_secs(1));
    for person in &people {
        person.socket.takes_all();
    }
    let before = room.world.ticks();
    room.world.pass(2 * GRID);
    // One for all of them, a heartbeat, and the list of users.
    assert!(room.world.ticks() - before <= 3, "{}", room.world.ticks() - before);
    people.iter().for_each(expects_expiry);
}
