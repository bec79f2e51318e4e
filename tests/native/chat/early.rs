//! Candidates that come before their call.

use std::time::Duration;

use natter::chat::calls::call::{MAX_EARLY, MAX_EARLY_BYTES};
use natter::chat::calls::early::{Early, HOLD, MAX_HELD_BYTES};
use natter::chat::calls::signal::Content;
use natter::chat::calls::{Party, User};
use serde_json::{Value, json};

use crate::support::room::{Person, Room};
use crate::support::{MILLISECOND, START};

#[track_caller]
fn sends_ahead(from: &Person, to: &str, candidate: &Value) {
    assert_eq!(
        from.asks("ice_candidate", &json!({ "to": to, "candidate": candidate })),
        json!({ "ok": true })
    );
}

#[track_caller]
fn calls(from: &Person, to: &str, offer: &Value) {
    from.emits("call_user", &json!({ "to": to, "offer": offer })).expects_nothing();
}

/// Answers, and returns the candidates that came with it, of an incoming call that has to be the first thing that came.
#[track_caller]
fn answers(callee: &Person, to: &str, caller: &Person) -> Vec<Value> {
    callee.takes("incoming_call");
    callee.expects_nothing();
    callee.emits("call_answer", &json!({ "to": to, "answer": 1 }));
    caller.takes("call_answered");
    let mut candidates = Vec::new();
    for frame in callee.socket.takes_all() {
        let engineio::Frame::Text(text) = frame else { panic!("bytes") };
        let event: Value = serde_json::from_str(text.strip_prefix("42").expect(&text)).expect("an event");
        assert_eq!(event[0], "ice_candidate");
        candidates.push(event[1]["candidate"].clone());
    }
    candidates
}

fn of(fragment: &str) -> Value {
    json!({ "candidate": "candidate:1 1 udp 1 192.0.2.7 5 typ host", "sdpMid": "0", "usernameFragment": fragment })
}

fn offer(fragments: &[&str]) -> Value {
    let lines: String = fragments.iter().map(|it| format!("m=audio 9\r\na=ice-ufrag:{it}\r\n")).collect();
    json!({ "type": "offer", "sdp": format!("v=0\r\n{lines}") })
}

#[test]
fn they_follow_the_offer_in_order_and_once() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    for number in 0..3 {
        sends_ahead(&alice, "BOB", &json!(number));
    }
    sends_ahead(&alice, "Bob", &json!(null));
    bob.expects_nothing();
    calls(&alice, "bob", &json!(1));
    alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": "later" }));
    assert_eq!(answers(&bob, "Alice", &alice), [json!(0), json!(1), json!(2), json!(null), json!("later")]);
    alice.emits("end_call", &json!({ "to": "Bob" }));
    bob.takes("call_ended");
    calls(&alice, "bob", &json!(2));
    assert!(answers(&bob, "Alice", &alice).is_empty());
}

#[test]
fn they_cost_no_row_and_outlive_a_sleep_with_the_call() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let before = room.storage.integer("SELECT total_changes()");
    sends_ahead(&alice, "Bob", &json!(1));
    assert_eq!(room.storage.integer("SELECT total_changes()"), before);
    calls(&alice, "Bob", &json!(1));
    assert_eq!(room.storage.integer("SELECT total_changes()"), before + 2);
    room.world.fall_asleep_and_wake_up_with(crate::support::room::chat_server(room.storage.clone()));
    assert_eq!(answers(&bob, "Alice", &alice), [json!(1)]);
}

#[test]
fn they_go_to_the_socket_that_answers() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let tab = room.enters("Bob");
    sends_ahead(&alice, "Bob", &json!(1));
    calls(&alice, "Bob", &json!(1));
    tab.takes("incoming_call");
    assert_eq!(answers(&bob, "Alice", &alice), [json!(1)]);
    tab.takes("call_ended");
    tab.expects_nothing();
}

#[test]
fn they_wait_for_ten_seconds() {
    for (time, arrived) in [(HOLD - MILLISECOND, vec![json!(1), json!(2)]), (HOLD, vec![json!(2)])] {
        let room = Room::new();
        let (alice, bob) = room.enter("Alice", "Bob");
        sends_ahead(&alice, "Bob", &json!(1));
        room.world.pass(MILLISECOND);
        sends_ahead(&alice, "Bob", &json!(2));
        room.world.pass(time - MILLISECOND);
        calls(&alice, "Bob", &json!(1));
        assert_eq!(answers(&bob, "Alice", &alice), arrived);
    }
    let room = Room::new();
    let (alice, _bob) = room.enter("Alice", "Bob");
    room.world.pass(Duration::from_secs(1));
    sends_ahead(&alice, "Bob", &json!(1));
    assert_eq!(room.world.next_deadline(), Some(room.world.now() + HOLD), "the object stays awake");
    room.world.pass(HOLD);
    assert_ne!(room.world.next_deadline(), Some(room.world.now()));
}

