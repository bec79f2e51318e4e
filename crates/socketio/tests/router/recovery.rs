//! Connection state recovery: everything that was missed, or a fresh session.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use socketio::router::{Io, Recovery, Reply};

use crate::world::{Client, Welcome, World};

const WINDOW: Duration = Duration::from_secs(60);

#[derive(Default, Serialize, Deserialize)]
struct Count(u32);

fn io_within(bounds: impl Into<Recovery>) -> Io<Vec<String>, Count> {
    let mut io: Io<Vec<String>, Count> = Io::new(Vec::new()).with_recovery(bounds);
    io.of("/")
        .on_connect(|socket| {
            let line = if socket.is_recovered() { "recovered" } else { "fresh" };
            socket.state_mut().push(line.to_owned());
        })
        .on_disconnect(|socket, _| socket.state_mut().push("gone".to_owned()))
        .on("count", |socket, ()| {
            socket.data_mut().0 += 1;
            Reply(socket.data().0)
        })
        .on("join", |socket, room: String| {
            socket.join(room);
        })
        .on("leave", |socket, room: String| socket.leave(room))
        .on("say", |socket, text: String| socket.broadcast().emit("said", &text))
        .on("say to", |socket, (room, text): (String, String)| socket.to(room).emit("said", &text))
        .on("say except to", |socket, (room, text): (String, String)| socket.except(room).emit("said", &text))
        .on("say in passing", |socket, text: String| socket.broadcast().volatile().emit("said", &text));
    io
}

fn io() -> Io<Vec<String>, Count> {
    io_within(WINDOW)
}

struct Pair {
    world: World<Vec<String>, Count>,
    speaker: Client,
    listener: Client,
    welcome: Welcome,
}

fn pair_of(io: Io<Vec<String>, Count>) -> Pair {
    let mut world = World::new(io);
    let (speaker, _) = world.is_welcomed("");
    let (listener, welcome) = world.is_welcomed("");
    Pair { world, speaker, listener, welcome }
}

