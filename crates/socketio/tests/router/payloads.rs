//! Payloads both ways: arguments, answers, bytes, and what does not fit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use socketio::router::{Bytes, EventError, Io, Reply};

use crate::world::World;

#[derive(Serialize, Deserialize)]
struct Stroke {
    color: String,
    points: Bytes,
}

fn io() -> Io<(), ()> {
    let mut io = Io::new(());
    io.of("/")
        .on("nothing", |_, ()| {})
        .on("one", |_, text: String| Reply(text))
        .on("pair", |_, (a, b): (i32, i32)| Reply((b, a)))
        .on("optional", |_, (a, b): (i32, Option<i32>)| Reply(a + b.unwrap_or(10)))
        .on("list", |_, numbers: Vec<i32>| Reply(numbers.len()))
        .on("maybe", |_, text: Option<String>| Reply(text.is_none()))
        .on("checked", |_, number: i32| -> Result<i32, EventError> {
            if number < 0 { Err(EventError::new("negative").with_data(&number)) } else { Ok(number) }
        })
        .on("failing", |_, ()| Err::<(), _>(EventError::internal("the disk is full")))
        .on("stroke", |socket, stroke: Stroke| socket.emit("stroke", &stroke))
        .on("reverse", |_, bytes: Bytes| Reply(Bytes::from(bytes.iter().rev().copied().collect::<Vec<_>>())))
        .on("relay", |socket, (note, bytes): (serde_json::Value, Bytes)| {
            socket.emit("relayed", &(note, bytes))
        })
        .on("unsendable", |socket, ()| {
            socket.emit("map", &BTreeMap::from([((1, 2), 3)]));
            socket.emit("bytes", &vec![Bytes::default(); 11]);
            Reply(BTreeMap::from([((1, 2), 3)]))
        })
        .on("shapes", |socket, ()| {
            socket.emit("none", &());
            socket.emit("text", "x");
            socket.emit("tuple", &(1, "x", [true]));
            socket.emit("struct", &Stroke { color: "red".to_owned(), points: vec![1].into() });
        });
    io
}

/// Sends one packet and returns everything that comes back.
fn answer_to(packet: &str) -> Vec<String> {
    let mut world = World::new(io());
    let (client, _) = world.is_welcomed("");
    world.sends(client, packet);
    assert!(!world.is_closed(client), "no payload closes the connection");
    world.takes(client)
}

