//! How much of the history is kept.

use std::num::NonZeroU32;
use std::time::Duration;

use natter::chat::Settings;
use natter::chat::retention::{KEPT_AT_LEAST, Limits, ROUND, STEP};
use serde_json::{Value, json};

use crate::support::room::{Person, Room, SETTINGS, chat_server_with};
use crate::support::sqlite::Sqlite;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn room(messages: u32, age: Option<Duration>) -> Room {
    let retention = Limits { messages: NonZeroU32::new(messages), age };
    Room::with(Sqlite::in_memory(), Settings { retention, ..SETTINGS })
}

fn says(person: &Person, text: &str) -> Value {
    let answer = person.asks("send_message", &json!({ "text": text }));
    person.takes("new_message");
    answer["message"].clone()
}

fn count(room: &Room) -> i64 {
    room.storage.integer("SELECT count(*) FROM messages")
}

#[test]
fn without_limits_everything_is_kept_and_nobody_is_woken() {
    let room = room(0, None);
    let alice = room.enters("Alice");
    says(&alice, "for ever");
    alice.leaves();
    room.world.pass(1000 * DAY);
    assert_eq!(count(&room), 1);
    assert_eq!(room.world.next_deadline(), None);
}

#[test]
fn the_oldest_of_too_many_go_and_the_newest_stay() {
    let room = room(200, None);
    let alice = room.enters("Alice");
    for number in 0..1000 {
        says(&alice, &number.to_string());
        room.world.pass(Duration::from_secs(1));
        alice.socket.takes_all();
        assert!(count(&room) >= i64::min(200, number + 1), "no more than is too much goes");
    }
    // Ten minutes are kept in any case.
    assert!(count(&room) >= 600, "{}", count(&room));
    room.world.pass(2 * KEPT_AT_LEAST);
    alice.socket.takes_all();
    assert_eq!(count(&room), 200);
    let page = alice.asks("load_history", &json!({ "limit": 100 }));
    assert_eq!(page["messages"][99]["text"], "999");
    let page = alice.asks("load_history", &json!({ "limit": 100, "before": page["messages"][0]["id"] }));
    assert_eq!((&page["messages"][0]["text"], &page["hasMore"]), (&json!("800"), &json!(false)));
}

#[test]
fn a_message_goes_when_its_time_is_over_whoever_is_there() {
    let room = room(0, Some(30 * DAY));
    let alice = room.enters("Alice");
    says(&alice, "first");
    room.world.pass(10 * DAY);
    alice.socket.takes_all();
    says(&alice, "second");
    alice.leaves();
    room.world.pass(20 * DAY - Duration::from_secs(1));
    assert_eq!(count(&room), 2);
    room.world.pass(ROUND);
    assert_eq!(count(&room), 1);
    room.world.pass(10 * DAY + ROUND);
    assert_eq!(count(&room), 0);
    assert_eq!(room.world.next_deadline(), None);
}

#[test]
fn an_object_that_slept_still_knows_what_is_due() {
    let before = room(0, Some(30 * DAY));
    let alice = before.enters("Alice");
    says(&alice, "old");
    let limits = Limits { messages: None, age: Some(30 * DAY) };
    let after = Room::with(before.storage.clone(), Settings { retention: limits, ..SETTINGS });
    after.world.set_clock(before.world.now());
    after.world.pass(30 * DAY + ROUND);
    assert_eq!(count(&after), 0);
}

#[test]
fn much_goes_in_small_steps_between_which_the_room_serves() {
    let before = Room::new();
    let alice = before.enters("Alice");
    let total = 3 * i64::from(STEP);
    for number in 0..total {
        says(&alice, &number.to_string());
    }
    let limits = Limits { messages: None, age: Some(DAY) };
    let after = Room::with(before.storage.clone(), Settings { retention: limits, ..SETTINGS });
    after.world.set_clock(before.world.now());
    after.world.oversleep(2 * DAY);
    after.world.pass(Duration::from_millis(50));
    assert_eq!(count(&after), total - i64::from(STEP));
    let mut steps = 1;
    while count(&after) > 0 {
        let before = count(&after);
        after.world.pass(Duration::from_millis(100));
        assert!(before - count(&after) <= i64::from(STEP));
        steps += 1;
    }
    assert_eq!(steps, 3);
}

#[test]
fn whoever_stood_at_a_message_before_those_deleted_begins_afresh() {
    let room = room(0, Some(DAY));
    let alice = room.enters("Alice");
    let bob = room.enters("Bob");
    let private_id = bob.private_id.clone();
    says(&alice, "missed, and deleted");
    room.world.pass(DAY + ROUND);
    alice.socket.takes_all();
    assert_eq!(count(&room), 0);
    let fresh = room.enters_with("Bob", &json!({ "pid": private_id }));
    assert_ne!(fresh.private_id, private_id);
    // One that came after that has missed nothing.
    let private_id = fresh.private_id.clone();
    fresh.socket.goes_away();
    room.world.fall_asleep_and_wake_up_with(chat_server_with(room.storage.clone(), SETTINGS));
    let said = says(&alice, "missed, and kept");
    let socket = room.knocks_with("Bob", &json!({ "pid": private_id }));
    assert!(socket.takes_text().contains(&private_id));
    assert!(socket.takes_text().contains(said["id"].as_str().unwrap()));
}

#[test]
fn a_database_that_fails_is_tried_again_and_nothing_is_half_done() {
    let room = room(0, Some(DAY));
    let alice = room.enters("Alice");
    says(&alice, "old");
    alice.leaves();
    room.storage.fail_on("INSERT INTO pruned");
    room.world.pass(DAY + ROUND);
    assert_eq!(count(&room), 1);
    assert!(!room.world.take_log().is_empty());
    room.storage.work_again();
    room.world.pass(ROUND);
    assert_eq!(count(&room), 0);
}
