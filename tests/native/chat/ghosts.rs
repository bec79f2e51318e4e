//! Members who are gone without a word: clients that poll, and whatever the memory took with it.

use std::time::Duration;

use natter::chat::calls::call::GRACE as CALL_GRACE;
use natter::chat::presence::GRACE;
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
