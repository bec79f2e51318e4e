//! Members who are gone without a word: clients that poll, and whatever the memory took with it.

use std::time::Duration;

use engineio::{POLL_ABSENCE, POLL_HOLD};
use natter::chat::calls::call::GRACE as CALL_GRACE;
use natter::chat::member::GRACE;
use serde_json::{Value, json};

use crate::support::client::{Exchange, Poller};
use crate::support::room::{ChatServer, Person, Room, chat_server, token};
use crate::support::{LIFETIME, MILLISECOND, PERIOD};

const SECOND: Duration = Duration::from_secs(1);

/// A member whose client polls, with the poll that it has open.
struct PollingMember {
    poller: Poller<ChatServer>,
    poll: Exchange<ChatServer>,
    private_id: String,
}

/// A member joins over polling, and has fetched what everyone gets on connecting.
#[track_caller]
fn joins_polling(room: &Room, name: &str, auth: &Value) -> PollingMember {
    let mut auth = auth.clone();
    auth["token"] = json!(token(name, room.world.now()));
    let poller = room.world.opens_polling();
    poller.sends(&format!("40{auth}"));
    let payload = poller.polls().expects_ok();
    let welcome =
        payload.split('\x1e').next().and_then(|packet| packet.strip_prefix("40")).expect("a welcome");
    let welcome: Value = serde_json::from_str(welcome).expect("JSON");
    let private_id = welcome["pid"].as_str().expect("a private id").to_owned();
    let poll = poller.polls();
    PollingMember { poller, poll, private_id }
}

/// Alice has a WebSocket, Bob polls, and Alice has heard of both.
fn alice_and_a_polling_bob() -> (Room, Person, PollingMember) {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = joins_polling(&room, "Bob", &json!({}));
    room.world.pass(SECOND);
    alice.expects("online_users", &json!(["Alice", "Bob"])).expects_nothing();
    bob.poll.expects_ok();
    bob.poll = bob.poller.polls();
    bob.poll.waits();
    (room, alice, bob)
}

fn loses_its_memory(room: &Room) {
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
}

#[test]
fn a_member_whose_client_goes_away_while_it_polls_is_gone_after_the_grace() {
    let (room, alice, bob) = alice_and_a_polling_bob();
    bob.poll.aborts();
    room.world.pass(GRACE - MILLISECOND);
    alice.expects_nothing();
    room.world.pass(SECOND);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
    bob.poller.polls().expects_unknown_sid();
}

#[test]
fn the_other_side_of_a_call_hears_of_it_within_the_grace_of_the_call() {
    let (room, alice, mut bob) = alice_and_a_polling_bob();
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.poll.expects_ok();
    bob.poller.sends(r#"42["call_answer",{"to":"Alice","answer":1}]"#);
    alice.expects("call_answered", &json!({ "from": "Bob", "answer": 1 }));
    bob.poll = bob.poller.polls();
    bob.poll.aborts();
    room.world.pass(CALL_GRACE - MILLISECOND);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
    room.world.pass(MILLISECOND);
    alice.expects("call_ended", &json!({ "from": "Bob", "reason": "disconnected" })).expects_nothing();
}

/// The part of Bob in a call with Alice.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Part {
    RingingCaller,
    RingingCallee,
    Caller,
    Callee,
}

