//! Deleting messages, the first kind of change in the log.

use std::num::NonZeroU32;
use std::time::Duration;

use natter::chat::Settings;
use natter::chat::limits::Rates;
use natter::chat::recovery::BUDGET;
use natter::chat::retention::{KEPT_AT_LEAST, Limits, ROUND};
use serde_json::{Value, json};

use super::recovery::{Client, Welcome, messages, says};
use crate::support::room::{Person, Room, SETTINGS};
use crate::support::sqlite::Sqlite;

const UNKNOWN: &str = "01a0b1c2-d3e4-7f56-8a9b-0c1d2e3f4a5b";
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Deletes a message of the person's own, and takes the event.
#[track_caller]
fn deletes(person: &Person, message: &Value) {
    let id = &message["id"];
    assert_eq!(person.asks("delete_message", &json!({ "id": id })), json!({ "ok": true }));
    person.expects("message_deleted", &json!({ "id": id }));
}

#[track_caller]
fn code(person: &Person, argument: &Value) -> Value {
    let answer = person.asks("delete_message", argument);
    assert_eq!(answer["ok"], false);
    answer["code"].clone()
}

/// The names of the recoverable events, and the ids of their messages.
fn ids(events: &[(String, Value)]) -> Vec<(&str, &Value)> {
    let recoverable = ["new_message", "message_deleted"];
    let events = events.iter().filter(|(name, _)| recoverable.contains(&name.as_str()));
    events.map(|(name, argument)| (name.as_str(), &argument["id"])).collect()
}

#[test]
fn everyone_hears_of_a_deletion_and_the_text_is_erased() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let message = says(&alice, "a secret");
    bob.takes("new_message");
    deletes(&alice, &message);
    bob.expects("message_deleted", &json!({ "id": message["id"] })).expects_nothing();
    alice.expects_nothing();
    assert_eq!(room.storage.integer("SELECT count(*) FROM messages WHERE text LIKE '%secret%'"), 0);
    assert_eq!(room.storage.integer("SELECT count(*) FROM changes WHERE body LIKE '%secret%'"), 0);
}

#[test]
fn a_deletion_is_written_before_anyone_hears_of_it() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let message = says(&alice, "stays");
    bob.takes("new_message");
    room.storage.fail_on("INSERT INTO changes");
    assert_eq!(code(&alice, &json!({ "id": message["id"] })), "internal_error");
    assert_eq!(room.world.take_log().len(), 1);
    room.storage.work_again();
    bob.expects_nothing();
    assert_eq!(bob.asks("load_history", &json!({}))["messages"], json!([message]));
}

#[test]
fn only_the_author_deletes_a_message() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let message = says(&alice, "mine");
    bob.takes("new_message");
    assert_eq!(code(&bob, &json!({ "id": message["id"] })), "not_your_message");
    assert_eq!(code(&bob, &json!({ "id": UNKNOWN })), "unknown_message");
    alice.expects_nothing();
    deletes(&alice, &message);
    bob.takes("message_deleted");
    assert_eq!(code(&bob, &json!({ "id": message["id"] })), "not_your_message");
    assert_eq!(room.enters("Carol").history, json!([]));
}

#[test]
fn a_deletion_names_a_message() {
    let room = Room::new();
    let alice = room.enters("Alice");
    for argument in [json!(null), json!(UNKNOWN), json!([{ "id": UNKNOWN }])] {
        assert_eq!(code(&alice, &argument), "invalid_payload", "{argument}");
    }
    for id in [json!(null), json!(7), json!(""), json!("yesterday"), json!([UNKNOWN])] {
        assert_eq!(code(&alice, &json!({ "id": id })), "invalid_id", "{id}");
    }
    assert_eq!(code(&alice, &json!({})), "invalid_id");
}

#[test]
fn a_repeated_deletion_succeeds_and_tells_no_one() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let message = says(&alice, "gone");
    deletes(&alice, &message);
    bob.socket.takes_all();
    assert_eq!(alice.asks("delete_message", &json!({ "id": message["id"] })), json!({ "ok": true }));
    alice.expects_nothing();
    bob.expects_nothing();
    assert_eq!(room.storage.integer("SELECT count(*) FROM changes"), 1);
}