#[test]
fn only_the_socket_that_sent_them_releases_them() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let tab = room.enters("Alice");
    sends_ahead(&tab, "Bob", &json!("of the tab"));
    sends_ahead(&alice, "Bob", &json!(1));
    calls(&alice, "Bob", &json!(1));
    assert_eq!(answers(&bob, "Alice", &alice), [json!(1)]);
    alice.emits("end_call", &json!({ "to": "Bob" }));
    bob.takes("call_ended");
    // Candidates that were sent ahead go with the call.
    calls(&tab, "Bob", &json!(1));
    assert!(answers(&bob, "Alice", &tab).is_empty());
}

#[test]
fn a_call_to_somebody_else_does_not_release_them() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let carol = room.enters("Carol");
    sends_ahead(&alice, "Bob", &json!(1));
    calls(&alice, "Carol", &json!(1));
    assert!(answers(&carol, "Alice", &alice).is_empty());
    bob.expects_nothing();
}

#[test]
fn those_of_another_offer_are_dropped() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let in_line = json!({ "candidate": "candidate:1 1 udp 1 192.0.2.7 5 typ host ufrag old network-id 1" });
    for candidate in [of("old"), of("two"), in_line, json!({ "candidate": "" }), json!(null), of("one")] {
        sends_ahead(&alice, "Bob", &candidate);
    }
    calls(&alice, "Bob", &offer(&["one", "two"]));
    assert_eq!(
        answers(&bob, "Alice", &alice),
        [of("two"), json!({ "candidate": "" }), json!(null), of("one")]
    );
}

#[test]
fn an_offer_that_says_no_fragment_takes_all() {
    for offer in [json!(1), json!({ "sdp": 7 }), json!({ "sdp": "v=0" }), json!("v=0"), json!(null)] {
        let room = Room::new();
        let (alice, bob) = room.enter("Alice", "Bob");
        sends_ahead(&alice, "Bob", &of("one"));
        calls(&alice, "Bob", &offer);
        assert_eq!(answers(&bob, "Alice", &alice), [of("one")], "{offer}");
    }
}

/// A call between the two that Bob has ended, and Alice does not know it yet.
fn ended() -> (Room, Person, Person) {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    calls(&alice, "Bob", &offer(&["old"]));
    answers(&bob, "Alice", &alice);
    bob.emits("end_call", &json!({ "to": "Alice" }));
    alice.takes("call_ended");
    (room, alice, bob)
}

#[test]
fn stragglers_of_a_call_that_has_ended_do_not_follow_the_next_one() {
    for next in [offer(&["new"]), json!("an offer without a fragment")] {
        let (_room, alice, bob) = ended();
        for straggler in [json!(1), json!(null), json!({ "candidate": "", "usernameFragment": null })] {
            let answer = alice.asks("ice_candidate", &json!({ "to": "Bob", "candidate": straggler }));
            assert_eq!(answer["code"], "not_in_call");
        }
        sends_ahead(&alice, "Bob", &of("old"));
        calls(&alice, "Bob", &next);
        assert!(answers(&bob, "Alice", &alice).is_empty());
    }
}

#[test]
fn whoever_calls_again_at_once_may_send_candidates_ahead_that_say_of_which_offer_they_are() {
    let (_room, alice, bob) = ended();
    sends_ahead(&alice, "Bob", &of("new"));
    calls(&alice, "Bob", &offer(&["new"]));
    assert_eq!(answers(&bob, "Alice", &alice), [of("new")]);
}

#[test]
fn a_while_after_a_call_candidates_wait_again() {
    let (room, alice, bob) = ended();
    room.world.pass(HOLD);
    sends_ahead(&alice, "Bob", &json!(1));
    calls(&alice, "Bob", &json!(1));
    assert_eq!(answers(&bob, "Alice", &alice), [json!(1)]);
}

