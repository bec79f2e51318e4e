//! Admission, data, questions, departures and timers.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use socketio::ConnectError;
use socketio::router::{Io, NoAnswer, Reply};

use crate::world::World;

#[derive(Clone, Default, Serialize, Deserialize)]
struct User {
    name: String,
    visits: u32,
}

#[derive(Deserialize)]
struct Auth {
    name: Option<String>,
}

/// The lines that handlers note down.
type Notes = Vec<String>;

fn io() -> Io<Notes, User> {
    let mut io: Io<Notes, User> = Io::new(Vec::new());
    io.of("/")
        .admit(|_, request| {
            let Auth { name } = request.read_auth()?;
            let name = name.ok_or_else(|| ConnectError::new("no name").with_data(&["name"]))?;
            Ok(User { name, visits: 0 })
        })
        .on_connect(|socket| {
            let line = format!("{} came", socket.data().name);
            socket.state_mut().push(line);
            socket.emit("hello", &socket.data().name);
        })
        .on("visit", |socket, ()| {
            socket.data_mut().visits += 1;
            Reply(socket.data().visits)
        })
        .on("names", |socket, ()| {
            let names: Vec<_> = socket.io().sockets("/").map(|peer| peer.data().name.clone()).collect();
            Reply(names)
        })
        .on("ask me", |socket, ()| socket.ask("how old", &socket.data().name, Duration::from_secs(5)))
        .on("ask in vain", |socket, ()| socket.ask("nobody listens", &(), Duration::from_secs(5)))
        .on_answer("how old", |socket, age: Result<u8, NoAnswer>| socket.emit("age", &age.ok()))
        .on("kick me", |socket, ()| socket.disconnect())
        .on("close me", |socket, ()| socket.close())
        .on_disconnect(|socket, how| {
            let line = format!("{} went, lost: {}", socket.data().name, how.is_loss());
            socket.state_mut().push(line);
            socket.broadcast().emit("gone", &socket.data().name);
        })
        .on("remind me", |socket, ()| socket.io().set_timer("reminder", Duration::from_secs(60)))
        .on("forget it", |socket, ()| socket.io().cancel_timer("reminder"));
    io.of("/board-*").on_connect(|socket| socket.emit("board", &socket.namespace().as_str()));
    io.of_where(|name| name.len() == 3);
    io.on_timer("reminder", |io| io.of("/").emit("reminder", &()));
    io.on_timer("sweep", |io| {
        io.state_mut().push("swept".to_owned());
        io.set_timer("sweep", Duration::from_secs(3600));
    });
    io
}

