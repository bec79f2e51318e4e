//! Coming into namespaces, and leaving them.

use serde_json::Value;
use socketio::Departure;
use socketio::Service;

use crate::support::client::Socket;
use crate::support::{CONNECT_TIMEOUT, MILLISECOND, PERIOD, echo};

const NORMAL: u16 = 1000;

#[track_caller]
fn sid_of(welcome: &str) -> String {
    let welcome: Value = serde_json::from_str(welcome).expect("JSON");
    let fields = welcome.as_object().expect("an object");
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["sid"]);
    fields["sid"].as_str().expect("text").to_owned()
}

#[track_caller]
fn echoes<S: Service>(socket: &Socket<S>) {
    socket.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#).expects_nothing();
}

#[test]
fn a_client_joins_the_main_namespace() {
    let world = echo();
    let (_, socket) = world.connects("EIO=4&transport=websocket");
    let open: Value = serde_json::from_str(&socket.takes_text()[1..]).unwrap();
    let sid = sid_of(&socket.joins("/"));
    // The identifier of the session must stay a secret, and so cannot be that of the socket.
    assert_ne!(open["sid"], sid.as_str());
    socket.expects(r#"42["auth",{}]"#).expects_nothing();
    echoes(&socket);
}

#[test]
fn a_client_joins_with_a_payload() {
    let world = echo();
    let socket = world.opens_web_socket();
    sid_of(&socket.sends(r#"40{"token":"123"}"#).takes_text()[2..]);
    socket.expects(r#"42["auth",{"token":"123"}]"#).expects_nothing();
}

#[test]
fn a_client_joins_several_namespaces_each_with_a_socket_of_its_own() {
    let world = echo();
    let socket = world.opens_web_socket();
    let main = sid_of(&socket.joins("/"));
    socket.expects(r#"42["auth",{}]"#);
    let custom = sid_of(&socket.joins("/custom"));
    socket.expects(r#"42/custom,["auth",{}]"#);
    assert_ne!(main, custom);
    socket.sends(r#"42/custom,["message",1]"#).expects(r#"42/custom,["message-back",1]"#);
    echoes(&socket);
    assert_eq!((world.session_count(), world.socket_count()), (1, 2));
}

#[test]
fn an_unknown_namespace_is_refused_and_the_session_stays() {
    let world = echo();
    let socket = world.joins();
    socket.sends("40/random").expects(r#"44/random,{"message":"Invalid namespace"}"#);
    socket.sends(r#"40/random,{"token":"1"}"#).expects(r#"44/random,{"message":"Invalid namespace"}"#);
    echoes(&socket);
}

#[test]
fn the_name_of_a_namespace_is_bounded() {
    let world = echo();
    for socket in [world.opens_web_socket(), world.joins()] {
        let longest = "n".repeat(255);
        socket
            .sends(&format!("40/{longest}"))
            .expects(&format!(r#"44/{longest},{{"message":"Invalid namespace"}}"#));
        socket.sends(&format!("40/{longest}n,")).expects_close(NORMAL);
    }
    let poller = world.opens_polling();
    poller.sends(&format!("40/{},", "n".repeat(9_000)));
    assert!(poller.polls().expects_ok().len() < 10);
}

#[test]
fn a_session_that_has_not_joined_is_refused_eight_times() {
    for refused in ["40/random", r#"40{"I am":"an intruder"}"#] {
        let world = echo();
        let (stranger, member) = (world.opens_web_socket(), world.joins());
        for _ in 0..8 {
            assert!(stranger.sends(refused).takes_text().starts_with("44"));
        }
        stranger.sends(refused).expects_close(NORMAL);
        // A client that has joined may be refused any number of times.
        for _ in 0..20 {
            assert!(member.sends("40/random").takes_text().starts_with("44"));
        }
        echoes(&member);
    }
}

#[test]
fn whom_the_application_does_not_admit_learns_why_and_can_try_again() {
    let world = echo();
    let socket = world.opens_web_socket();
    socket
        .sends(r#"40/custom,{"I am":"an intruder"}"#)
        .expects(r#"44/custom,{"message":"No","data":{"code":"intruder"}}"#)
        .expects_nothing();
    assert_eq!(world.socket_count(), 0);
    socket.joins("/custom");
    socket.expects(r#"42/custom,["auth",{}]"#);
}

#[test]
fn joining_a_namespace_twice_closes_the_session() {
    let world = echo();
    world.joins().sends("40").expects_close(NORMAL);
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn whoever_speaks_before_joining_is_cut_off() {
    for early in [r#"42["message",1]"#, r#"42/custom,["message",1]"#, "430[]", "41", r#"44{"message":"No"}"#]
    {
        let world = echo();
        world.opens_web_socket().sends(early).expects_close(NORMAL);
        world.expects_to_be_empty();
    }
}

#[test]
fn a_member_of_one_namespace_cannot_speak_in_another() {
    let world = echo();
    world.joins().sends(r#"42/custom,["message",1]"#).expects_close(NORMAL);
    world.expects_to_be_empty();
}

#[test]
fn a_connect_error_from_a_client_closes_the_session() {
    let world = echo();
    world.joins().sends(r#"44{"message":"No"}"#).expects_close(NORMAL);
    world.expects_to_be_empty();
}

#[test]
fn garbage_closes_the_session() {
    for garbage in ["4", "4abc", "42{}", r#"42abc["message-with-ack",1]"#, r#"42["connect"]"#] {
        let world = echo();
        world.joins().sends(garbage).expects_close(NORMAL);
        assert_eq!(world.departures(), [Departure::Lost]);
        world.expects_to_be_empty();
    }
}

#[test]
fn whoever_joins_nothing_in_time_is_cut_off() {
    let world = echo();
    let (idle, refused, poller) = (world.opens_web_socket(), world.opens_web_socket(), world.opens_polling());
    world.pass(CONNECT_TIMEOUT - MILLISECOND);
    refused.sends("40/random").takes_text();
    refused.sends(r#"40{"I am":"an intruder"}"#).takes_text();
    refused.expects_nothing();
    idle.expects_nothing();
    let poll = poller.polls();
    world.pass(MILLISECOND);
    idle.expects_close(NORMAL);
    refused.expects_close(NORMAL);
    poll.expects("1");
    world.expects_to_be_empty();
}

#[test]
fn whoever_joins_in_time_stays() {
    let world = echo();
    let socket = world.opens_web_socket();
    world.pass(CONNECT_TIMEOUT - MILLISECOND);
    socket.joins("/custom");
    world.pass(PERIOD - CONNECT_TIMEOUT);
    socket.expects(r#"42/custom,["auth",{}]"#).expects_nothing();
}

#[test]
fn leaving_one_namespace_leaves_the_others() {
    let world = echo();
    let socket = world.joins();
    socket.joins("/custom");
    socket.expects(r#"42/custom,["auth",{}]"#);
    socket.sends("41/custom,").expects_nothing();
    assert_eq!(world.departures(), [Departure::Left]);
    echoes(&socket);
    // It can be joined again.
    socket.joins("/custom");
    socket.expects(r#"42/custom,["auth",{}]"#);
}

#[test]
fn leaving_every_namespace_leaves_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.answers_pings(true).sends("41").expects_nothing();
    assert_eq!(world.departures(), [Departure::Left]);
    world.pass(10 * CONNECT_TIMEOUT);
    socket.joins("/");
    socket.expects(r#"42["auth",{}]"#).expects_nothing();
}

#[test]
fn whoever_is_put_out_learns_it_and_keeps_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["put-me-out"]"#).expects("41").expects_nothing();
    assert_eq!(world.departures(), [Departure::Removed]);
    socket.joins("/");
    socket.expects(r#"42["auth",{}]"#).expects_nothing();
}

#[test]
fn a_lost_session_loses_every_socket() {
    let world = echo();
    let socket = world.joins();
    socket.joins("/custom");
    socket.goes_away();
    assert_eq!(world.departures(), [Departure::Lost; 2]);
    world.expects_to_be_empty();
}

#[test]
fn everyone_means_everyone_who_is_there() {
    let world = echo();
    let (first, second, third) = (world.joins(), world.joins(), world.joins());
    second.sends("41");
    third.sends("1");
    first.sends(r#"42["everyone"]"#).expects(r#"42["everyone"]"#).expects_nothing();
    second.expects_nothing();
    third.expects_close(NORMAL);
}

#[test]
fn an_event_of_which_nobody_has_heard_reaches_nobody() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["unheard of",1]"#).sends("42[1,2]").expects_nothing();
    echoes(&socket);
}