#[test]
fn those_that_are_for_nobody_are_refused() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let carol = room.enters("Carol");
    let code = |from: &Person, to: &str| {
        from.asks_after_all("ice_candidate", &json!({ "to": to, "candidate": 1 }))["code"].clone()
    };
    assert_eq!(code(&alice, "Nobody"), "user_offline");
    assert_eq!(code(&alice, "alice"), "cannot_call_yourself");
    calls(&alice, "Bob", &json!(1));
    bob.takes("incoming_call");
    assert_eq!(code(&alice, "Carol"), "not_in_call");
    assert_eq!(code(&bob, "Carol"), "not_in_call");
    carol.socket.takes_all();
    carol.expects_nothing();
}

#[test]
fn a_call_that_leads_nowhere_drops_them() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    sends_ahead(&alice, "Bob", &json!(1));
    alice.emits("call_user", &json!({ "to": "Bob" })).takes("call_ended");
    alice.takes("exception");
    calls(&alice, "Bob", &json!(1));
    assert!(answers(&bob, "Alice", &alice).is_empty());
}

#[test]
fn both_send_ahead_and_only_those_of_the_call_that_stands_arrive() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    sends_ahead(&alice, "Bob", &json!("of Alice"));
    sends_ahead(&bob, "Alice", &json!("of Bob"));
    calls(&alice, "Bob", &json!(1));
    assert_eq!(answers(&bob, "Alice", &alice), [json!("of Alice")]);
    alice.expects_nothing();
}

#[test]
fn a_page_that_is_loaded_anew_sends_ahead_although_the_call_before_is_not_over_yet() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    calls(&alice, "Bob", &json!(1));
    answers(&bob, "Alice", &alice);
    alice.socket.goes_away();
    let page = room.enters("Alice");
    sends_ahead(&page, "Bob", &of("new"));
    calls(&page, "Bob", &offer(&["new"]));
    bob.takes("call_ended");
    assert_eq!(answers(&bob, "Alice", &page), [of("new")]);
}

#[test]
fn they_are_forgotten_with_a_goodbye_and_kept_over_a_lost_connection() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    sends_ahead(&alice, "Bob", &json!(1));
    alice.leaves();
    let alice = room.enters("Alice");
    sends_ahead(&alice, "Bob", &json!(2));
    alice.socket.goes_away();
    let back = room.knocks_with("Alice", &json!({ "pid": alice.private_id, "wants": ["missed"] }));
    back.takes_all();
    back.sends(r#"42["call_user",{"to":"Bob","offer":1}]"#);
    bob.socket.takes_all();
    back.expects_nothing();
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    bob.expects("ice_candidate", &json!({ "from": "Alice", "candidate": 2 })).expects_nothing();
}

#[test]
fn they_are_bounded_for_each_user_in_number_and_bytes() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let tab = room.enters("Alice");
    tab.socket.takes_all();
    for number in 0..MAX_EARLY {
        sends_ahead(if number % 2 == 0 { &alice } else { &tab }, "Bob", &json!(number));
    }
    let code = |from: &Person, candidate: &str| {
        from.asks("ice_candidate", &json!({ "to": "Bob", "candidate": candidate }))["code"].clone()
    };
    assert_eq!(code(&alice, "one too many"), "too_many_candidates");
    assert_eq!(code(&tab, "one too many"), "too_many_candidates");
    room.world.pass(HOLD);
    // In JSON, with its quotation marks, one is a sixteenth of what may wait.
    for _ in 0..16 {
        sends_ahead(&alice, "Bob", &json!("x".repeat(MAX_EARLY_BYTES / 16 - 2)));
    }
    assert_eq!(code(&alice, ""), "too_many_candidates");
    calls(&alice, "Bob", &json!(1));
    assert_eq!(answers(&bob, "Alice", &alice).len(), 16);
}

#[test]
fn they_are_bounded_in_the_whole_room() {
    let mut early = Early::default();
    let candidate =
        || Content::new(serde_json::from_str("1").unwrap(), &[vec![0; MAX_EARLY_BYTES - 1].into()]);
    let party = |number: usize| {
        let name = format!("user{number}");
        Party {
            user: User { key: name.as_str().into(), name: name.as_str().into() },
            sid: name.as_str().into(),
        }
    };
    let to = "bob".into();
    let held = (0..100).filter(|&number| early.hold(START, &party(number), &to, candidate()).is_ok()).count();
    assert_eq!(held, MAX_HELD_BYTES / MAX_EARLY_BYTES - 1);
    assert!(early.bytes() <= MAX_HELD_BYTES);
    assert_eq!(early.take(START, &party(0), "bob", None).len(), 1);
    early.left(&party(1));
    early.ended(START, &"user2".into(), &to);
    early.tick(START + HOLD);
    assert_eq!((early.bytes(), early.next_deadline()), (0, None));
}