#[test]
fn a_client_is_admitted_with_data_or_refused_with_an_error() {
    let mut world = World::new(io());
    let ann = world.joins(r#"{"name":"ann"}"#);
    let got = world.takes(ann);
    assert!(got[0].starts_with(r#"0{"sid":""#) && !got[0].contains("pid"), "{got:?}");
    assert_eq!(got[1..], [r#"2["hello","ann"]"#]);
    for (auth, refusal) in [
        ("", r#"4{"message":"no name","data":["name"]}"#),
        (r#"{"name":1}"#, r#"4{"message":"invalid auth"}"#),
    ] {
        let client = world.joins(auth);
        assert_eq!(world.takes(client), [refusal]);
    }
    assert_eq!(world.state(), &["ann came"]);
}

#[test]
fn namespaces_match_by_name_pattern_or_predicate() {
    let mut world = World::new(io());
    let client = world.opens();
    for (name, exists) in [("/board-1", true), ("/board-", false), ("/xy", true), ("/xyz", false)] {
        world.sends(client, &format!("0{name},"));
        let answer = world.takes(client).remove(0);
        assert_eq!(answer.starts_with(&format!("0{name},")), exists, "{answer}");
    }
    world.sends(client, r#"0/board-2,"#);
    assert_eq!(world.takes(client)[1], r#"2/board-2,["board","/board-2"]"#);
}

#[test]
fn data_survive_hibernation_and_state_does_not() {
    let mut world = World::new(io());
    let (ann, _) = world.is_welcomed(r#"{"name":"ann"}"#);
    world.sends(ann, r#"21["visit"]"#);
    world.takes(ann);
    world.hibernates(io());
    assert!(world.state().is_empty());
    world.sends(ann, r#"22["visit"]"#);
    world.sends(ann, r#"23["names"]"#);
    assert_eq!(world.takes(ann), ["32[2]", r#"33[["ann"]]"#]);
}

#[test]
fn an_answer_finds_its_handler() {
    let mut world = World::new(io());
    let (ann, _) = world.is_welcomed(r#"{"name":"ann"}"#);
    world.takes(ann);
    for (answer, age) in [("[42]", "42"), ("[\"old\"]", "null"), ("[]", "null")] {
        world.sends(ann, r#"2["ask me"]"#);
        let question = world.takes(ann).remove(0);
        let id = question.strip_prefix('2').and_then(|rest| rest.strip_suffix(r#"["how old","ann"]"#));
        world.sends(ann, &format!("3{}{answer}", id.expect("a question")));
        assert_eq!(world.takes(ann), [format!(r#"2["age",{age}]"#)]);
    }
    world.sends(ann, r#"2["ask me"]"#);
    world.takes(ann);
    world.passes(Duration::from_secs(5));
    assert_eq!(world.takes(ann), [r#"2["age",null]"#]);
}

#[test]
fn a_question_without_handler_is_not_asked() {
    let mut world = World::new(io());
    let (ann, _) = world.is_welcomed(r#"{"name":"ann"}"#);
    world.takes(ann);
    world.sends(ann, r#"2["ask in vain"]"#);
    assert!(world.takes(ann).is_empty());
    assert_eq!(world.log.len(), 1, "{:?}", world.log);
}

#[test]
fn a_departure_is_told_with_its_reason() {
    let mut world = World::new(io());
    let (ann, _) = world.is_welcomed(r#"{"name":"ann"}"#);
    let clients =
        ["ben", "cat", "dan", "eve"].map(|name| world.is_welcomed(&format!(r#"{{"name":"{name}"}}"#)).0);
    let [ben, cat, dan, eve] = clients;
    world.takes(ann);
    world.loses(ben);
    world.sends(cat, "1");
    world.sends(dan, r#"2["kick me"]"#);
    world.sends(eve, r#"2["close me"]"#);
    assert_eq!(world.takes(dan).last().map(String::as_str), Some("1"));
    assert!(world.is_closed(eve) && !world.is_closed(dan));
    assert_eq!(world.takes(ann), ["ben", "cat", "dan", "eve"].map(|name| format!(r#"2["gone","{name}"]"#)));
    assert_eq!(
        world.state()[5..],
        ["ben went, lost: true", "cat went, lost: false", "dan went, lost: false", "eve went, lost: true"]
    );
}

#[test]
fn a_timer_runs_once_unless_it_is_set_again_or_cancelled() {
    let mut world = World::new(io());
    let (ann, _) = world.is_welcomed(r#"{"name":"ann"}"#);
    world.takes(ann);
    world.sends(ann, r#"2["remind me"]"#);
    world.passes(Duration::from_secs(59));
    assert!(world.takes(ann).is_empty());
    world.sends(ann, r#"2["remind me"]"#);
    world.passes(Duration::from_secs(59));
    assert!(world.takes(ann).is_empty(), "it was set anew");
    world.passes(Duration::from_secs(1));
    assert_eq!(world.takes(ann), [r#"2["reminder"]"#]);
    world.sends(ann, r#"2["remind me"]"#);
    world.sends(ann, r#"2["forget it"]"#);
    world.passes(Duration::from_secs(600));
    assert!(world.takes(ann).is_empty());
}

#[test]
fn a_first_timer_runs_from_the_opening_on() {
    let mut io = io();
    io.start_timer("sweep", Duration::from_secs(3600));
    let mut world = World::new(io);
    world.passes(Duration::from_secs(3599));
    assert!(world.state().is_empty());
    world.passes(Duration::from_secs(3601));
    assert_eq!(world.state(), &["swept", "swept"]);
}