/// Alice and Bob are in a call, and both have got all that came of it. Bob's new poll waits.
fn in_a_call(part: Part) -> (Room, Person, PollingMember) {
    let (room, alice, mut bob) = alice_and_a_polling_bob();
    match part {
        Part::RingingCaller | Part::Caller => {
            bob.poller.sends(r#"42["call_user",{"to":"Alice","offer":1}]"#);
            alice.expects("incoming_call", &json!({ "from": "Bob", "offer": 1 }));
        }
        Part::RingingCallee | Part::Callee => {
            alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
            bob.poll.expects_ok();
            bob.poll = bob.poller.polls();
        }
    }
    if part == Part::Caller {
        alice.emits("call_answer", &json!({ "to": "Bob", "answer": 1 }));
        bob.poll.expects_ok();
        bob.poll = bob.poller.polls();
    }
    if part == Part::Callee {
        bob.poller.sends(r#"42["call_answer",{"to":"Alice","answer":1}]"#);
        alice.expects("call_answered", &json!({ "from": "Bob", "answer": 1 }));
    }
    bob.poll.waits();
    alice.expects_nothing();
    (room, alice, bob)
}

const PARTS: [Part; 4] = [Part::RingingCaller, Part::RingingCallee, Part::Caller, Part::Callee];

#[test]
fn the_other_side_of_a_call_hears_in_time_of_a_client_that_died_with_an_open_poll() {
    for part in PARTS {
        let (room, alice, bob) = in_a_call(part);
        let before = room.storage.integer("SELECT total_changes()");
        room.world.pass(CALL_GRACE - MILLISECOND);
        bob.poll.expects("6");
        alice.expects_nothing();
        let written = room.storage.integer("SELECT total_changes()") - before;
        assert_eq!(written, 1, "of the watch nothing is stored, but that a side is missing");
        room.world.pass(MILLISECOND);
        alice.expects("call_ended", &json!({ "from": "Bob", "reason": "disconnected" }));
        // From the list it is gone once its connection has had the usual time to come back.
        room.world.pass(SECOND);
        alice.expects("online_users", &json!(["Alice"])).expects_nothing();
    }
}

#[test]
fn a_client_that_was_silent_for_too_long_can_come_back_to_its_call_in_time() {
    for part in PARTS {
        let (room, alice, bob) = in_a_call(part);
        room.world.pass(CALL_GRACE - 3 * SECOND);
        bob.poller.polls().expects_unknown_sid();
        let back = joins_polling(&room, "Bob", &json!({ "pid": bob.private_id }));
        for _ in 0..4 {
            // It is watched from its first moment on.
            room.world.pass(POLL_HOLD);
            assert!(back.poll.is_answered());
            back.poller.sends("3");
        }
        alice.expects_nothing();
        room.world.pass(POLL_HOLD + POLL_ABSENCE);
        alice.emits("end_call", &json!({ "to": "Bob" })).expects_nothing();
    }
}

#[test]
fn a_call_that_was_over_before_its_silent_client_is_closed_ends_then() {
    let (room, alice, bob) = in_a_call(Part::Callee);
    room.world.pass(POLL_HOLD);
    bob.poll.expects("6");
    room.world.oversleep(CALL_GRACE);
    room.world.tick();
    alice.expects("call_ended", &json!({ "from": "Bob", "reason": "disconnected" })).expects_nothing();
}

/// Which members get their polls back for being watched.
fn watched<const N: usize>(room: &Room, mut members: [&mut PollingMember; N]) -> [bool; N] {
    for member in &mut members {
        while member.poll.is_answered() {
            member.poll = member.poller.polls();
        }
    }
    room.world.pass(POLL_HOLD);
    members.map(|member| {
        if member.poll.is_answered() {
            member.poll.expects("6");
        }
        member.poll.is_answered()
    })
}

#[test]
fn only_the_sessions_that_take_part_in_a_call_are_watched() {
    let (room, alice, mut bob) = alice_and_a_polling_bob();
    let mut second = joins_polling(&room, "Bob", &json!({}));
    let mut carol = joins_polling(&room, "Carol", &json!({}));
    room.world.pass(SECOND);
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    assert_eq!(watched(&room, [&mut bob, &mut second, &mut carol]), [true, true, false]);
    bob.poller.sends(r#"42["call_answer",{"to":"Alice","answer":1}]"#);
    assert_eq!(watched(&room, [&mut bob, &mut second, &mut carol]), [true, false, false]);
    alice.emits("end_call", &json!({ "to": "Bob" }));
    assert_eq!(watched(&room, [&mut bob, &mut second, &mut carol]), [false, false, false]);
}

#[test]
fn a_page_that_is_loaded_anew_was_never_gone() {
    let (room, alice, bob) = alice_and_a_polling_bob();
    bob.poll.aborts();
    room.world.pass(SECOND);
    let _again = joins_polling(&room, "Bob", &json!({}));
    room.world.pass(10 * SECOND);
    alice.expects_nothing();
}

#[test]
fn a_member_who_goes_away_between_two_polls_is_gone_when_its_session_expires() {
    let (room, alice, bob) = alice_and_a_polling_bob();
    // The heartbeat answers the poll, and there is no other.
    room.world.pass(PERIOD);
    bob.poll.expects_ok();
    alice.expects_nothing();
    room.world.pass(LIFETIME + GRACE - PERIOD);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
}

#[test]
fn a_member_who_was_lost_with_the_memory_is_announced_as_gone_after_the_grace() {
    let (room, alice, _bob) = alice_and_a_polling_bob();
    loses_its_memory(&room);
    room.world.pass(GRACE - MILLISECOND);
    alice.expects_nothing();
    room.world.pass(MILLISECOND);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
    // Once.
    for _ in 0..3 {
        loses_its_memory(&room);
        room.world.pass(60 * SECOND);
        alice.expects_nothing();
    }
}

#[test]
fn the_same_if_the_memory_is_lost_again_before_the_announcement() {
    let (room, alice, _bob) = alice_and_a_polling_bob();
    for _ in 0..3 {
        loses_its_memory(&room);
        room.world.pass(GRACE / 2);
        alice.asks("load_history", &json!({}));
    }
    room.world.pass(GRACE);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
}

#[test]
fn a_member_who_was_lost_with_the_memory_and_comes_back_stays_listed() {
    let (room, alice, bob) = alice_and_a_polling_bob();
    loses_its_memory(&room);
    bob.poller.polls().expects_unknown_sid();
    let _back = joins_polling(&room, "Bob", &json!({ "pid": bob.private_id }));
    room.world.pass(2 * GRACE);
    alice.expects("online_users", &json!(["Alice", "Bob"])).expects_nothing();
}

#[test]
fn whichever_member_is_left_hears_of_those_who_were_lost_with_the_memory() {
    for leaves_first in [0, 1, 2] {
        let (room, alice, _bob) = alice_and_a_polling_bob();
        let mut others = vec![alice, room.enters("Carol"), room.enters("Dave")];
        room.world.pass(SECOND);
        others.remove(leaves_first).leaves();
        room.world.pass(SECOND);
        for other in &others {
            other.socket.takes_all();
        }
        loses_its_memory(&room);
        room.world.pass(GRACE);
        for other in &others {
            let online = other.takes("online_users");
            assert!(!online.as_array().expect("a list").contains(&json!("Bob")), "{online}");
            other.expects_nothing();
        }
    }
}

#[test]
fn a_member_who_came_before_anyone_who_outlives_the_memory_is_no_ghost_either() {
    let room = Room::new();
    let _bob = joins_polling(&room, "Bob", &json!({}));
    room.world.pass(SECOND);
    let alice = room.enters("Alice");
    room.world.pass(SECOND);
    alice.expects("online_users", &json!(["Alice", "Bob"]));
    loses_its_memory(&room);
    room.world.pass(GRACE);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
}

#[test]
fn a_grace_that_was_lost_with_the_memory_begins_anew() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    bob.socket.goes_away();
    room.world.pass(GRACE / 2);
    loses_its_memory(&room);
    room.world.pass(GRACE);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
}

#[test]
fn a_change_that_was_not_announced_when_the_memory_was_lost_is_announced() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    bob.leaves();
    loses_its_memory(&room);
    room.world.pass(GRACE);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
}

#[test]
fn a_member_whose_stored_state_cannot_be_read_is_announced_as_gone() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    bob.socket.forgets_what_is_stored();
    loses_its_memory(&room);
    bob.socket.expects_close(1011);
    room.world.pass(GRACE);
    alice.expects("online_users", &json!(["Alice"])).expects_nothing();
}