#[test]
fn a_late_retry_of_a_deleted_message_is_acknowledged_without_its_text() {
    let room = Room::new();
    let (alice, bob) = room.enter("Alice", "Bob");
    let argument = json!({ "text": "gone", "clientId": "c1" });
    let sent = alice.asks("send_message", &argument)["message"].take();
    alice.takes("new_message");
    deletes(&alice, &sent);
    bob.socket.takes_all();
    let mut tombstone = sent.clone();
    tombstone["text"] = json!("");
    assert_eq!(alice.asks("send_message", &argument), json!({ "ok": true, "message": tombstone }));
    alice.expects_nothing();
    bob.expects_nothing();
    assert_eq!(room.enters("Carol").history, json!([]));
}

#[test]
fn the_history_leaves_deleted_messages_out() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let said: Vec<_> = (0..6).map(|number| says(&alice, &number.to_string())).collect();
    deletes(&alice, &said[1]);
    deletes(&alice, &said[4]);
    assert_eq!(room.enters("Carol").history, json!([said[0], said[2], said[3], said[5]]));
    let page = alice.asks_after_all("load_history", &json!({ "limit": 2 }));
    assert_eq!((&page["messages"], &page["hasMore"]), (&json!([said[3], said[5]]), &json!(true)));
    let page = alice.asks("load_history", &json!({ "limit": 2, "before": said[4]["id"] }));
    assert_eq!((&page["messages"], &page["hasMore"]), (&json!([said[2], said[3]]), &json!(true)));
    let page = alice.asks("load_history", &json!({ "limit": 2, "before": said[2]["id"] }));
    assert_eq!((&page["messages"], &page["hasMore"]), (&json!([said[0]]), &json!(false)));
}

#[test]
fn the_history_reads_no_deleted_messages() {
    let room = Room::new();
    let alice = room.enters("Alice");
    for _ in 0..3 {
        let message = says(&alice, "deleted");
        deletes(&alice, &message);
    }
    says(&alice, "kept");
    assert_eq!(room.storage.integer("SELECT count(*) FROM messages"), 1);
    assert_eq!(room.storage.integer("SELECT count(*) FROM deleted_messages"), 3);
}

#[test]
fn a_client_recovers_messages_and_deletions_in_their_order() {
    for restarts in [false, true] {
        let before = Room::new();
        let alice = before.enters("Alice");
        let mut bob = Client::connects(&before, "Bob");
        let received = says(&alice, "received");
        bob.listens();
        bob.socket.goes_away();
        let both = says(&alice, "missed and deleted");
        let first = says(&alice, "first");
        deletes(&alice, &received);
        deletes(&alice, &both);
        let last = says(&alice, "last");
        let room = if restarts {
            Room::on(before.storage.clone())
        } else {
            Room { world: before.world.clone(), storage: before.storage.clone() }
        };
        room.world.set_clock(before.world.now());
        let Welcome { client: mut bob, recovered, events } = bob.knocks_again(&room);
        assert!(recovered, "restarts: {restarts}");
        let order = [
            ("new_message", &first["id"]),
            ("message_deleted", &received["id"]),
            ("message_deleted", &both["id"]),
            ("new_message", &last["id"]),
        ];
        assert_eq!(ids(&events), order, "restarts: {restarts}");
        bob.listens();
        bob.socket.goes_away();
        let Welcome { recovered, events, .. } = bob.knocks_again(&room);
        assert!(recovered);
        assert_eq!(ids(&events), []);
    }
}

#[test]
fn a_deletion_is_a_position_to_recover_from() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let mut bob = Client::connects(&room, "Bob");
    let gone = says(&alice, "gone");
    deletes(&alice, &gone);
    bob.listens();
    // A stream that begins at a deletion misses nothing before it.
    let carol = Client::connects(&room, "Carol");
    bob.socket.goes_away();
    carol.socket.goes_away();
    let missed = says(&alice, "missed");
    for client in [bob, carol] {
        let Welcome { recovered, events, .. } = client.knocks_again(&room);
        assert!(recovered);
        assert_eq!(ids(&events), [("new_message", &missed["id"])]);
    }
}

#[test]
fn signalling_is_recovered_between_the_deletions_where_it_was() {
    let room = Room::new();
    let alice = room.enters("Alice");
    let bob = Client::connects(&room, "Bob");
    let message = says(&alice, "one");
    alice.asks("call_user", &json!({ "to": "Bob", "offer": 1 }));
    deletes(&alice, &message);
    alice.asks("end_call", &json!({ "to": "Bob" }));
    bob.socket.goes_away();
    let Welcome { recovered, events, .. } = bob.knocks_again(&room);
    assert!(recovered);
    let names: Vec<_> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["incoming_call", "message_deleted", "call_ended", "online_users"]);
}