#[test]
fn a_tuple_reads_all_arguments_and_anything_else_the_first() {
    assert_eq!(answer_to(r#"21["nothing",1,2]"#), ["31[]"]);
    assert_eq!(answer_to(r#"21["one","x","y"]"#), [r#"31["x"]"#]);
    assert_eq!(answer_to(r#"21["pair",1,2]"#), ["31[2,1]"]);
    assert_eq!(answer_to(r#"21["list",[1,2,3]]"#), ["31[3]"]);
}

#[test]
fn a_missing_argument_reads_as_null() {
    assert_eq!(answer_to(r#"21["optional",1]"#), ["31[11]"]);
    assert_eq!(answer_to(r#"21["maybe"]"#), ["31[true]"]);
    assert_eq!(answer_to(r#"21["one"]"#), [r#"31[{"error":"invalid payload"}]"#]);
}

#[test]
fn an_event_that_nobody_asks_about_is_not_answered() {
    for packet in [r#"2["one","x"]"#, r#"2["one",1]"#, r#"2["nonsense"]"#, r#"2["failing"]"#] {
        assert!(answer_to(packet).is_empty(), "{packet}");
    }
}

#[test]
fn an_event_that_does_not_fit_is_answered_with_an_error() {
    let deep = "[".repeat(100) + &"]".repeat(100);
    for arguments in [
        "1".to_owned(),
        "{}".to_owned(),
        r#""\ud800""#.to_owned(),
        "1e999".to_owned(),
        r#"{"_placeholder":true,"num":0}"#.to_owned(),
        deep,
    ] {
        assert_eq!(
            answer_to(&format!(r#"21["one",{arguments}]"#)),
            [r#"31[{"error":"invalid payload"}]"#],
            "{arguments}"
        );
    }
    assert_eq!(answer_to(r#"21["nonsense",1]"#), [r#"31[{"error":"unknown event"}]"#]);
}

#[test]
fn an_error_is_the_answer_and_its_cause_is_only_logged() {
    assert_eq!(answer_to(r#"21["checked",5]"#), ["31[5]"]);
    assert_eq!(answer_to(r#"21["checked",-5]"#), [r#"31[{"error":"negative","data":-5}]"#]);

    let mut world = World::new(io());
    let (client, _) = world.is_welcomed("");
    world.sends(client, r#"21["failing"]"#);
    world.sends(client, r#"2["failing"]"#);
    assert_eq!(world.takes(client), [r#"31[{"error":"internal error"}]"#]);
    assert_eq!(world.log, ["the disk is full", "the disk is full"]);
}

#[test]
fn bytes_travel_as_attachments_both_ways() {
    let mut world = World::new(io());
    let (client, _) = world.is_welcomed("");
    world.sends(client, r#"51-["stroke",{"color":"red","points":{"_placeholder":true,"num":0}}]"#);
    world.sends_bytes(client, &[1, 2, 3]);
    assert_eq!(
        world.takes(client),
        [r#"51-["stroke",{"color":"red","points":{"_placeholder":true,"num":0}}]"#, "[1, 2, 3]"]
    );
    world.sends(client, r#"51-7["reverse",{"_placeholder":true,"num":0}]"#);
    world.sends_bytes(client, &[1, 2, 3]);
    assert_eq!(world.takes(client), [r#"61-7[{"_placeholder":true,"num":0}]"#, "[3, 2, 1]"]);
}

#[test]
fn a_placeholder_without_attachment_is_refused() {
    for place in [r#"{"_placeholder":true,"num":0}"#, r#"{"_placeholder":false,"num":0}"#, "{}", "\"x\""] {
        assert_eq!(
            answer_to(&format!(r#"21["reverse",{place}]"#)),
            [r#"31[{"error":"invalid payload"}]"#],
            "{place}"
        );
    }
}

#[test]
fn a_payload_that_looks_like_a_placeholder_is_not_passed_on() {
    let mut world = World::new(io());
    let (client, _) = world.is_welcomed("");
    world.sends(client, r#"52-["relay",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#);
    world.sends_bytes(client, &[1]);
    world.sends_bytes(client, &[2]);
    assert!(world.takes(client).is_empty());
    assert_eq!(world.log.len(), 1, "{:?}", world.log);
    assert!(world.log[0].contains("placeholder"), "{:?}", world.log);
}

#[test]
fn stored_bytes_read_as_they_were_written() {
    let bytes = Bytes::from(vec![0, 127, 255]);
    let stored = serde_json::to_string(&bytes).expect("bytes serialise");
    assert_eq!(stored, "[0,127,255]");
    assert_eq!(serde_json::from_str::<Bytes>(&stored).expect("bytes"), bytes);
}

#[test]
fn the_shape_of_a_payload_decides_on_the_arguments() {
    assert_eq!(
        answer_to(r#"2["shapes"]"#),
        [
            r#"2["none"]"#,
            r#"2["text","x"]"#,
            r#"2["tuple",1,"x",[true]]"#,
            r#"51-["struct",{"color":"red","points":{"_placeholder":true,"num":0}}]"#,
            "[1]",
        ]
    );
}

#[test]
fn what_cannot_be_sent_is_logged() {
    let mut world = World::new(io());
    let (client, _) = world.is_welcomed("");
    world.sends(client, r#"21["unsendable"]"#);
    assert_eq!(world.takes(client), [r#"31[{"error":"internal error"}]"#]);
    assert_eq!(world.log.len(), 3, "{:?}", world.log);
    assert!(world.log[1].contains("at most 10 attachments"), "{:?}", world.log);
}
