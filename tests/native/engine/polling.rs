//! Long-polling: payloads, what waits for a poll, and every way in which a session ends.

use std::time::Duration;

use engineio::Rejection;
use socketio::Departure;

use crate::support::{MAX_PAYLOAD, MAX_QUEUE, MILLISECOND, PERIOD, echo};

/// How long a closed session waits for the poll that takes its close packet.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

#[test]
fn a_post_is_answered_with_ok() {
    let world = echo();
    let exchange = world.opens_polling().posts("40");
    exchange.expects("ok");
    assert_eq!(exchange.response().content_type, Some("text/html"));
}

#[test]
fn a_poll_waits_until_there_is_something_to_say() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    let poll = poller.polls();
    poll.waits();
    poller.sends(r#"42["message",1]"#);
    poll.expects(r#"42["message-back",1]"#);
    assert_eq!(poll.response().content_type, Some("text/plain; charset=UTF-8"));
}

#[test]
fn what_is_sent_between_two_polls_comes_with_the_next_one_in_order() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends(r#"42["message",1]"#).sends(r#"42["message",2]"#);
    poller.polls().expects("42[\"message-back\",1]\x1e42[\"message-back\",2]");
    poller.polls().waits();
}

#[test]
fn a_payload_carries_several_packets() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends("42[\"message\",1]\x1e3\x1e6\x1e42[\"message\",2]");
    poller.polls().expects("42[\"message-back\",1]\x1e42[\"message-back\",2]");
}

#[test]
fn binary_travels_as_base64() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends("452-[\"message\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\x1ebAQIDBA==\x1eb");
    poller.polls().expects(
        "452-[\"message-back\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]\x1ebAQIDBA==\x1eb",
    );
}

#[test]
fn garbage_closes_the_session() {
    for garbage in ["", "abc", "9", "b*", "40\x1e", "1more", "2", "0{}"] {
        let world = echo();
        let poller = world.opens_polling();
        poller.posts(garbage).expects_bad_request();
        poller.polls().expects_unknown_sid();
        world.expects_to_be_empty();
    }
}

