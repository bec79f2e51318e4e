//! Reading further back.

use serde_json::{Value, json};

use crate::support::room::{Person, Room};

/// A room in which 0 to `count` - 1 have been said.
fn room_with_messages(count: usize) -> (Room, Person) {
    let room = Room::new();
    let alice = room.enters("Alice");
    for number in 0..count {
        alice.emits("send_message", &json!({ "text": number.to_string() }));
        alice.takes("new_message");
    }
    (room, alice)
}

fn texts(page: &Value) -> Vec<&str> {
    page["messages"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap()).collect()
}

#[test]
fn pages_follow_each_other_back_to_the_beginning() {
    let (_room, alice) = room_with_messages(7);
    let last = alice.asks("load_history", &json!({ "limit": 3 }));
    assert_eq!(
        (texts(&last), &last["ok"], &last["hasMore"]),
        (vec!["4", "5", "6"], &json!(true), &json!(true))
    );
    let middle = alice.asks("load_history", &json!({ "before": last["messages"][0]["id"], "limit": 3 }));
    assert_eq!((texts(&middle), &middle["hasMore"]), (vec!["1", "2", "3"], &json!(true)));
    let first = alice.asks("load_history", &json!({ "before": middle["messages"][0]["id"], "limit": 3 }));
    assert_eq!((texts(&first), &first["hasMore"]), (vec!["0"], &json!(false)));
    let none = alice.asks("load_history", &json!({ "before": first["messages"][0]["id"] }));
    assert_eq!(none, json!({ "ok": true, "messages": [], "hasMore": false }));
}

#[test]
fn a_page_that_is_just_full_knows_that_there_is_no_more() {
    let (_room, alice) = room_with_messages(3);
    let page = alice.asks("load_history", &json!({ "limit": 3 }));
    assert_eq!((texts(&page), &page["hasMore"]), (vec!["0", "1", "2"], &json!(false)));
}

#[test]
fn a_page_holds_the_very_messages() {
    let (room, alice) = room_with_messages(2);
    let page = alice.asks("load_history", &json!({}));
    assert_eq!(page["messages"], room.enters("Bob").history);
}

#[test]
fn a_question_that_makes_no_sense_is_refused() {
    let (_room, alice) = room_with_messages(1);
    for (argument, code) in [
        (json!({ "limit": 0 }), "invalid_limit"),
        (json!({ "limit": 101 }), "invalid_limit"),
        (json!({ "limit": -1 }), "invalid_limit"),
        (json!({ "limit": 1.5 }), "invalid_limit"),
        (json!({ "limit": "50" }), "invalid_limit"),
        (json!({ "before": "yesterday" }), "invalid_before"),
        (json!({ "before": 7 }), "invalid_before"),
        (json!({ "before": {} }), "invalid_before"),
        (json!(7), "invalid_payload"),
    ] {
        let answer = alice.asks("load_history", &argument);
        assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!(code)), "{argument}");
    }
}

#[test]
fn a_question_without_argument_gets_the_latest_page() {
    let (_room, alice) = room_with_messages(3);
    alice.socket.sends(r#"429["load_history"]"#);
    let answer = alice.socket.takes_text();
    let answer: Value =
        serde_json::from_str(answer.strip_prefix("439").expect("an acknowledgement")).unwrap();
    assert_eq!(texts(&answer[0]), ["0", "1", "2"]);
    for argument in [
        json!(null),
        json!({}),
        json!({ "before": "" }),
        json!({ "before": null }),
        json!({ "limit": null }),
        json!({ "before": "", "limit": null, "room": 7 }),
    ] {
        assert_eq!(texts(&alice.asks("load_history", &argument)), ["0", "1", "2"], "{argument}");
    }
}
