//! The chat after the object was evicted.

use std::time::Duration;

use serde_json::json;

use crate::support::LIFETIME;
use crate::support::room::{Room, chat_server};

#[test]
fn whoever_was_connected_still_is() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.asks("send_message", &json!({ "text": "good night" }));
    alice.takes("new_message");
    bob.takes("new_message");
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    alice.expects_nothing();
    let answer = alice.asks("send_message", &json!({ "text": "good morning" }));
    alice.expects("new_message", &answer["message"]);
    bob.expects("new_message", &answer["message"]);
    assert_eq!(answer["message"]["username"], "Alice");
    bob.emits("call_user", &json!({ "to": "alice", "offer": 1 }));
    alice.expects("incoming_call", &json!({ "from": "Bob", "offer": 1 }));
}

/// The most bytes that the platform keeps with a WebSocket.
const MAX_ATTACHMENT: usize = 16_384;

#[test]
fn the_longest_name_fits_what_is_kept_with_a_web_socket() {
    let room = Room::new();
    for part in ["𝛂\u{313}\u{300}\u{345}", "𠮷\u{E0100}", "\\"] {
        let name = format!("a{}", part.repeat(63));
        let stored = room.enters(&name).socket.stored().expect("an attachment");
        assert!(stored.len() < MAX_ATTACHMENT / 2, "{}", stored.len());
    }
}

#[test]
fn whoever_comes_then_finds_everyone_and_everything() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let said = alice.asks("send_message", &json!({ "text": "good night" }));
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    let carol = room.enters("Carol");
    assert_eq!(carol.history, json!([said["message"]]));
    assert_eq!(carol.online, json!(["Alice", "Bob", "Carol"]));
    room.world.pass(Duration::from_secs(1));
    bob.takes("new_message");
    bob.expects("online_users", &json!(["Alice", "Bob", "Carol"])).expects_nothing();
}

#[test]
fn waking_up_changes_nothing_for_anybody() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    room.world.pass(Duration::from_secs(600));
    alice.expects_nothing();
    bob.expects_nothing();
}

#[test]
fn whoever_goes_then_is_missed() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let tab = room.enters("Alice");
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    alice.leaves();
    room.world.pass(Duration::from_secs(10));
    bob.expects_nothing();
    tab.leaves();
    room.world.pass(Duration::from_secs(10));
    bob.expects("online_users", &json!(["Bob"])).expects_nothing();
}

#[test]
fn a_message_sent_again_after_the_sleep_is_still_the_same() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let message = json!({ "text": "hello", "clientId": "c1" });
    let first = alice.asks("send_message", &message);
    alice.takes("new_message");
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    assert_eq!(alice.asks("send_message", &message), first);
    alice.expects_nothing();
}

/// The object is evicted as soon as there is nothing to do, and its alarm wakes it up for the next heartbeat.
fn sleeps_until_the_next_heartbeat(room: &Room) {
    room.world.pass(Duration::from_secs(11));
    let next = room.world.next_deadline().expect("a heartbeat");
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    room.world.set_clock(next);
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    room.world.alarm();
}

#[test]
fn an_alarm_that_wakes_the_object_up_is_a_heartbeat() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    bob.socket.answers_pings(false);
    for _ in 0..2 {
        sleeps_until_the_next_heartbeat(&room);
        assert_eq!(bob.socket.takes_text(), "2");
        bob.socket.sends("3");
    }
    alice.expects_nothing();
}

#[test]
fn whoever_falls_silent_is_given_up_though_the_object_sleeps_between_heartbeats() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    sleeps_until_the_next_heartbeat(&room);
    bob.socket.answers_pings(false);
    let began = room.world.now();
    while bob.socket.is_open() {
        sleeps_until_the_next_heartbeat(&room);
        assert!(room.world.now().since(began) <= LIFETIME);
    }
    assert!(alice.socket.is_open());
}