#[test]
fn what_comes_before_garbage_counts() {
    let world = echo();
    let witness = world.joins();
    world
        .opens_polling()
        .posts("40\x1e42[\"everyone\",1]\x1eabc\x1e42[\"everyone\",2]")
        .expects_bad_request();
    witness.expects(r#"42["everyone",1]"#).expects_nothing();
    assert_eq!(world.departures(), [Departure::Lost]);
}

#[test]
fn garbage_sends_an_open_poll_home_with_a_close_packet() {
    let world = echo();
    let poller = world.opens_polling();
    let poll = poller.polls();
    poller.posts("abc").expects_bad_request();
    poll.expects("1");
}

#[test]
fn a_second_poll_closes_the_session() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    let (first, second) = (poller.polls(), poller.polls());
    first.expects("1");
    second.expects_bad_request();
    poller.polls().expects_unknown_sid();
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn a_cancelled_poll_closes_the_session() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.polls().aborts();
    poller.polls().expects_unknown_sid();
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn cancelling_a_poll_that_is_answered_means_nothing() {
    let world = echo();
    let poller = world.opens_polling();
    let poll = poller.polls();
    poller.sends("40");
    poll.aborts();
    poller.polls().expects(r#"42["auth",{}]"#);
    // However it was answered.
    let socket = poller.upgrades();
    let poll = poller.polls();
    socket.sends("2probe").expects("3probe");
    poll.aborts();
    let poll = poller.polls();
    socket.sends("5");
    poll.aborts();
    socket.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#);
}

#[test]
fn cancelling_a_poll_of_a_session_that_is_over_does_no_harm_to_the_next_one() {
    let world = echo();
    let poller = world.opens_polling();
    let poll = poller.polls();
    poller.sends("1");
    poll.expects("6");
    poll.aborts();
    let next = world.opens_polling();
    poll.aborts();
    next.joins();
}

#[test]
fn a_body_of_the_greatest_length_is_taken_and_a_longer_one_refused_without_harm() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    let frame = r#"42["message",""]"#.len();
    let longest = format!(r#"42["message","{}"]"#, "x".repeat(MAX_PAYLOAD - frame));
    poller.sends(&longest);
    assert_eq!(poller.polls().expects_ok().len(), MAX_PAYLOAD + "-back".len());
    poller.posts(&format!("{longest} ")).expects_too_large();
    poller.sends_unacceptable(Rejection::PayloadTooLarge).expects_too_large();
    poller.sends(r#"42["message",1]"#).polls().expects(r#"42["message-back",1]"#);
}

#[test]
fn a_body_that_is_no_text_closes_the_session() {
    let world = echo();
    let poller = world.opens_polling();
    let poll = poller.polls();
    poller.sends_unacceptable(Rejection::BadRequest).expects_bad_request();
    poll.expects("1");
    world.expects_to_be_empty();
}

#[test]
fn another_method_is_refused_without_harm() {
    let world = echo();
    let poller = world.opens_polling();
    let refused = poller.sends_unacceptable(Rejection::BadHandshakeMethod);
    refused.expects_rejection(400, r#"{"code":2,"message":"Bad handshake method"}"#);
    poller.joins();
}

#[test]
fn a_client_that_closes_its_session_gets_its_poll_back() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    let poll = poller.polls();
    poller.sends("1");
    poll.expects("6");
    poller.polls().expects_unknown_sid();
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn a_client_that_says_goodbye_and_closes_has_left() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends("41\x1e1\x1e42[\"message\",1]");
    assert_eq!(world.departures(), [Departure::Left]);
    world.expects_to_be_empty();
}

#[test]
fn one_payload_can_leave_a_namespace_and_join_it_again() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends("41\x1e40{\"again\":true}\x1e42[\"message\",1]");
    assert_eq!(world.departures(), [Departure::Left]);
    let body = poller.polls().expects_ok();
    assert!(body.ends_with("\x1e42[\"auth\",{\"again\":true}]\x1e42[\"message-back\",1]"), "{body}");
    assert_eq!(world.socket_count(), 1);
}

#[test]
fn a_session_that_the_server_closes_gets_the_rest_and_a_close_packet_with_its_next_poll() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends(r#"42["message",1]"#).sends("4garbage");
    assert_eq!(world.departures(), [Departure::Lost]);
    // Nothing that it sends counts any more.
    poller.sends(r#"42["message",2]"#).sends("40");
    world.pass(CLOSE_TIMEOUT - MILLISECOND);
    poller.polls().expects("42[\"message-back\",1]\x1e1");
    poller.polls().expects_unknown_sid();
    world.expects_to_be_empty();
}

#[test]
fn a_session_that_the_server_closes_gets_the_close_packet_with_its_open_poll() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    let poll = poller.polls();
    poller.sends("4garbage");
    poll.expects("1");
    poller.polls().expects_unknown_sid();
    world.expects_to_be_empty();
}

#[test]
fn a_close_packet_that_nobody_fetches_is_thrown_away() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    poller.sends("4garbage");
    world.pass(CLOSE_TIMEOUT);
    world.expects_to_be_empty();
    poller.polls().expects_unknown_sid();
}

#[test]
fn a_closing_session_can_close_itself() {
    for last in ["1", "garbage"] {
        let world = echo();
        let poller = world.opens_polling();
        poller.joins();
        poller.sends("4garbage").posts(last);
        world.expects_to_be_empty();
    }
}

#[test]
fn who_does_not_fetch_what_is_sent_loses_the_session() {
    let world = echo();
    let speaker = world.joins();
    let (absent, fetching) = (world.opens_polling(), world.opens_polling());
    absent.joins();
    fetching.joins();
    let text = "x".repeat(MAX_PAYLOAD / 2);
    for _ in 0..MAX_QUEUE / text.len() {
        assert_eq!(world.session_count(), 3);
        speaker.sends(&format!(r#"42["everyone","{text}"]"#));
        fetching.polls().expects_ok();
    }
    absent.polls().expects_unknown_sid();
    assert_eq!(world.departures(), [Departure::Lost]);
    assert_eq!((world.session_count(), world.socket_count()), (2, 2));
}

#[test]
fn a_ping_can_be_the_last_straw() {
    let world = echo();
    let speaker = world.joins();
    speaker.answers_pings(true);
    let absent = world.opens_polling();
    absent.joins();
    let frame = r#"42["everyone",""]"#.len();
    for _ in 0..4 {
        speaker.sends(&format!(r#"42["everyone","{}"]"#, "x".repeat(MAX_QUEUE / 4 - frame)));
    }
    assert_eq!(world.departures(), []);
    world.pass(PERIOD);
    assert_eq!(world.departures(), [Departure::Lost]);
    absent.polls().expects_unknown_sid();
}
