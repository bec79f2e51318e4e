//! Bytes in base64: as clients write them over polling, and as some want them over WebSocket.

use engineio::{Data, Packet};
use socketio::Server;

use crate::support::client::Socket;
use crate::support::world::World;
use crate::support::{echo, server};
use natter_echo::Echo;

const EVENT: &str = r#"451-["message",{"_placeholder":true,"num":0}]"#;
const EVENT_BACK: &str = r#"451-["message-back",{"_placeholder":true,"num":0}]"#;
const EVERYONE: &str = r#"451-["everyone",{"_placeholder":true,"num":0}]"#;

fn joins_with(world: &World<Server<Echo>>, query: &str) -> Socket<Server<Echo>> {
    let (exchange, socket) = world.connects(&format!("EIO=4&transport=websocket{query}"));
    exchange.expects_acceptance();
    socket.takes_text();
    socket.joins("/");
    socket.expects(r#"42["auth",{}]"#);
    socket
}

#[test]
fn base64_is_taken_in_every_form_that_encoders_write() {
    // The bytes that Node's `Buffer.from(text, 'base64')` returns for each.
    for (text, bytes) in [
        ("", &[][..]),
        ("AQID", &[1, 2, 3]),
        ("AQIDBA==", &[1, 2, 3, 4]),
        ("AQIDBA=", &[1, 2, 3, 4]),
        ("AQIDBA", &[1, 2, 3, 4]),
        ("AQIDBAU=", &[1, 2, 3, 4, 5]),
        ("AQIDBAU", &[1, 2, 3, 4, 5]),
        ("+/+/", &[0xfb, 0xff, 0xbf]),
        ("-_-_", &[0xfb, 0xff, 0xbf]),
        ("-_+/", &[0xfb, 0xff, 0xbf]),
        ("_w==", &[0xff]),
        ("_w", &[0xff]),
        ("AQ\r\nID\r\nBA==\r\n", &[1, 2, 3, 4]),
        (" A Q\tI D\n", &[1, 2, 3]),
        ("AQIDBA=\n=", &[1, 2, 3, 4]),
        // The last bits stand for nothing.
        ("AR==", &[1]),
        ("AR", &[1]),
    ] {
        let packet = Packet::decode(&format!("b{text}")).map(|packet| packet.to_string());
        assert_eq!(packet, Ok(Packet::Message(Data::Binary(bytes.into())).to_string()), "{text:?}");
    }
}

#[test]
fn what_is_no_base64_is_refused() {
    for text in ["*", "AQID*", "A", "AQIDB", "=", "AQ===", "AQ==ID==", "A=Q", "AQ\u{a0}ID", "é", "AQID\0"] {
        assert!(Packet::decode(&format!("b{text}")).is_err(), "{text:?}");
    }
}

#[test]
fn attachments_without_padding_in_the_url_alphabet_or_with_line_breaks_come_over_polling() {
    let world = echo();
    let poller = world.opens_polling();
    poller.joins();
    for (text, usual) in [("bAQ", "bAQ=="), ("b-_8", "b+/8="), ("bAQID\r\nBAUG\r\n", "bAQIDBAUG")] {
        poller.sends(&format!("{EVENT}\x1e{text}"));
        poller.polls().expects(&format!("{EVENT_BACK}\x1e{usual}"));
    }
}

#[test]
fn a_web_socket_that_asks_for_base64_gets_no_binary_frames() {
    let world = echo();
    let socket = joins_with(&world, "&b64=1");
    socket.sends(EVENT).sends("bAAECAw");
    socket.expects(EVENT_BACK).expects("bAAECAw==");
    socket.sends(EVENT).sends_bytes(&[0, 255]);
    socket.expects(EVENT_BACK).expects("bAP8=").expects_nothing();
}

#[test]
fn any_value_asks_for_base64_and_an_empty_one_does_not() {
    let world = echo();
    for (query, wants) in
        [("&b64=1", true), ("&b64=true", true), ("&b64=0", true), ("&b64=", false), ("", false)]
    {
        let socket = joins_with(&world, query);
        socket.sends(EVENT).sends_bytes(&[1, 2, 3]).expects(EVENT_BACK);
        if wants {
            socket.expects("bAQID");
        } else {
            socket.expects_bytes(&[1, 2, 3]);
        }
    }
}

#[test]
fn everyone_gets_bytes_in_the_form_that_was_asked_for() {
    let world = echo();
    let (binary, base64, poller) = (world.joins(), joins_with(&world, "&b64=1"), world.opens_polling());
    poller.joins();
    binary.sends(EVERYONE).sends_bytes(&[1, 2, 3]);
    binary.expects(EVERYONE).expects_bytes(&[1, 2, 3]).expects_nothing();
    base64.expects(EVERYONE).expects("bAQID").expects_nothing();
    poller.polls().expects(&format!("{EVERYONE}\x1ebAQID"));
}

#[test]
fn base64_is_still_wanted_after_the_sleep() {
    let world = echo();
    let (base64, binary) = (joins_with(&world, "&b64=1"), world.joins());
    for _ in 0..2 {
        world.fall_asleep_and_wake_up_with(server(Echo::default()));
        base64.sends(EVENT).sends("bAQID").expects(EVENT_BACK).expects("bAQID").expects_nothing();
        binary.sends(EVENT).sends_bytes(&[1]).expects(EVENT_BACK).expects_bytes(&[1]).expects_nothing();
    }
}

#[test]
fn base64_is_wanted_after_an_upgrade_if_either_request_asks_for_it() {
    for (first, second) in [("&b64=1", "&b64=1"), ("", "&b64=1"), ("&b64=1", "")] {
        let world = echo();
        let body = world.gets(&format!("EIO=4&transport=polling{first}")).expects_ok();
        let sid = body.split('"').nth(3).expect("a sid");
        let polling = format!("EIO=4&transport=polling&sid={sid}");
        world.posts(&polling, "40").expects("ok");
        world.gets(&polling).expects_ok();
        // Queued packets change their form with the transport.
        world.posts(&polling, &format!("{EVENT}\x1ebAQID")).expects("ok");
        let (exchange, socket) = world.connects(&format!("EIO=4&transport=websocket&sid={sid}{second}"));
        exchange.expects_acceptance();
        socket.sends("2probe").expects("3probe").sends("5");
        socket.expects(EVENT_BACK).expects("bAQID");
        socket.sends(EVENT).sends("bBA").expects(EVENT_BACK).expects("bBA==").expects_nothing();
        world.fall_asleep_and_wake_up_with(server(Echo::default()));
        socket.sends(EVENT).sends("bBA").expects(EVENT_BACK).expects("bBA==").expects_nothing();
    }
}
