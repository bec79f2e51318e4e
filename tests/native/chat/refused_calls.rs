//! Calls that the server refuses: their callers are told that there is none.

use std::rc::Rc;
use std::time::Duration;

use natter::accounts::logins::LoginId;
use natter::accounts::token::{TokenSecret, Tokens};
use natter::accounts::username::Username;
use natter::chat::commands::Command;
use natter::chat::commands::call_answer::CallAnswer;
use natter::chat::commands::call_user::CallUser;
use natter::chat::commands::ice_candidate::IceCandidate;
use natter::chat::limits::Rates;
use serde_json::{Value, json};
use socketio::Arguments;

use crate::support::room::{Person, Room, SECRET, SETTINGS};
use crate::support::sqlite::Sqlite;

/// A room in which a user calls four times at once, and once in 4 s.
fn slow_room() -> Room {
    let rates = Rates { calls: 16, ..SETTINGS.rates };
    Room::with(Sqlite::in_memory(), natter::chat::Settings { rates, ..SETTINGS })
}

#[track_caller]
fn is_refused(caller: &Person, argument: &Value, from: &str, code: &str) {
    caller.emits("call_user", argument);
    caller.expects("call_ended", &json!({ "from": from, "reason": "refused" }));
    assert_eq!(caller.takes("exception")["code"], code);
    caller.expects_nothing();
}

#[test]
fn a_call_that_is_too_fast_ends() {
    let room = slow_room();
    let (alice, bob) = room.enter("Alice", "Bob");
    for _ in 0..4 {
        alice.emits("call_user", &json!({ "to": "nobody", "offer": 1 }));
        alice.takes("call_ended");
        alice.takes("exception");
    }
    for to in ["BOB", "nobody", "not a name!"] {
        is_refused(&alice, &json!({ "to": to, "offer": 1 }), to, "rate_limited");
    }
    bob.expects_nothing();
}

#[test]
fn an_offer_that_is_refused_while_it_rings_ends_the_call_on_both_sides() {
    let room = slow_room();
    let (alice, bob) = room.enter("Alice", "Bob");
    for _ in 0..4 {
        alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
        bob.takes("incoming_call");
    }
    is_refused(&alice, &json!({ "to": "bob", "offer": 1 }), "bob", "rate_limited");
    bob.expects("call_ended", &json!({ "from": "Alice", "reason": "cancelled" }));
    assert_eq!(room.storage.integer("SELECT count(*) FROM calls"), 0);
}

#[test]
fn a_call_to_somebody_else_that_is_refused_leaves_the_one_that_rings_alone() {
    let room = slow_room();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.takes("incoming_call");
    is_refused(&alice, &json!({ "to": "Carol" }), "Carol", "invalid_offer");
    is_refused(&alice, &json!({ "to": 7, "offer": 1 }), "", "invalid_to");
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    alice.takes("call_answered");
}

#[test]
fn a_renegotiation_that_is_refused_leaves_the_call_alone() {
    let room = slow_room();
    let (alice, bob) = room.enter("Alice", "Bob");
    let tab = room.enters("Alice");
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.takes("incoming_call");
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    alice.takes("call_answered");
    assert_eq!(alice.asks("call_user", &json!({ "to": "Bob" }))["code"], "invalid_offer");
    assert_eq!(alice.asks("call_user", &json!({ "to": 7, "offer": 1 }))["code"], "invalid_to");
    assert_eq!(alice.asks("call_user", &json!(null))["code"], "invalid_payload");
    assert_eq!(alice.asks("call_user", &json!({ "to": "BOB", "offer": 1 }))["code"], "rate_limited");
    bob.expects_nothing();
    // Another socket is in no call, and neither is this one in a call with Carol.
    is_refused(&tab, &json!({ "to": "Bob", "offer": 1 }), "Bob", "rate_limited");
    is_refused(&alice, &json!({ "to": "Carol", "offer": 1 }), "Carol", "rate_limited");
    room.world.pass(Duration::from_secs(8));
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 2 }));
    bob.expects("incoming_call", &json!({ "from": "Alice", "offer": 2 }));
}

#[test]
fn a_call_with_an_expired_token_ends() {
    let room = Room::new();
    let ttl = Duration::from_secs(61);
    let tokens = Tokens::new(&TokenSecret::parse(SECRET).unwrap(), ttl);
    let alice = room.enters_bearing(
        &tokens.issue(&Username::parse("Alice").unwrap(), None::<&LoginId>, room.world.now()).token,
    );
    room.world.pass(ttl);
    alice.socket.takes_all();
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    alice.expects("call_ended", &json!({ "from": "Bob", "reason": "refused" }));
    assert_eq!(alice.takes("exception")["code"], "token_expired");
}

type Parse = fn(&Arguments<'_>) -> Result<(), String>;

/// Parses an event, which may be refused with this code.
fn parse<C: Command>(arguments: &Arguments<'_>) -> Result<(), String> {
    C::parse(arguments).map(drop).map_err(|refusal| refusal.code.into_owned())
}

#[test]
fn offers_answers_and_candidates_are_bounded() {
    let (offers, candidates) = (256 * 1024, 8 * 1024);
    let events: [(&str, &str, usize, &str, Parse); 3] = [
        ("call_user", "offer", offers, "offer_too_large", parse::<CallUser>),
        ("call_answer", "answer", offers, "answer_too_large", parse::<CallAnswer>),
        ("ice_candidate", "candidate", candidates, "candidate_too_large", parse::<IceCandidate>),
    ];
    for (event, field, limit, code, parse) in events {
        let check = |length: usize, attachments: &[Rc<[u8]>]| {
            let json = json!([event, { "to": "Bob", field: "x".repeat(length - 2) }]).to_string();
            parse(&Arguments { json: json.into(), attachments: attachments.to_vec() })
        };
        assert_eq!(check(limit, &[]), Ok(()), "{event}");
        assert_eq!(check(limit + 1, &[]), Err(code.into()));
        assert_eq!(check(100, &[vec![0; limit - 100].into()]), Ok(()), "{event}");
        assert_eq!(check(100, &[vec![0; limit - 100].into(), vec![0].into()]), Err(code.into()));
    }
}

#[test]
fn a_candidate_that_is_too_large_reaches_nobody() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 }));
    bob.takes("incoming_call");
    let candidate = "x".repeat(8 * 1024 - 1);
    assert_eq!(
        alice.asks("ice_candidate", &json!({ "to": "Bob", "candidate": candidate }))["code"],
        "candidate_too_large"
    );
    bob.expects_nothing();
}

#[test]
fn a_call_that_cannot_be_stored_ends() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    for statement in ["INTO calls", "INTO signalled"] {
        room.storage.fail_on(statement);
        is_refused(&alice, &json!({ "to": "Bob", "offer": 1 }), "Bob", "internal_error");
        room.storage.work_again();
    }
    assert!(!room.world.take_log().is_empty());
    bob.expects_nothing();
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 1 })).expects_nothing();
    bob.takes("incoming_call");
}
