//! From polling to WebSocket.

use std::time::Duration;

use socketio::{Server, Service};

use crate::support::client::{Poller, Socket};
use crate::support::world::World;
use crate::support::{MAX_PAYLOAD, MILLISECOND, UPGRADE_TIMEOUT, echo};
use natter_echo::Echo;

/// Close codes (RFC 6455, section 7.4.1).
const NORMAL: u16 = 1000;
const POLICY_VIOLATION: u16 = 1008;
const MESSAGE_TOO_BIG: u16 = 1009;

/// How long a poll that comes during an upgrade waits.
const NOOP_DELAY: Duration = Duration::from_millis(100);

fn joined() -> (World<Server<Echo>>, Poller<Server<Echo>>) {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    (world, poller)
}

#[track_caller]
fn echoes<S: Service>(socket: &Socket<S>) {
    socket.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#).expects_nothing();
}

/// The session is whole and polls as before.
#[track_caller]
fn goes_on_polling<S: Service>(poller: &Poller<S>) {
    poller.sends(r#"42["message",1]"#).polls().expects(r#"42["message-back",1]"#);
}

#[test]
fn a_session_is_upgraded() {
    let (_, poller) = joined();
    let socket = poller.upgrades();
    socket.expects_nothing();
    socket.sends("2probe").expects("3probe").sends("5").expects_nothing();
    echoes(&socket);
    poller.polls().expects_bad_request();
}

#[test]
fn the_probe_sends_an_open_poll_home_with_a_noop() {
    let (_, poller) = joined();
    let poll = poller.polls();
    let socket = poller.upgrades();
    poll.waits();
    socket.sends("2probe").expects("3probe");
    poll.expects("6");
    echoes(socket.sends("5"));
}

#[test]
fn every_poll_during_an_upgrade_is_sent_home_after_a_moment() {
    let (world, poller) = joined();
    let socket = poller.upgrades();
    socket.sends("2probe").expects("3probe");
    for _ in 0..3 {
        let poll = poller.polls();
        world.pass(NOOP_DELAY - MILLISECOND);
        poll.waits();
        world.pass(MILLISECOND);
        poll.expects("6");
    }
    echoes(socket.sends("5"));
}

#[test]
fn until_the_upgrade_is_complete_messages_go_by_polling() {
    let (_, poller) = joined();
    let socket = poller.upgrades();
    goes_on_polling(&poller);
    socket.sends("2probe").expects("3probe");
    goes_on_polling(&poller);
    let poll = poller.polls();
    poller.sends(r#"42["message",2]"#);
    poll.expects(r#"42["message-back",2]"#);
    socket.expects_nothing();
}

#[test]
fn what_waits_for_a_poll_is_flushed_to_the_web_socket_in_order() {
    let (_, poller) = joined();
    let socket = poller.upgrades();
    socket.sends("2probe").expects("3probe");
    poller.sends("42[\"message\",1]\x1e451-[\"message\",{\"_placeholder\":true,\"num\":0}]\x1ebAQID");
    poller.sends(r#"42["message",2]"#);
    socket.sends("5");
    socket
        .expects(r#"42["message-back",1]"#)
        .expects(r#"451-["message-back",{"_placeholder":true,"num":0}]"#)
        .expects_bytes(&[1, 2, 3])
        .expects(r#"42["message-back",2]"#);
    echoes(&socket);
}

#[test]
fn a_poll_that_is_open_when_the_upgrade_completes_is_refused() {
    let (world, poller) = joined();
    let socket = poller.upgrades();
    socket.sends("2probe").expects("3probe");
    let poll = poller.polls();
    socket.sends("5");
    poll.expects_bad_request();
    world.pass(UPGRADE_TIMEOUT);
    echoes(&socket);
}

#[test]
fn messages_over_the_new_transport_follow_the_upgrade_at_once() {
    let (_, poller) = joined();
    let socket = poller.upgrades();
    socket.sends("2probe").sends("5").sends(r#"42["message",1]"#);
    socket.expects("3probe").expects(r#"42["message-back",1]"#);
}

#[test]
fn a_second_upgrade_is_refused_and_the_first_goes_on() {
    let (_, poller) = joined();
    let first = poller.upgrades();
    let second = poller.upgrades();
    second.expects_close(NORMAL);
    first.sends("2probe").expects("3probe");
    let third = poller.upgrades();
    third.expects_close(NORMAL);
    echoes(first.sends("5"));
}

#[test]
fn a_late_upgrade_is_refused_and_the_session_stays_whole() {
    let (_, poller) = joined();
    let socket = poller.is_upgraded();
    let late = poller.upgrades();
    late.sends("2probe").expects_close(NORMAL);
    echoes(&socket);
}

#[test]
fn a_session_over_web_socket_cannot_be_upgraded() {
    let world = echo();
    let (_, socket) = world.connects("EIO=4&transport=websocket");
    let open: serde_json::Value = serde_json::from_str(&socket.takes_text()[1..]).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let (exchange, second) = world.connects(&format!("EIO=4&transport=websocket&sid={sid}"));
    exchange.expects_acceptance();
    second.expects_close(NORMAL);
    socket.expects_nothing();
}

#[test]
fn an_upgrade_that_takes_too_long_is_given_up_and_polling_goes_on() {
    for probes in [false, true] {
        let (world, poller) = joined();
        let socket = poller.upgrades();
        if probes {
            socket.sends("2probe").expects("3probe");
        }
        world.pass(UPGRADE_TIMEOUT - MILLISECOND);
        socket.expects_nothing();
        world.pass(MILLISECOND);
        socket.expects_close(POLICY_VIOLATION);
        goes_on_polling(&poller);
        echoes(&poller.is_upgraded());
    }
}

#[test]
fn a_packet_that_is_out_of_place_ends_the_upgrade_and_polling_goes_on() {
    for wrong in ["", "garbage", "2", "2other", "3probe", "4hello", "1", "6"] {
        let (_, poller) = joined();
        let socket = poller.upgrades();
        socket.sends(wrong).expects_close(NORMAL);
        goes_on_polling(&poller);
        echoes(&poller.is_upgraded());
    }
    let (_, poller) = joined();
    let socket = poller.upgrades();
    socket.sends_bytes(b"2probe").expects_close(NORMAL);
    goes_on_polling(&poller);
}

#[test]
fn a_frame_that_is_too_big_ends_the_upgrade_and_polling_goes_on() {
    let (_, poller) = joined();
    let socket = poller.upgrades();
    socket.sends(&"2".repeat(MAX_PAYLOAD + 1)).expects_close(MESSAGE_TOO_BIG);
    goes_on_polling(&poller);
}

#[test]
fn a_web_socket_that_goes_away_in_the_middle_does_no_harm() {
    for probes in [false, true] {
        let (world, poller) = joined();
        let socket = poller.upgrades();
        if probes {
            socket.sends("2probe").expects("3probe");
        }
        let poll = poller.polls();
        socket.goes_away();
        world.pass(UPGRADE_TIMEOUT);
        poll.waits();
        poller.sends(r#"42["message",1]"#);
        poll.expects(r#"42["message-back",1]"#);
        echoes(&poller.is_upgraded());
    }
}

#[test]
fn a_session_that_closes_in_the_middle_takes_the_web_socket_along() {
    for last in ["1", "garbage"] {
        let (world, poller) = joined();
        let socket = poller.upgrades();
        socket.sends("2probe").expects("3probe");
        poller.posts(last);
        socket.expects_close(NORMAL);
        assert_eq!(world.open_sockets(), 0);
        assert_eq!(world.departures().len(), 1);
    }
}

/// A client that has probed and not yet changed over, whom the server has said something and then closed.
fn closed_after_probe() -> (Poller<Server<Echo>>, Socket<Server<Echo>>) {
    let (world, poller) = joined();
    let socket = poller.upgrades();
    socket.sends("2probe").expects("3probe");
    poller.sends("42[\"message\",1]\x1e4garbage");
    assert_eq!(world.departures().len(), 1);
    socket.expects_nothing();
    (poller, socket)
}

#[test]
fn a_session_that_the_server_closes_after_the_probe_ends_with_the_upgrade() {
    let (Poller { world, .. }, socket) = closed_after_probe();
    socket.sends("5").expects(r#"42["message-back",1]"#).expects_close(NORMAL);
    world.expects_to_be_empty();
}

#[test]
fn a_session_that_the_server_closes_after_the_probe_ends_with_the_next_poll() {
    let (poller, socket) = closed_after_probe();
    poller.polls().expects("42[\"message-back\",1]\x1e1");
    socket.expects_close(NORMAL);
    poller.world.expects_to_be_empty();
}

#[test]
fn a_session_that_the_server_closes_after_the_probe_ends_by_itself() {
    let (Poller { world, .. }, socket) = closed_after_probe();
    world.pass(UPGRADE_TIMEOUT);
    socket.expects_close(POLICY_VIOLATION);
    world.pass(Duration::from_secs(30));
    world.expects_to_be_empty();
}

#[test]
fn a_session_that_the_server_closes_before_the_probe_gives_up_the_upgrade() {
    let (world, poller) = joined();
    let socket = poller.upgrades();
    poller.sends("4garbage");
    socket.expects_close(NORMAL);
    poller.polls().expects("1");
    world.expects_to_be_empty();
}
