//! Saying something.

use std::time::Duration;

use engineio::Time;
use serde_json::{Value, json};

use crate::support::START;
use crate::support::room::{Person, Room};

/// The code with which an event is refused: in the acknowledgement, and in the exception without one.
#[track_caller]
fn refused(person: &Person, event: &str, argument: &Value) -> String {
    let answer = person.asks(event, argument);
    assert_eq!(answer["ok"], false);
    assert_eq!(answer.as_object().unwrap().len(), 3);
    let exception = person.emits(event, argument).takes("exception");
    assert_eq!(exception, json!({ "event": event, "error": answer["error"], "code": answer["code"] }));
    assert!(answer["error"].as_str().unwrap().ends_with('.'), "a sentence: {answer}");
    answer["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_message_reaches_everyone_the_sender_included() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    alice.emits("send_message", &json!({ "text": "hello" }));
    let message = alice.takes("new_message");
    bob.expects("new_message", &message).expects_nothing();
    alice.expects_nothing();
    let mut fields: Vec<_> = message.as_object().unwrap().keys().collect();
    fields.sort();
    assert_eq!(fields, ["id", "text", "timestamp", "username"]);
    assert_eq!((&message["username"], &message["text"]), (&json!("Alice"), &json!("hello")));
    assert_eq!(message["timestamp"], "2027-01-15T08:00:01.000Z");
    assert_eq!(message["timestamp"], room.world.now().to_string());
}

#[test]
fn the_acknowledgement_carries_the_message_and_comes_before_it() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let answer = alice.asks("send_message", &json!({ "text": "hello" }));
    let message = alice.takes("new_message");
    assert_eq!(answer, json!({ "ok": true, "message": message }));
}

#[test]
fn text_is_delivered_and_kept_as_it_was_written() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let texts = [
        "  <b>&amp;\"quoted\"</b>\n\tline two ",
        "🎉",
        "e\u{301}",
        "\u{202e}right to left",
        "null",
        "of Windows\r\nand\r\n",
        "👩\u{200d}👩\u{200d}👧",
        "\u{2800}\u{28ff}",
        "\u{301}",
    ];
    for text in texts {
        alice.asks("send_message", &json!({ "text": text }));
        assert_eq!(alice.takes("new_message")["text"], text);
    }
    let history = alice.asks("load_history", &json!({}));
    let kept =
        history["messages"].as_array().unwrap().iter().map(|message| message["text"].as_str().unwrap());
    assert_eq!(kept.collect::<Vec<_>>(), texts);
}

#[test]
fn the_length_of_a_text_is_counted_in_characters_without_the_space_around_it() {
    let room = Room::new();
    let alice = room.enters("Alice");
    for text in ["x".repeat(4_000), "é".repeat(4_000), format!("  {}\n", "x".repeat(4_000))] {
        assert_eq!(alice.asks("send_message", &json!({ "text": text }))["ok"], true);
        alice.takes("new_message");
    }
    for (text, code) in [
        ("x".repeat(4_001), "message_too_long"),
        (format!("x{}", " ".repeat(8_000)), "message_too_long"),
        (String::new(), "empty_message"),
        (" \n\t\u{a0}".to_owned(), "empty_message"),
        ("\r\n\r\n".to_owned(), "empty_message"),
        ("\u{200b}".to_owned(), "empty_message"),
        ("\u{fe0f}\u{fe0f}".to_owned(), "empty_message"),
        ("\u{115f}\u{1160}\u{3164}\u{ffa0}".to_owned(), "empty_message"),
        ("\u{2800} \u{2800}".to_owned(), "empty_message"),
        ("\u{e0067}\u{e007f}".to_owned(), "empty_message"),
        ("\u{202e}\u{2066}\u{ad}\u{feff}".to_owned(), "empty_message"),
        ("a\0b".to_owned(), "control_characters"),
        ("a\rb".to_owned(), "control_characters"),
        ("a\r\r\nb".to_owned(), "control_characters"),
        ("a\r".to_owned(), "control_characters"),
        ("a\u{1b}[31mb".to_owned(), "control_characters"),
        ("a\u{85}b".to_owned(), "control_characters"),
    ] {
        assert_eq!(refused(&alice, "send_message", &json!({ "text": text })), code);
    }
}

#[test]
fn an_event_with_something_else_in_it_is_refused_and_reaches_nobody() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    for argument in [json!(null), json!("hello"), json!(7), json!([{ "text": "hello" }])] {
        assert_eq!(refused(&alice, "send_message", &argument), "invalid_payload");
    }
    for argument in [json!({}), json!({ "text": 1 }), json!({ "text": null }), json!({ "text": ["hello"] })] {
        assert_eq!(refused(&alice, "send_message", &argument), "invalid_text");
    }
    assert_eq!(refused(&alice, "drop_table", &json!({})), "unknown_event");
    assert_eq!(refused(&alice, "new_message", &json!({})), "unknown_event");
    alice.socket.sends(r#"42["send_message"]"#);
    assert_eq!(alice.takes("exception")["code"], "invalid_payload");
    alice.socket.sends("42[7]");
    assert_eq!(alice.takes("exception")["event"], "7");
    bob.expects_nothing();
    assert_eq!(room.storage.integer("SELECT count(*) FROM messages"), 0);
}

