//! How long a call waits for a side that was lost: by the clock, whatever becomes of the memory meanwhile.

use std::time::Duration;

use engineio::Time;
use natter::chat::calls::call::GRACE;
use serde_json::json;

use crate::support::MILLISECOND;
use crate::support::room::{Person, Room, chat_server};

const SECOND: Duration = Duration::from_secs(1);

/// Alice and Bob are in a call.
fn in_call() -> (Room, Person, Person) {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    alice.socket.takes_all();
    bob.socket.takes_all();
    (room, alice, bob)
}

fn sleeps(room: &Room) {
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
}

/// The server is killed, and starts again: no WebSocket is left.
fn restarts(room: &Room, seed: u64, at: Time) -> Room {
    let again = Room::on(room.storage.clone());
    again.world.shuffle(seed);
    again.world.set_clock(at);
    again.world.tick();
    again
}

#[track_caller]
fn ends(person: &Person) {
    let frames = format!("{:?}", person.socket.takes_all());
    assert!(frames.contains("call_ended") && frames.contains("disconnected"), "{frames}");
}

fn is_in_call(room: &Room) -> bool {
    room.storage.integer("SELECT count(*) FROM calls") == 1
}

#[test]
fn it_goes_on_while_the_object_sleeps() {
    let (room, alice, bob) = in_call();
    bob.socket.goes_away();
    for _ in 0..14 {
        room.world.pass(SECOND);
        sleeps(&room);
    }
    room.world.pass(SECOND - MILLISECOND);
    assert!(is_in_call(&room));
    room.world.pass(MILLISECOND);
    assert!(!is_in_call(&room));
    ends(&alice);
}

#[test]
fn it_is_over_when_it_ran_out_in_the_sleep() {
    let (room, alice, bob) = in_call();
    bob.socket.goes_away();
    sleeps(&room);
    room.world.oversleep(GRACE);
    room.world.tick();
    ends(&alice);
}

#[test]
fn it_goes_on_while_it_rings() {
    for caller_goes in [true, false] {
        let room = Room::new();
        let (alice, bob) = room.enter("Alice", "Bob");
        alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
        let (goes, stays) = if caller_goes { (alice, bob) } else { (bob, alice) };
        goes.socket.goes_away();
        room.world.pass(10 * SECOND);
        sleeps(&room);
        room.world.pass(GRACE - 10 * SECOND);
        ends(&stays);
    }
}

#[test]
fn it_is_that_of_the_side_that_was_lost_first() {
    let (room, alice, bob) = in_call();
    bob.socket.goes_away();
    room.world.pass(10 * SECOND);
    alice.socket.goes_away();
    sleeps(&room);
    room.world.pass(GRACE - 10 * SECOND - MILLISECOND);
    assert!(is_in_call(&room));
    room.world.pass(MILLISECOND);
    assert!(!is_in_call(&room));
}

#[test]
fn it_ends_when_the_side_comes_back_and_does_not_begin_again_in_the_sleep() {
    let (room, alice, bob) = in_call();
    bob.socket.goes_away();
    room.world.pass(10 * SECOND);
    let bob = room.knocks_with("Bob", &json!({ "pid": bob.private_id }));
    room.world.pass(SECOND);
    alice.socket.takes_all();
    for _ in 0..5 {
        sleeps(&room);
        room.world.pass(10 * SECOND);
    }
    alice.expects_nothing();
    bob.takes_all();
    alice.emits("end_call", &json!({ "to": "Bob" }));
    assert!(bob.takes_text().contains("hangup"));
}

#[test]
fn it_outlives_a_server_that_is_killed() {
    let (room, alice, bob) = in_call();
    bob.socket.goes_away();
    let end = room.world.now() + GRACE;
    let mut room = room;
    for seed in [7, 8] {
        room = restarts(&room, seed, room.world.now() + 5 * SECOND);
        let back = room.knocks_with("Alice", &json!({ "pid": alice.private_id }));
        assert!(back.is_open());
    }
    room.world.pass(end.since(room.world.now()) - MILLISECOND);
    assert!(is_in_call(&room));
    room.world.pass(MILLISECOND);
    assert!(!is_in_call(&room));
}

#[test]
fn it_begins_once_for_a_side_that_was_lost_with_the_memory() {
    let (room, _alice, _bob) = in_call();
    let mut room = restarts(&room, 7, room.world.now() + SECOND);
    let end = room.world.now() + GRACE;
    for seed in [8, 9] {
        room = restarts(&room, seed, room.world.now() + 5 * SECOND);
    }
    room.world.pass(end.since(room.world.now()) - MILLISECOND);
    assert!(is_in_call(&room));
    room.world.pass(MILLISECOND);
    assert!(!is_in_call(&room));
}

#[test]
fn a_call_that_was_stored_before_deadlines_were_is_read() {
    let (room, alice, bob) = in_call();
    bob.socket.goes_away();
    room.storage.integer(
        "UPDATE calls SET call = json_remove(call, '$.caller_contact', '$.callee_contact') RETURNING 1",
    );
    sleeps(&room);
    alice.socket.takes_all();
    room.world.tick();
    assert!(is_in_call(&room));
    room.world.pass(GRACE);
    ends(&alice);
}