#[test]
fn a_client_that_missed_more_than_its_transport_takes_begins_afresh() {
    for (recovery_bytes, recovered) in [(10_000, true), (1_000, false)] {
        let room = Room::with(Sqlite::in_memory(), Settings { recovery_bytes, ..SETTINGS });
        let alice = room.enters("Alice");
        let bob = Client::connects(&room, "Bob");
        bob.socket.goes_away();
        (0..10).for_each(|_| _ = says(&alice, "a message of some length"));
        assert_eq!(bob.knocks_again(&room).recovered, recovered);
    }
}

#[test]
fn a_client_that_missed_more_than_the_budget_begins_afresh() {
    let bytes_of = |text: &str| BUDGET.bytes / (text.len() + 200);
    let long = "x".repeat(4_000);
    for (count, text, recovered) in [
        (BUDGET.entries, "short", true),
        (BUDGET.entries + 1, "short", false),
        (bytes_of(&long), &long, true),
        (bytes_of(&long) + 50, &long, false),
    ] {
        let room = Room::new();
        let alice = room.enters("Alice");
        let bob = Client::connects(&room, "Bob");
        bob.socket.goes_away();
        (0..count).for_each(|_| _ = says(&alice, text));
        let welcome = bob.knocks_again(&room);
        assert_eq!(welcome.recovered, recovered, "{count} messages of {} bytes", text.len());
        if recovered {
            assert_eq!(messages(&welcome.events).len(), count);
        }
    }
}

#[test]
fn deletions_count_as_messages_do() {
    let rates = Rates { messages: 16, ..SETTINGS.rates };
    let room = Room::with(Sqlite::in_memory(), Settings { rates, ..SETTINGS });
    let alice = room.enters("Alice");
    let said: Vec<_> = (0..2).map(|number| says(&alice, &number.to_string())).collect();
    deletes(&alice, &said[0]);
    deletes(&alice, &said[1]);
    let answer = alice.asks("delete_message", &json!({ "id": said[1]["id"] }));
    assert_eq!((&answer["code"], answer["retryAfterMs"].is_u64()), (&json!("rate_limited"), true));
}

#[test]
fn a_deletion_is_pruned_once_it_is_as_old_as_the_messages_that_are() {
    let retention = Limits { messages: None, age: Some(10 * DAY) };
    let room = Room::with(Sqlite::in_memory(), Settings { retention, ..SETTINGS });
    let alice = room.enters("Alice");
    let message = says(&alice, "gone");
    room.world.pass(5 * DAY);
    alice.socket.takes_all();
    deletes(&alice, &message);
    alice.leaves();
    let count = || {
        let count = |table| room.storage.integer(&format!("SELECT count(*) FROM {table}"));
        (count("messages"), count("changes"))
    };
    room.world.pass(5 * DAY + ROUND);
    assert_eq!(count(), (0, 1));
    room.world.pass(5 * DAY + ROUND);
    assert_eq!(count(), (0, 0));
    assert_eq!(room.world.next_deadline(), None);
}

#[test]
fn a_client_whose_position_was_pruned_begins_afresh() {
    let retention = Limits { messages: NonZeroU32::new(1), age: Some(DAY) };
    let room = Room::with(Sqlite::in_memory(), Settings { retention, ..SETTINGS });
    let alice = room.enters("Alice");
    let behind = Client::connects(&room, "Bob");
    let mut ahead = Client::connects(&room, "Carol");
    let message = says(&alice, "gone");
    deletes(&alice, &message);
    ahead.listens();
    room.world.pass(DAY + ROUND + KEPT_AT_LEAST);
    alice.socket.takes_all();
    assert_eq!(room.storage.integer("SELECT count(*) FROM changes"), 0);
    assert!(!behind.knocks_again(&room).recovered);
    assert!(ahead.knocks_again(&room).recovered);
}

#[test]
fn ids_go_on_after_a_deletion_even_if_the_clock_went_back_meanwhile() {
    let before = Room::new();
    let alice = before.enters("Alice");
    let mut bob = Client::connects(&before, "Bob");
    before.world.pass(Duration::from_secs(60));
    alice.socket.takes_all();
    let message = says(&alice, "gone");
    deletes(&alice, &message);
    bob.listens();
    let after = Room::on(before.storage.clone());
    let next = says(&after.enters("Alice"), "next");
    assert!(next["id"].as_str() > bob.offset.as_deref(), "{next} {:?}", bob.offset);
}
