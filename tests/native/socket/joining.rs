//! Requests to join that the application answers later, and what it learns of the handshake.

use engineio::HandshakeRequest;
use socketio::{HandshakeParts, Server, SocketKey};

use crate::support::client::Socket;
use crate::support::world::World;
use crate::support::{CONNECT_TIMEOUT, MILLISECOND, echo, engine_config, server, socket_config};
use natter_echo::Echo;

const WELCOME: &str = r#"40{"sid":"#;

fn answers(world: &World<Server<Echo>>, is_accepted: bool) {
    world.apply(|echo, cx, actions| echo.answer_requests(cx, is_accepted, actions));
}

fn asks(world: &World<Server<Echo>>) -> Socket<Server<Echo>> {
    let socket = world.opens_web_socket();
    socket.sends(r#"40{"later":true}"#).expects_nothing();
    socket
}

fn asking(world: &World<Server<Echo>>) -> Vec<SocketKey> {
    world.with_application(|echo| echo.asking.clone())
}

#[test]
fn a_request_is_answered_later_and_what_came_meanwhile_follows_in_order() {
    let world = echo();
    let socket = asks(&world);
    socket.sends(r#"42["message",1]"#).sends(r#"427["message-with-ack",2]"#).expects_nothing();
    answers(&world, true);
    assert!(socket.takes_text().starts_with(WELCOME));
    socket.expects(r#"42["message-back",1]"#).expects("437[2]").expects_nothing();
    socket.sends(r#"42["message",3]"#).expects(r#"42["message-back",3]"#);
}

#[test]
fn a_request_is_refused_later_and_the_client_may_ask_again() {
    let world = echo();
    let socket = asks(&world);
    socket.sends(r#"42["message",1]"#);
    answers(&world, false);
    socket.expects(r#"44{"message":"Too late"}"#).expects_nothing();
    assert_eq!(world.socket_count(), 0);
    socket.joins("/");
    socket.expects(r#"42["auth",{}]"#);
}

#[test]
fn an_answer_is_not_taken_for_that_of_a_later_socket_in_the_same_place() {
    let world = echo();
    let first = asks(&world);
    let gone = asking(&world);
    first.goes_away();
    assert_eq!(asking(&world), []);
    let second = asks(&world);
    let there = asking(&world);
    world.apply(|echo, cx, actions| {
        echo.asking = gone;
        echo.answer_requests(cx, true, actions);
        echo.members.clear();
        echo.asking = there;
    });
    second.expects_nothing();
    answers(&world, true);
    assert!(second.takes_text().starts_with(WELCOME));
}

#[test]
fn a_client_leaves_before_it_is_answered() {
    let world = echo();
    let socket = asks(&world);
    socket.sends("41");
    assert_eq!(asking(&world), []);
    assert_eq!((world.session_count(), world.socket_count()), (1, 0));
    answers(&world, true);
    socket.expects_nothing();
}

#[test]
fn a_client_that_asks_and_leaves_again_and_again_is_closed() {
    let world = echo();
    let socket = world.opens_web_socket();
    for _ in 0..8 {
        socket.sends(r#"40{"later":true}"#).sends("41").expects_nothing();
    }
    socket.sends(r#"40{"later":true}"#).sends("41").expects_close(1000);
    world.expects_to_be_empty();
}

#[test]
fn a_client_that_asks_twice_breaks_the_protocol() {
    let world = echo();
    let socket = asks(&world);
    socket.sends("40").expects_close(1000);
    assert_eq!(asking(&world), []);
}

#[test]
fn packets_wait_within_bounds() {
    let world = echo();
    let many = asks(&world);
    for _ in 0..16 {
        many.sends(r#"42["message",1]"#);
    }
    assert!(many.is_open());
    many.sends(r#"42["message",1]"#).expects_close(1000);
    let long = asks(&world);
    let message = format!(r#"42["message","{}"]"#, "-".repeat(9_000));
    for _ in 0..7 {
        long.sends(&message);
    }
    assert!(long.is_open());
    long.sends(&message).expects_close(1000);
}

#[test]
fn the_bounds_are_those_of_a_session_whatever_the_number_of_its_requests() {
    let world = World::new(server(Echo::open_to_any_namespace()));
    let socket = world.opens_web_socket();
    for number in 0..17 {
        socket.sends(&format!(r#"40/{number},{{"later":true}}"#));
    }
    for number in 0..16 {
        socket.sends(&format!(r#"42/{number},["message",1]"#));
    }
    assert!(socket.is_open());
    socket.sends(r#"42/16,["message",1]"#).expects_close(1000);
    world.expects_to_be_empty();
}

#[test]
fn all_that_waits_is_bounded_and_what_is_answered_makes_room() {
    let world = echo();
    let message = format!(r#"42["message","{}"]"#, "-".repeat(9_000));
    let waits = || {
        let socket = asks(&world);
        for _ in 0..7 {
            socket.sends(&message);
        }
        socket.is_open().then_some(socket)
    };
    let waiting: Vec<_> = std::iter::from_fn(waits).take(200).collect();
    assert!((128..150).contains(&waiting.len()), "{}", waiting.len());
    waiting.iter().take(64).for_each(Socket::goes_away);
    assert!(waits().is_some());
    answers(&world, true);
    waiting.iter().for_each(|socket| _ = socket.takes_all());
    assert!(waits().is_some());
}

#[test]
fn a_client_whose_request_was_lost_with_the_memory_is_closed() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"40/custom,{"later":true}"#).expects_nothing();
    let other = world.joins();
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    assert!(!socket.is_open());
    other.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#);

    let refused = world.joins();
    refused.sends(r#"40/custom,{"later":true}"#);
    answers(&world, false);
    refused.expects(r#"44/custom,{"message":"Too late"}"#);
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    refused.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#);
}

#[test]
fn attachments_are_not_taken_before_the_answer() {
    let world = echo();
    let socket = asks(&world);
    socket.sends(r#"451-["message",{"_placeholder":true,"num":0}]"#).expects_close(1000);
}

#[test]
fn a_request_that_is_never_answered_ends_with_the_time_to_join() {
    let world = echo();
    let socket = asks(&world);
    world.pass(CONNECT_TIMEOUT - MILLISECOND);
    assert!(socket.is_open());
    world.pass(MILLISECOND);
    socket.expects_close(1000);
    world.expects_to_be_empty();
}

#[test]
fn a_session_is_in_a_bounded_number_of_namespaces() {
    let world = World::new(server(Echo::open_to_any_namespace()));
    let socket = world.opens_web_socket();
    for number in 0..64 {
        socket.joins(&format!("/{number}"));
        socket.expects(&format!(r#"42/{number},["auth",{{}}]"#));
    }
    socket.sends("40/64").expects_close(1000);
    world.expects_to_be_empty();
}

/// A request with a query and a few headers.
struct Request;

impl HandshakeRequest for Request {
    fn query(&self) -> &str {
        "EIO=4&transport=websocket&room=a%20b"
    }

    fn header(&self, name: &str) -> Option<String> {
        match name {
            "user-agent" => Some("curl".to_owned()),
            "cookie" => Some("-".repeat(4_096)),
            _ => None,
        }
    }
}

#[test]
fn of_a_handshake_is_kept_what_the_application_asks_for_within_bounds() {
    let parts = HandshakeParts { query: true, headers: &["user-agent", "cookie", "x-missing"] };
    let config = || socketio::Config { handshake: parts, ..socket_config() };
    let world = World::new(Server::new(engine_config(), config(), Echo::default()));
    world.comes_from("192.0.2.1");
    world.requests_carry(&Request);
    let socket = world.opens_web_socket();
    socket.joins("/");
    let handshake = world.with_application(|echo| echo.handshakes[0].clone());
    assert_eq!(handshake.query_parameter("room"), Some("a%20b"));
    assert_eq!(handshake.query_parameter("none"), None);
    assert_eq!(handshake.header("User-Agent"), Some("curl"));
    assert_eq!(handshake.headers.len(), 1);
    assert_eq!(handshake.address.as_ref().map(|address| address.as_str()), Some("192.0.2.1"));
    assert_eq!(handshake.at, world.now());

    // A namespace that is joined after hibernation sees the same.
    world.fall_asleep_and_wake_up_with(Server::new(engine_config(), config(), Echo::default()));
    socket.takes_all();
    socket.joins("/custom");
    assert_eq!(world.with_application(|echo| echo.handshakes[0].clone()), handshake);
}

#[test]
fn of_a_handshake_is_kept_nothing_else_by_default() {
    let world = echo();
    world.requests_carry(&Request);
    world.joins();
    let handshake = world.with_application(|echo| echo.handshakes[0].clone());
    assert_eq!((handshake.query.as_str(), handshake.headers.len()), ("", 0));
}