#[test]
fn whatever_else_a_message_claims_is_ignored() {
    let room = Room::new();
    let alice = room.enters("Alice");
    alice
        .emits("send_message", &json!({ "text": "hello", "username": "Bob", "id": 1, "timestamp": "never" }));
    assert_eq!(alice.takes("new_message")["username"], "Alice");
    // As a handler in JavaScript would, also further arguments, and fields that cannot be text.
    alice.socket.sends(r#"42["send_message",{"text":"hello","draft":"cut \ud83d"},{"text":"more"},7]"#);
    assert_eq!(alice.takes("new_message")["text"], "hello");
}

#[test]
fn a_message_that_is_sent_again_under_its_id_is_the_same_message() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let first = alice.asks("send_message", &json!({ "text": "hello", "clientId": "c1" }));
    alice.takes("new_message");
    bob.takes("new_message");
    room.world.pass(Duration::from_secs(1));
    let second = alice.asks("send_message", &json!({ "text": "hello?", "clientId": "c1" }));
    assert_eq!(first, second);
    // From another connection of the same user, too, and without wanting to know.
    let again = room.enters("Alice");
    assert_eq!(again.asks("send_message", &json!({ "text": "hello", "clientId": "c1" })), first);
    again.emits("send_message", &json!({ "text": "hello", "clientId": "c1" })).expects_nothing();
    alice.expects_nothing();
    bob.expects_nothing();
    // Another user's message is another message.
    let other = bob.asks("send_message", &json!({ "text": "hello", "clientId": "c1" }));
    assert_ne!(other["message"]["id"], first["message"]["id"]);
    assert_eq!(room.storage.integer("SELECT count(*) FROM messages"), 2);
}

#[test]
fn an_id_of_the_client_is_a_string_of_up_to_64_characters() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let longest = "é".repeat(64);
    assert_eq!(alice.asks("send_message", &json!({ "text": "a", "clientId": longest }))["ok"], true);
    alice.takes("new_message");
    assert_eq!(alice.asks("send_message", &json!({ "text": "a", "clientId": null }))["ok"], true);
    alice.takes("new_message");
    for (id, code) in [
        (json!(""), "invalid_client_id"),
        (json!("x".repeat(65)), "invalid_client_id"),
        (json!(7), "invalid_client_id"),
        (json!({}), "invalid_client_id"),
    ] {
        let message = json!({ "text": "a", "clientId": id });
        assert_eq!(refused(&alice, "send_message", &message), code);
        let sentence = alice.asks("send_message", &message)["error"].take();
        assert!(sentence.as_str().unwrap().contains("clientId"), "{sentence}");
    }
}

#[test]
fn ids_sort_in_the_order_of_the_messages_even_when_the_clock_goes_back() {
    let room = Room::new();
    let (alice, _bob) = room.enter("Alice", "Bob");
    let mut messages = Vec::new();
    for back in [0, 0, 5_000, 1, 0, 3_600_000] {
        room.world.set_clock(Time::from_millis(START.as_millis() + 10_000_000 - back));
        messages.push(alice.asks("send_message", &json!({ "text": "tick" }))["message"].take());
        alice.takes("new_message");
    }
    let ids: Vec<_> = messages.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    assert!(ids.iter().all(|id| id.as_bytes()[14] == b'7'), "UUIDs of version 7: {ids:?}");
    let times: Vec<_> = messages.iter().map(|it| it["timestamp"].as_str().unwrap().to_owned()).collect();
    assert!(times.is_sorted(), "{times:?}");
    let history = room.enters("Carol").history;
    assert_eq!(history.as_array().unwrap()[..], messages[1..]);
}

#[test]
fn what_cannot_be_kept_is_not_said() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    room.storage.fail_on("INSERT INTO messages");
    let message = json!({ "text": "hello", "clientId": "c1" });
    let answer = alice.asks("send_message", &message);
    assert_eq!((&answer["ok"], &answer["code"]), (&json!(false), &json!("internal_error")));
    assert!(!answer.to_string().contains("fire"), "the cause is not the client's business: {answer}");
    alice.emits("send_message", &message);
    assert_eq!(alice.takes("exception")["code"], "internal_error");
    assert_eq!(room.world.take_log(), ["storage: the disk is on fire"; 2]);
    alice.expects_nothing();
    bob.expects_nothing();
    room.storage.work_again();
    assert_eq!(alice.asks("send_message", &message)["ok"], true);
    bob.takes("new_message");
}

#[test]
fn whoever_has_left_says_nothing_and_hears_nothing() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    bob.socket.sends("41");
    alice.emits("send_message", &json!({ "text": "hello" })).takes("new_message");
    bob.expects_nothing();
    bob.emits("send_message", &json!({ "text": "hello" }));
    bob.socket.expects_close(1000);
}
