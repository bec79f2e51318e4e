//! The cost to the database: the platform bills rows written, and long queries delay everyone.

use std::time::Duration;

use serde_json::json;

use crate::support::room::{Room, token};
use crate::support::{PERIOD, START};

/// How many rows have been written since the database was opened. That of an index is not counted.
fn rows_written(room: &Room) -> i64 {
    room.storage.integer("SELECT total_changes()")
}

#[test]
fn a_message_writes_one_row() {
    let room = Room::new();
    let (alice, _bob) = room.enter("Alice", "Bob");
    let before = rows_written(&room);
    for number in 0..100 {
        alice.emits("send_message", &json!({ "text": number.to_string() }));
    }
    assert_eq!(rows_written(&room) - before, 100);
    // Sent again, none.
    for _ in 0..100 {
        alice.emits("send_message", &json!({ "text": "once", "clientId": "c1" }));
    }
    assert_eq!(rows_written(&room) - before, 101);
}

#[test]
fn coming_going_and_staying_write_none() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let before = rows_written(&room);
    for _ in 0..20 {
        let visitor = room.enters("Visitor");
        room.world.pass(Duration::from_secs(60));
        visitor.leaves();
        room.world.pass(Duration::from_secs(60));
    }
    alice.asks_after_all("load_history", &json!({}));
    bob.socket.goes_away();
    assert_eq!(rows_written(&room), before);
}

#[test]
fn a_call_writes_five_rows_however_much_is_signalled() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let before = rows_written(&room);
    // The call begins, and Bob is sent something.
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    assert_eq!(rows_written(&room) - before, 2);
    // It is claimed, and Alice is sent something.
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    assert_eq!(rows_written(&room) - before, 4);
    for _ in 0..100 {
        alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": 1 }));
        bob.emits("ice_candidate", &json!({ "to": "Alice", "candidate": 1 }));
        room.world.pass(Duration::from_millis(100));
    }
    assert_eq!(rows_written(&room) - before, 4);
    alice.emits("end_call", &json!({ "to": "Bob" }));
    assert_eq!(rows_written(&room) - before, 5);
}

#[test]
fn a_side_of_a_call_that_is_lost_and_comes_back_writes_two_rows() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    let before = rows_written(&room);
    bob.socket.goes_away();
    assert_eq!(rows_written(&room) - before, 1);
    room.world.pass(Duration::from_secs(5));
    let bob = room.knocks_with("Bob", &json!({ "pid": bob.private_id }));
    room.world.pass(Duration::from_secs(60));
    assert!(bob.is_open());
    assert_eq!(rows_written(&room) - before, 2);
}

#[test]
fn polling_writes_none_upgraded_or_not() {
    let room = Room::new();
    let (alice, _bob) = room.enter("Alice", "Bob");
    let before = rows_written(&room);
    let join = format!("40{}", json!({ "token": token("Carol", room.world.now()) }));
    let upgraded = room.world.opens_polling();
    upgraded.sends(&join).polls().expects_ok();
    let socket = upgraded.is_upgraded();
    socket.answers_pings(true);
    let polling = room.world.opens_polling();
    polling.sends(&join);
    for _ in 0..10 {
        room.world.pass(Duration::from_secs(10));
        polling.polls();
        polling.posts("3");
    }
    room.world.pass(Duration::from_secs(60));
    assert!(socket.is_open());
    assert!(alice.socket.is_open());
    assert_eq!(rows_written(&room), before);
}

#[test]
fn candidates_that_wait_for_the_answer_are_written_together() {
    let room = Room::new();
    let (alice, _bob) = room.enter("Alice", "Bob");
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    let before = rows_written(&room);
    for _ in 0..50 {
        alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": 1 }));
        room.world.pass(Duration::from_millis(10));
    }
    assert_eq!(rows_written(&room), before);
    room.world.pass(Duration::from_secs(30));
    assert_eq!(rows_written(&room) - before, 1);
}

/// The platform is asked for each pong separately, so a timer of something else must not ask for any.
#[test]
fn only_a_heartbeat_reads_pongs() {
    const CROWD: usize = 1_000;
    let room = Room::new();
    let people: Vec<_> = (0..CROWD).map(|number| room.enters(&format!("user{number}"))).collect();
    room.world.pass(Duration::from_secs(10));
    let visitor = room.enters("visitor");
    visitor.leaves();
    people[0].emits("call_user", &json!({ "to": "user1", "offer": 1 }));
    people[0].socket.takes_all();
    room.world.pass(Duration::from_secs(10));
    assert!(room.world.ticks() > 1, "the list of users was announced, and again without the visitor");
    assert_eq!(room.world.pongs_read(), 0);

    let (ticks, heartbeats) = (room.world.ticks(), 2);
    people[0].socket.takes_all();
    room.world.pass(Duration::from_secs(36));
    assert!(room.world.now() < START + (heartbeats + 1) * PERIOD);
    assert_eq!(people[0].takes("call_ended")["reason"], "no_answer");
    assert!(room.world.ticks() - ticks > heartbeats as usize, "the call has a timer of its own");
    assert_eq!(room.world.pongs_read(), heartbeats as usize * CROWD);
}

#[test]
fn a_page_of_a_long_history_costs_what_one_of_a_short_history_does() {
    let cost = |count: u32| {
        let room = Room::new();
        let alice = room.enters("Alice");
        room.storage.integer(&format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
             INSERT INTO messages (id, username, text)
             SELECT unhex(format('%012x7000800000000000%04x', 1700000000000 + n, 0)), 'Alice', 'hello' FROM numbers
             RETURNING length(id)"
        ));
        // In the middle, where a query that counts its way would be slow.
        let before = format!(
            "{:08x}-{:04x}-7000-8000-000000000000",
            1_700_000_000_000_u64 >> 16,
            (1_700_000_000_000_u64 & 0xffff) + 500
        );
        let steps = room.storage.steps();
        let page = alice.asks("load_history", &json!({ "before": before, "limit": 50 }));
        assert_eq!(page["messages"].as_array().unwrap().len(), 50, "{page}");
        let middle = room.storage.steps() - steps;
        alice.asks("load_history", &json!({ "limit": 50 }));
        (middle, room.storage.steps() - steps - middle)
    };
    assert_eq!(cost(1_000), cost(20_000));
}
