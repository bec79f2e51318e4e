//! Opening a session, and being refused.

use engineio::Rejection;
use serde_json::{Value, json};
use socketio::Service;

use crate::support::client::Exchange;
use crate::support::{MAX_PAYLOAD, PING_INTERVAL, PING_TIMEOUT, echo};

const TRANSPORT_UNKNOWN: &str = r#"{"code":0,"message":"Transport unknown"}"#;
const UNKNOWN_SID: &str = r#"{"code":1,"message":"Session ID unknown"}"#;
const BAD_METHOD: &str = r#"{"code":2,"message":"Bad handshake method"}"#;
const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;
const UNSUPPORTED_VERSION: &str = r#"{"code":5,"message":"Unsupported protocol version"}"#;

/// The fields of an open packet without its sid, whose form is checked here.
#[track_caller]
fn open_packet(text: &str) -> Value {
    let mut open: Value =
        serde_json::from_str(text.strip_prefix('0').expect("an open packet")).expect("JSON");
    let sid = open.as_object_mut().expect("an object").remove("sid").expect("a sid");
    let sid = sid.as_str().expect("text");
    assert_eq!(sid.len(), 20);
    assert!(sid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{sid}");
    open
}

fn parameters(upgrades: &[&str]) -> Value {
    json!({
        "upgrades": upgrades,
        "pingInterval": PING_INTERVAL.as_millis() as u64,
        "pingTimeout": PING_TIMEOUT.as_millis() as u64,
        "maxPayload": MAX_PAYLOAD,
    })
}

#[test]
fn a_get_opens_a_polling_session_that_can_be_upgraded() {
    let exchange = echo().gets("EIO=4&transport=polling&t=abc");
    assert_eq!(open_packet(&exchange.expects_ok()), parameters(&["websocket"]));
    assert_eq!(exchange.response().content_type, Some("text/plain; charset=UTF-8"));
}

#[test]
fn a_web_socket_opens_a_session_that_needs_no_upgrade() {
    let (exchange, socket) = echo().connects("EIO=4&transport=websocket");
    exchange.expects_acceptance();
    assert_eq!(open_packet(&socket.takes_text()), parameters(&[]));
    socket.expects_nothing();
}

#[test]
fn every_session_has_another_sid() {
    let world = echo();
    let (first, second) = (world.opens_polling(), world.opens_polling());
    assert_ne!(first.sid, second.sid);
}

#[test]
fn of_a_repeated_parameter_the_first_counts() {
    let world = echo();
    world.gets("EIO=4&EIO=3&transport=polling&transport=websocket").expects_ok();
}

#[track_caller]
fn refused<S: Service>(exchange: &Exchange<S>, body: &str) {
    exchange.expects_rejection(400, body);
}

#[test]
fn a_get_is_refused_with_the_code_of_the_reference() {
    let world = echo();
    for (query, body) in [
        ("EIO=4", TRANSPORT_UNKNOWN),
        ("EIO=4&transport=", TRANSPORT_UNKNOWN),
        ("EIO=4&transport=abc", TRANSPORT_UNKNOWN),
        ("EIO=4&transport=webtransport", TRANSPORT_UNKNOWN),
        ("transport=abc&sid=unknown", TRANSPORT_UNKNOWN),
        ("EIO=4&transport=polling&sid=unknown", UNKNOWN_SID),
        ("transport=polling&sid=unknown", UNKNOWN_SID),
        ("EIO=4&transport=websocket", BAD_REQUEST),
        ("transport=websocket", BAD_REQUEST),
        ("transport=polling", UNSUPPORTED_VERSION),
        ("EIO=abc&transport=polling", UNSUPPORTED_VERSION),
        ("EIO=3&transport=polling", UNSUPPORTED_VERSION),
    ] {
        refused(&world.gets(query), body);
    }
    world.expects_to_be_empty();
}

#[test]
fn a_post_opens_no_session() {
    let world = echo();
    for (query, body) in [
        ("EIO=4", TRANSPORT_UNKNOWN),
        ("EIO=4&transport=polling", BAD_METHOD),
        ("EIO=4&transport=websocket", BAD_METHOD),
        ("EIO=3&transport=polling", BAD_METHOD),
        ("EIO=4&transport=polling&sid=unknown", UNKNOWN_SID),
    ] {
        refused(&world.posts(query, "4hello"), body);
        refused(&world.sends_unacceptable(query, Rejection::BadHandshakeMethod), body);
    }
    world.expects_to_be_empty();
}

#[test]
fn a_web_socket_is_refused_before_it_is_accepted() {
    let world = echo();
    for (query, body) in [
        ("EIO=4", TRANSPORT_UNKNOWN),
        ("EIO=4&transport=abc", TRANSPORT_UNKNOWN),
        ("EIO=4&transport=polling", BAD_REQUEST),
        ("EIO=4&transport=websocket&sid=unknown", UNKNOWN_SID),
        ("transport=websocket", UNSUPPORTED_VERSION),
        ("EIO=3&transport=websocket", UNSUPPORTED_VERSION),
    ] {
        let (exchange, socket) = world.connects(query);
        refused(&exchange, body);
        assert!(!socket.is_open());
    }
    world.expects_to_be_empty();
}

#[test]
fn every_rejection_has_a_status_and_all_but_one_a_body() {
    for (rejection, status, body) in [
        (Rejection::TransportUnknown, 400, Some(TRANSPORT_UNKNOWN)),
        (Rejection::UnknownSid, 400, Some(UNKNOWN_SID)),
        (Rejection::BadHandshakeMethod, 400, Some(BAD_METHOD)),
        (Rejection::BadRequest, 400, Some(BAD_REQUEST)),
        (Rejection::Forbidden, 403, Some(r#"{"code":4,"message":"Forbidden"}"#)),
        (Rejection::UnsupportedProtocolVersion, 400, Some(UNSUPPORTED_VERSION)),
        (Rejection::PayloadTooLarge, 413, None),
    ] {
        assert_eq!((rejection.status(), rejection.body().as_deref()), (status, body));
    }
}

#[test]
fn a_request_must_fit_the_transport_of_its_session() {
    let world = echo();
    let poller = world.opens_polling();
    world.gets(&format!("EIO=4&transport=websocket&sid={}", poller.sid)).expects_bad_request();
    world.posts(&format!("EIO=4&transport=websocket&sid={}", poller.sid), "4hello").expects_bad_request();
    let socket = poller.is_upgraded();
    poller.polls().expects_bad_request();
    poller.posts("4hello").expects_bad_request();
    socket.expects_nothing();
}

#[test]
fn an_empty_session_id_is_none() {
    let world = echo();
    assert!(world.gets("EIO=4&transport=polling&sid=").expects_ok().starts_with("0{"));
    world.connects("EIO=4&transport=websocket&sid=").0.expects_acceptance();
    assert_eq!(world.session_count(), 2);
    refused(&world.posts("EIO=4&transport=polling&sid=", "40"), BAD_METHOD);
}

#[test]
fn the_first_subprotocol_that_is_offered_is_taken() {
    let longest = "x".repeat(256);
    for (offered, taken) in [
        ("chat", Some("chat")),
        ("chat, other", Some("chat")),
        ("chat,other", Some("chat")),
        ("\tchat\t ,other", Some("chat")),
        ("v1.chat+json!#$%&'*-^_`|~", Some("v1.chat+json!#$%&'*-^_`|~")),
        (&format!("chat, {}", "x".repeat(10_000)), Some("chat")),
        (&format!("chat{}", ", other".repeat(1_500)), Some("chat")),
        (&longest, Some(&*longest)),
        // Malformed, or too long.
        (&"x".repeat(257), None),
        (&"x".repeat(10_000), None),
        ("", None),
        (" ", None),
        (",chat", None),
        (", chat", None),
        ("two words, chat", None),
        ("chat/1, other", None),
        ("\"chat\"", None),
        ("ch\u{e4}t", None),
        ("chat\r\nX-Injected: 1", None),
        ("chat\0", None),
    ] {
        assert_eq!(engineio::subprotocol(offered), taken, "{offered:?}");
    }
}