impl Pair {
    fn says(&mut self, text: &str) {
        self.world.sends(self.speaker, &format!(r#"2["say","{text}"]"#));
    }

    /// Returns the texts that the listener got, and the last offset.
    fn hears(&mut self) -> (Vec<String>, Option<String>) {
        let events = self.world.takes(self.listener);
        let mut offset = None;
        let texts = events.iter().map(|event| {
            let (_, text, last): (String, String, String) =
                serde_json::from_str(event.strip_prefix('2').expect("an event"))
                    .expect("a text and an offset");
            offset = Some(last);
            text
        });
        let texts = texts.collect();
        (texts, offset)
    }

    /// Comes back with the private id and an offset. Returns whether that was a recovery.
    fn comes_back(&mut self, offset: Option<&str>) -> bool {
        let pid = self.welcome.pid.clone().expect("a private id");
        let auth = match offset {
            Some(offset) => format!(r#"{{"pid":"{pid}","offset":"{offset}"}}"#),
            None => format!(r#"{{"pid":"{pid}"}}"#),
        };
        let (listener, welcome) = self.world.is_welcomed(&auth);
        self.listener = listener;
        let is_recovered = welcome.pid == self.welcome.pid;
        assert_eq!(is_recovered, welcome.sid == self.welcome.sid, "ids stay or change together");
        is_recovered
    }
}

#[test]
fn a_client_gets_what_it_missed_in_order_and_once() {
    let mut pair = pair_of(io());
    pair.says("one");
    let (texts, offset) = pair.hears();
    assert_eq!(texts, ["one"]);
    pair.world.loses(pair.listener);
    pair.says("two");
    pair.says("three");
    assert!(pair.comes_back(offset.as_deref()));
    let (texts, offset) = pair.hears();
    assert_eq!(texts, ["two", "three"]);
    assert_eq!(pair.world.state()[2..], ["gone", "recovered"]);
    pair.world.loses(pair.listener);
    assert!(pair.comes_back(offset.as_deref()), "also once more");
    assert!(pair.hears().0.is_empty());
}

#[test]
fn a_client_that_never_got_an_event_misses_none() {
    let mut pair = pair_of(io());
    pair.world.loses(pair.listener);
    pair.says("one");
    assert!(pair.comes_back(None));
    assert_eq!(pair.hears().0, ["one"]);
}

#[test]
fn rooms_and_data_come_back() {
    let mut pair = pair_of(io());
    pair.world.sends(pair.listener, r#"2["join","red"]"#);
    pair.world.sends(pair.listener, r#"21["count"]"#);
    pair.world.takes(pair.listener);
    pair.world.loses(pair.listener);
    for (room, text) in [("red", "for red"), ("blue", "for blue"), (&*pair.welcome.sid.clone(), "for you")] {
        pair.world.sends(pair.speaker, &format!(r#"2["say to","{room}","{text}"]"#));
    }
    assert!(pair.comes_back(None));
    assert_eq!(pair.hears().0, ["for red", "for you"]);
    pair.world.sends(pair.listener, r#"21["count"]"#);
    assert_eq!(pair.world.takes(pair.listener), ["31[2]"]);
    pair.world.sends(pair.speaker, r#"2["say to","red","more"]"#);
    assert_eq!(pair.hears().0, ["more"]);
}

#[test]
fn nobody_gets_what_was_said_before_they_joined() {
    let mut pair = pair_of(io());
    pair.world.sends(pair.speaker, r#"2["say to","red","secret"]"#);
    pair.world.sends(pair.listener, r#"2["join","red"]"#);
    pair.world.loses(pair.listener);
    assert!(pair.comes_back(None));
    assert!(pair.hears().0.is_empty());

    let mut pair = pair_of(io());
    pair.says("one");
    let (_, offset) = pair.hears();
    let start = offset.expect("an offset").replace(".1", ".0");
    let (late, welcome) = pair.world.is_welcomed("");
    pair.world.loses(late);
    pair.welcome = welcome;
    assert!(pair.comes_back(Some(&start)));
    assert!(pair.hears().0.is_empty(), "an offset from before it joined brings nothing");
}

#[test]
fn a_room_that_was_left_meanwhile_leaves_a_gap_if_it_had_events() {
    for (offset_is_known, expected) in [(true, true), (false, false)] {
        let mut pair = pair_of(io());
        pair.world.sends(pair.listener, r#"2["join","red"]"#);
        pair.world.sends(pair.speaker, r#"2["say to","red","one"]"#);
        let (_, offset) = pair.hears();
        pair.world.sends(pair.listener, r#"2["leave","red"]"#);
        pair.world.loses(pair.listener);
        assert_eq!(pair.comes_back(offset.filter(|_| offset_is_known).as_deref()), expected);
    }
}

#[test]
fn a_room_that_was_left_after_it_was_left_out_means_a_fresh_session() {
    for leaves in [false, true] {
        let mut pair = pair_of(io());
        pair.world.sends(pair.listener, r#"2["join","muted"]"#);
        pair.says("one");
        let (_, offset) = pair.hears();
        pair.world.sends(pair.speaker, r#"2["say except to","muted","two"]"#);
        if leaves {
            pair.world.sends(pair.listener, r#"2["leave","muted"]"#);
        }
        pair.world.loses(pair.listener);
        assert_eq!(pair.comes_back(offset.as_deref()), !leaves);
    }
}

#[test]
fn a_gap_means_a_fresh_session() {
    let bounds = Recovery { max_events: 2, ..WINDOW.into() };
    let mut pair = pair_of(io_within(bounds));
    pair.world.loses(pair.listener);
    pair.says("one");
    pair.says("two");
    assert!(pair.comes_back(None), "two events are kept");
    pair.world.loses(pair.listener);
    pair.says("three");
    assert!(!pair.comes_back(None), "the first of three is not");

    let bounds = Recovery { max_bytes: 100, ..WINDOW.into() };
    let mut pair = pair_of(io_within(bounds));
    pair.world.loses(pair.listener);
    pair.says(&"x".repeat(200));
    assert!(!pair.comes_back(None), "nor are many bytes");

    let mut pair = pair_of(io());
    pair.says("one");
    pair.world.loses(pair.listener);
    pair.world.passes(WINDOW + Duration::from_secs(1));
    assert!(!pair.comes_back(None), "nor anything beyond the window");

    let bounds = Recovery { max_sockets: 1, ..WINDOW.into() };
    let mut pair = pair_of(io_within(bounds));
    pair.world.loses(pair.listener);
    let speaker = pair.speaker;
    pair.world.loses(speaker);
    assert!(!pair.comes_back(None), "nor one socket too many");
}

#[test]
fn an_offset_that_was_never_given_out_means_a_fresh_session() {
    for offset in ["", ".", "x.1", "1", "nonsense"] {
        let mut pair = pair_of(io());
        pair.world.loses(pair.listener);
        assert!(!pair.comes_back(Some(offset)), "{offset:?}");
    }
    let mut pair = pair_of(io());
    pair.says("one");
    let (_, offset) = pair.hears();
    pair.world.loses(pair.listener);
    assert!(!pair.comes_back(Some(&offset.expect("an offset").replace(".1", ".2"))));
}

#[test]
fn a_client_that_left_or_that_is_unknown_gets_a_fresh_session() {
    let mut pair = pair_of(io());
    pair.world.sends(pair.listener, "1");
    assert!(!pair.comes_back(None));
    pair.welcome.pid = Some("nonsense".to_owned());
    assert!(!pair.comes_back(None));
}

#[test]
fn lost_memory_means_a_fresh_session_whatever_the_offset() {
    let mut pair = pair_of(io());
    pair.says("one");
    let (_, offset) = pair.hears();
    pair.world.hibernates(io());
    pair.says("two");
    pair.world.loses(pair.listener);
    assert!(!pair.comes_back(offset.as_deref()));
}

#[test]
fn recovery_works_again_after_memory_was_lost() {
    let mut pair = pair_of(io());
    pair.world.hibernates(io());
    pair.says("one");
    let (_, offset) = pair.hears();
    pair.world.loses(pair.listener);
    pair.says("two");
    assert!(pair.comes_back(offset.as_deref()));
    assert_eq!(pair.hears().0, ["two"]);
}

#[test]
fn a_client_that_still_seems_connected_is_replaced() {
    let mut pair = pair_of(io());
    let before = pair.listener;
    assert!(pair.comes_back(None));
    assert!(pair.world.is_closed(before));
    assert_eq!(pair.world.state(), &["fresh", "fresh", "gone", "recovered"], "it is told as if it was lost");
    pair.says("one");
    assert_eq!(pair.hears().0, ["one"]);
}

#[test]
fn a_volatile_event_is_not_recovered_and_brings_no_offset_of_its_own() {
    let mut pair = pair_of(io());
    pair.says("one");
    pair.world.sends(pair.speaker, r#"2["say in passing","two"]"#);
    let (texts, offset) = pair.hears();
    assert_eq!(texts, ["one", "two"]);
    pair.world.loses(pair.listener);
    pair.world.sends(pair.speaker, r#"2["say in passing","three"]"#);
    pair.says("four");
    assert!(pair.comes_back(offset.as_deref()));
    assert_eq!(pair.hears().0, ["four"]);
}
