//! Hibernation: sessions over WebSocket and their sockets outlive the memory of the object.

use std::time::Duration;

use crate::support::{CONNECT_TIMEOUT, LIFETIME, MILLISECOND, PERIOD, START, echo, server};
use natter_echo::Echo;
use socketio::Departure;

const NORMAL: u16 = 1000;
const INTERNAL_ERROR: u16 = 1011;

#[test]
fn web_sockets_go_on_as_if_nothing_had_happened() {
    let world = echo();
    let (first, second, poller) = (world.joins(), world.joins(), world.opens_polling());
    poller.joins();
    poller.sends("40/custom").polls().expects_ok();
    let third = poller.is_upgraded();
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    for socket in [&first, &second, &third] {
        socket.expects_nothing();
        socket.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#);
    }
    third.sends(r#"42/custom,["message",1]"#).expects(r#"42/custom,["message-back",1]"#);
    first.sends(r#"42["everyone",1]"#);
    second.expects(r#"42["everyone",1]"#).expects_nothing();
    assert_eq!((world.session_count(), world.socket_count()), (3, 4));
}

#[test]
fn the_application_knows_its_members_again() {
    let world = echo();
    let socket = world.opens_web_socket();
    socket.sends(r#"40{"token":"123"}"#);
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    let auths =
        world.with_application(|echo| echo.members.values().map(|it| it.auth.clone()).collect::<Vec<_>>());
    assert_eq!(auths, [r#"{"token":"123"}"#]);
}

#[test]
fn a_polling_session_is_forgotten() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    let socket = poller.upgrades();
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    socket.expects_close(INTERNAL_ERROR);
    poller.polls().expects_unknown_sid();
    world.expects_to_be_empty();
}

#[test]
fn a_namespace_that_was_left_is_not_joined_again() {
    let world = echo();
    let socket = world.joins();
    socket.joins("/custom");
    socket.sends("41/custom").expects(r#"42/custom,["auth",{}]"#);
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    assert_eq!(world.socket_count(), 1);
    socket.sends(r#"42["put-me-out"]"#).expects("41");
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    assert_eq!((world.session_count(), world.socket_count()), (1, 0));
}

#[test]
fn a_session_that_has_not_joined_yet_still_has_to() {
    let world = echo();
    let (slow, quick) = (world.opens_web_socket(), world.opens_web_socket());
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    quick.joins("/");
    quick.expects(r#"42["auth",{}]"#);
    world.pass(CONNECT_TIMEOUT);
    slow.expects_close(NORMAL);
    quick.expects_nothing();
}

#[test]
fn heartbeats_keep_their_rhythm() {
    let world = echo();
    let socket = world.joins();
    world.pass(Duration::from_secs(12));
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    assert_eq!(world.next_deadline(), Some(START + PERIOD));
    world.pass(PERIOD - Duration::from_secs(12));
    socket.expects("2");
}

#[test]
fn who_was_silent_before_the_sleep_and_after_is_given_up_in_the_end() {
    let world = echo();
    let (silent, alive) = (world.joins(), world.joins());
    alive.answers_pings(true);
    world.pass(PERIOD);
    silent.expects("2");
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    world.pass(LIFETIME + PERIOD);
    assert!(!silent.is_open());
    assert!(alive.is_open());
}

#[test]
fn an_answer_to_a_question_from_before_the_sleep_is_no_answer_to_another_one() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["emit-with-ack","old"]"#).expects(r#"420["emit-with-ack","old"]"#);
    world.fall_asleep_and_wake_up_with(server(Echo::default()));
    socket.sends(r#"42["emit-with-ack","new"]"#).expects(r#"421["emit-with-ack","new"]"#);
    socket.sends(r#"430["late"]"#).expects_nothing();
    socket.sends(r#"431["in time"]"#).expects(r#"42["emit-with-ack","in time"]"#);
}

#[test]
fn the_time_to_join_does_not_begin_anew_with_the_memory() {
    let world = echo();
    let socket = world.opens_web_socket();
    for _ in 0..2 {
        world.pass(CONNECT_TIMEOUT / 3);
        world.fall_asleep_and_wake_up_with(server(Echo::default()));
    }
    world.pass(CONNECT_TIMEOUT / 3 - MILLISECOND);
    assert!(socket.is_open());
    world.pass(MILLISECOND);
    socket.expects_close(1000);
}

#[test]
fn what_cannot_be_read_is_not_restored() {
    use engineio::WebSocketId;
    use socketio::Service;

    let mut server = server(Echo::default());
    for stored in ["", "null", "{}", r#"{"session":{"sid":"a"},"sockets":[]}"#] {
        assert!(!server.restore(crate::support::START, WebSocketId(0), None, stored), "{stored}");
    }
    assert_eq!(server.next_deadline(), None);
}

#[test]
fn a_socket_whose_namespace_is_no_more_is_dropped_and_the_rest_of_its_session_goes_on() {
    let world = echo();
    let socket = world.joins();
    socket.joins("/custom");
    socket.expects(r#"42/custom,["auth",{}]"#);
    let echo = Echo::without("/custom");
    world.fall_asleep_and_wake_up_with(server(echo));
    socket.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#);
    assert_eq!(world.socket_count(), 1);
    world.pass(MILLISECOND);
}

#[test]
fn a_session_whose_state_cannot_be_stored_ends_for_good() {
    let world = echo();
    let socket = world.joins();
    socket.joins("/custom");
    socket.takes_all();
    socket.outgrows_its_storage();
    socket.expects_close(1000);
    assert_eq!(world.departures(), [Departure::Removed, Departure::Removed]);
    world.expects_to_be_empty();
}
