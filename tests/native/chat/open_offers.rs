//! Renegotiating a connected call: an answer needs an offer.

use serde_json::json;

use crate::support::room::{Person, Room, chat_server};

/// Alice and Bob in a connected call.
fn connected() -> (Room, Person, Person) {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.emits("call_user", &json!({ "to": "Bob", "offer": 0 }));
    bob.takes("incoming_call");
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 0 }));
    alice.takes("call_answered");
    (room, alice, bob)
}

#[track_caller]
fn offers(from: &Person, to: &str, at: &Person) {
    from.emits("call_user", &json!({ "to": to, "offer": 1 })).expects_nothing();
    at.takes("incoming_call");
}

#[track_caller]
fn answers(from: &Person, to: &str, at: &Person) {
    from.emits("call_answer", &json!({ "to": to, "answer": 1 })).expects_nothing();
    at.takes("call_answered");
}

#[track_caller]
fn has_nothing_to_answer(from: &Person, to: &str, at: &Person) {
    let answer = from.asks("call_answer", &json!({ "to": to, "answer": 1 }));
    assert_eq!(answer["code"], "nothing_to_answer");
    at.expects_nothing();
}

#[test]
fn an_offer_is_answered_once() {
    let (_room, alice, bob) = connected();
    has_nothing_to_answer(&bob, "Alice", &alice);
    has_nothing_to_answer(&alice, "Bob", &bob);
    for _ in 0..3 {
        for ((one, to), (other, back)) in
            [((&alice, "Bob"), (&bob, "Alice")), ((&bob, "Alice"), (&alice, "Bob"))]
        {
            offers(one, to, other);
            has_nothing_to_answer(one, to, other);
            answers(other, back, one);
            has_nothing_to_answer(other, back, one);
        }
    }
}

#[test]
fn an_offer_that_follows_another_takes_its_place() {
    let (_room, alice, bob) = connected();
    offers(&alice, "Bob", &bob);
    offers(&alice, "Bob", &bob);
    answers(&bob, "Alice", &alice);
    has_nothing_to_answer(&bob, "Alice", &alice);
}

#[test]
fn offers_that_cross_can_both_be_answered() {
    let (_room, alice, bob) = connected();
    offers(&alice, "Bob", &bob);
    offers(&bob, "Alice", &alice);
    // Bob rolls his back, and offers again once Alice's is answered.
    answers(&bob, "Alice", &alice);
    offers(&bob, "Alice", &alice);
    answers(&alice, "Bob", &bob);
    has_nothing_to_answer(&alice, "Bob", &bob);
    has_nothing_to_answer(&bob, "Alice", &alice);
}

#[test]
fn candidates_pass_with_and_without_an_offer() {
    let (_room, alice, bob) = connected();
    for _ in 0..2 {
        alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": null }));
        bob.takes("ice_candidate");
        offers(&bob, "Alice", &alice);
        bob.emits("ice_candidate", &json!({ "to": "Alice", "candidate": 1 }));
        alice.takes("ice_candidate");
    }
}

#[test]
fn renegotiating_writes_no_row_and_an_offer_from_before_a_sleep_can_be_answered() {
    let (room, alice, bob) = connected();
    let before = room.storage.integer("SELECT total_changes()");
    for _ in 0..50 {
        offers(&alice, "Bob", &bob);
        answers(&bob, "Alice", &alice);
    }
    offers(&alice, "Bob", &bob);
    assert_eq!(room.storage.integer("SELECT total_changes()"), before);
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    answers(&bob, "Alice", &alice);
    has_nothing_to_answer(&bob, "Alice", &alice);
}

#[test]
fn a_call_that_an_earlier_version_stored_goes_on() {
    let (room, alice, bob) = connected();
    let rows = natter::storage::Storage::query(&*room.storage, "SELECT call FROM calls", &[]);
    let stored = rows.expect("SQL")[0].text(0).expect("a call");
    let sid =
        stored.split(r#""callee_sid":""#).nth(1).and_then(|rest| rest.split('"').next()).expect(&stored);
    assert!(stored.contains(&format!(r#"{{"Connected":{{"callee_sid":"{sid}"}}}}"#)), "{stored}");
    room.world.fall_asleep_and_wake_up_with(chat_server(room.storage.clone()));
    offers(&alice, "Bob", &bob);
    answers(&bob, "Alice", &alice);
}
