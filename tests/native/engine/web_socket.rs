//! Sessions over WebSocket.

use socketio::Departure;

use crate::support::{MAX_PAYLOAD, echo};

/// Close codes (RFC 6455, section 7.4.1).
const NORMAL: u16 = 1000;
const MESSAGE_TOO_BIG: u16 = 1009;

#[test]
fn text_and_bytes_come_back_as_they_went() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"42["message","hé\u0000llo 🎉"]"#).expects(r#"42["message-back","hé\u0000llo 🎉"]"#);
    socket.sends(r#"451-["message",{"_placeholder":true,"num":0}]"#).sends_bytes(&[0, 255, 30]);
    socket.expects(r#"451-["message-back",{"_placeholder":true,"num":0}]"#).expects_bytes(&[0, 255, 30]);
    socket.expects_nothing();
}

#[test]
fn a_client_that_is_told_to_may_send_bytes_as_base64() {
    // The option `forceBase64` of the client.
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"451-["message",{"_placeholder":true,"num":0}]"#).sends("bAAECAw==");
    socket.expects(r#"451-["message-back",{"_placeholder":true,"num":0}]"#).expects_bytes(&[0, 1, 2, 3]);
}

#[test]
fn garbage_closes_the_session() {
    for garbage in ["", "abc", "9", "é", "1more", "2", "2probe", "0{}", "b*", "4", "4\x1e4"] {
        let world = echo();
        let socket = world.joins();
        socket.sends(garbage).expects_close(NORMAL);
        assert_eq!(world.departures(), [Departure::Lost]);
        world.expects_to_be_empty();
    }
}

#[test]
fn bytes_that_nobody_announced_close_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.sends_bytes(&[1, 2, 3]).expects_close(NORMAL);
    world.expects_to_be_empty();
}

#[test]
fn a_frame_of_the_greatest_length_is_taken_and_a_longer_one_closes_the_session() {
    let world = echo();
    let socket = world.joins();
    let frame = r#"42["message",""]"#.len();
    let longest = format!(r#"42["message","{}"]"#, "x".repeat(MAX_PAYLOAD - frame));
    socket.sends(&longest);
    assert_eq!(socket.takes_text().len(), MAX_PAYLOAD + "-back".len());
    socket.sends(&format!("{longest} ")).expects_close(MESSAGE_TOO_BIG);
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn bytes_that_are_too_many_close_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.sends(r#"451-["message",{"_placeholder":true,"num":0}]"#).sends_bytes(&vec![0; MAX_PAYLOAD + 1]);
    socket.expects_close(MESSAGE_TOO_BIG);
    world.expects_to_be_empty();
}

#[test]
fn a_frame_that_was_too_long_to_be_read_closes_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.sends_an_oversized_frame().expects_close(MESSAGE_TOO_BIG);
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn a_close_packet_closes_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.sends("1").expects_close(NORMAL);
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn a_web_socket_that_goes_away_ends_the_session() {
    let world = echo();
    let socket = world.joins();
    socket.goes_away();
    assert_eq!(world.departures(), [Departure::Lost]);
    world.expects_to_be_empty();
}

#[test]
fn pongs_and_noops_are_taken_in_silence() {
    let world = echo();
    world.joins().sends("3").sends("3anything").sends("6").expects_nothing();
}

#[test]
fn the_number_of_a_closed_web_socket_can_be_used_again() {
    let world = echo();
    let (first, second) = (world.joins(), world.joins());
    first.sends("garbage");
    let third = world.joins();
    second.sends(r#"42["message",2]"#).expects(r#"42["message-back",2]"#);
    third.sends(r#"42["message",3]"#).expects(r#"42["message-back",3]"#);
    first.expects_close(NORMAL);
    assert_eq!(world.session_count(), 2);
}

#[test]
fn everyone_gets_what_is_meant_for_everyone_over_either_transport() {
    let world = echo();
    let (first, second, poller) = (world.joins(), world.joins(), world.opens_polling());
    poller.joins();
    let poll = poller.polls();
    let outsider = world.opens_web_socket();
    outsider.joins("/custom");
    outsider.expects(r#"42/custom,["auth",{}]"#);
    first.sends(r#"42["everyone","hello"]"#).expects(r#"42["everyone","hello"]"#);
    second.expects(r#"42["everyone","hello"]"#);
    poll.expects(r#"42["everyone","hello"]"#);
    outsider.expects_nothing();
}
