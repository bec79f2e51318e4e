//! Signalling: what users tell each other about calls.

use serde_json::{Value, json};

use crate::support::room::{Person, Room};

#[test]
fn a_call_goes_through_every_step() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let sdp = json!({ "type": "offer", "sdp": "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n" });
    alice.emits("call_user", &json!({ "to": "Bob", "offer": sdp }));
    bob.expects("incoming_call", &json!({ "from": "Alice", "offer": sdp }));
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": "yes" }));
    alice.expects("call_answered", &json!({ "from": "Bob", "answer": "yes" }));
    alice.emits("ice_candidate", &json!({ "to": "Bob", "candidate": { "sdpMid": "0" } }));
    bob.expects("ice_candidate", &json!({ "from": "Alice", "candidate": { "sdpMid": "0" } }));
    bob.emits("end_call", &json!({ "to": "Alice" }));
    alice.expects("call_ended", &json!({ "from": "Bob", "reason": "hangup" }));
    alice.expects_nothing();
    bob.expects_nothing();
}

#[test]
fn content_is_relayed_byte_by_byte() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    for content in [
        r#"{ "b" : 1.0, "a":[ 1e3 ,"\u00e9\/"],"a":2 }"#,
        r#""text""#,
        "123456789012345678901234567890.10",
        "false",
        "null",
        "[]",
    ] {
        alice.socket.sends(&format!(r#"42["call_user",{{"offer":{content},"to":"Bob"}}]"#));
        let relayed = bob.socket.takes_text();
        let expected = format!(r#"42["incoming_call",{{"from":"Alice","offer":{content}}},""#);
        assert!(relayed.starts_with(&expected), "{relayed}");
    }
    bob.emits("call_answer", &json!({ "to": "Alice", "answer": 1 }));
    alice.takes("call_answered");
    // An empty candidate is how the end of candidates is told.
    bob.emits("ice_candidate", &json!({ "to": "Alice", "candidate": null }));
    alice.expects("ice_candidate", &json!({ "from": "Bob", "candidate": null }));
}

#[test]
fn bytes_are_relayed_as_bytes() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.socket.sends(r#"451-["call_user",{"to":"Bob","offer":{"_placeholder":true,"num":0}}]"#);
    alice.socket.sends_bytes(&[1, 2, 3]);
    let relayed = bob.socket.takes_text();
    let expected = r#"451-["incoming_call",{"from":"Alice","offer":{"_placeholder":true,"num":0}},""#;
    assert!(relayed.starts_with(expected), "{relayed}");
    bob.socket.expects_bytes(&[1, 2, 3]);
}

#[test]
fn the_sender_is_who_signed_in_whatever_the_payload_claims() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.emits("call_user", &json!({ "to": "Bob", "from": "Carol", "offer": 1 }));
    bob.expects("incoming_call", &json!({ "from": "Alice", "offer": 1 }));
}

#[test]
fn every_connection_of_the_callee_rings_and_nobody_else_s() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let (tab, carol) = (room.enters("bob"), room.enters("Carol"));
    carol.socket.takes_all();
    assert_eq!(alice.asks("call_user", &json!({ "to": "BOB", "offer": 1 })), json!({ "ok": true }));
    for callee in [&bob, &tab] {
        callee.expects("incoming_call", &json!({ "from": "Alice", "offer": 1 })).expects_nothing();
    }
    alice.expects_nothing();
    carol.expects_nothing();
}

#[track_caller]
fn refused(person: &Person, event: &str, argument: &Value, code: &str) {
    let answer = person.asks(event, argument);
    assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!(code)), "{event} {argument}");
}

#[test]
fn a_call_to_somebody_who_is_not_there_ends_at_once() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    bob.leaves();
    for to in ["Bob", "nobody", "", "not a name!"] {
        alice.emits("call_user", &json!({ "to": to, "offer": 1 }));
        alice.expects("call_ended", &json!({ "from": to, "reason": "offline" }));
        let exception = alice.takes("exception");
        assert_eq!((&exception["event"], &exception["code"]), (&json!("call_user"), &json!("user_offline")));
    }
    for (event, argument) in [
        ("call_answer", json!({ "to": "Bob", "answer": 1 })),
        ("ice_candidate", json!({ "to": "Bob", "candidate": 1 })),
        ("end_call", json!({ "to": "Bob" })),
    ] {
        refused(&alice, event, &argument, "user_offline");
    }
}

#[test]
fn nobody_can_call_themselves() {
    let room = Room::new();
    let (alice, tab) = (room.enters("Alice"), room.enters("Alice"));
    tab.socket.takes_all();
    alice.emits("call_user", &json!({ "to": "alice", "offer": 1 }));
    alice.expects("call_ended", &json!({ "from": "alice", "reason": "refused" }));
    assert_eq!(alice.takes("exception")["code"], "cannot_call_yourself");
    refused(&alice, "ice_candidate", &json!({ "to": "ALICE", "candidate": 1 }), "cannot_call_yourself");
    tab.expects_nothing();
}

#[test]
fn signalling_with_something_else_in_it_is_refused() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    for (event, argument, code) in [
        ("call_answer", json!({ "to": "Bob", "offer": 1 }), "invalid_answer"),
        ("call_answer", json!({ "to": {}, "answer": 1 }), "invalid_to"),
        ("ice_candidate", json!({ "to": "Bob" }), "invalid_candidate"),
        ("ice_candidate", json!({ "to": 7 }), "invalid_to"),
        ("end_call", json!({}), "invalid_to"),
        ("end_call", json!({ "to": null }), "invalid_to"),
        ("end_call", json!(null), "invalid_payload"),
        ("end_call", json!(["Bob"]), "invalid_payload"),
    ] {
        refused(&alice, event, &argument, code);
    }
    for (argument, code, from) in [
        (json!({ "to": "Bob" }), "invalid_offer", "Bob"),
        (json!({ "offer": 1 }), "invalid_to", ""),
        (json!({ "to": 7, "offer": 1 }), "invalid_to", ""),
        (json!("Bob"), "invalid_payload", ""),
    ] {
        alice.emits("call_user", &argument);
        alice.expects("call_ended", &json!({ "from": from, "reason": "refused" }));
        assert_eq!(alice.takes("exception")["code"], code, "{argument}");
    }
    bob.expects_nothing();
}
