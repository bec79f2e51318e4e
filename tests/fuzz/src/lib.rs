//! The bodies of the fuzz targets. Each takes arbitrary bytes, and panics if the core breaks an invariant.
//!
//! `npm run fuzz` lets libFuzzer look for such bytes. What it has found and what was written by hand lies in `corpus/`,
//! and is replayed by the native tests, which include this file.

mod operations;
mod script;
mod world;

use std::str;

use engineio::{Data, Frame, payload};
use natter_echo::elements;
use socketio::{Kind, MAX_ATTACHMENTS};

pub use operations::operations;

/// Checks that an Engine.IO packet is encoded as it was decoded, and that any bytes can be a binary message.
pub fn engine_packet(input: &[u8]) {
    let message = engineio::Packet::Message(Data::Binary(input.into()));
    assert_eq!(engineio::Packet::decode(&message.to_string()), Ok(message.clone()));
    assert_eq!(Frame::from(message), Frame::binary(input.into()));

    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(packet) = engineio::Packet::decode(text) {
        assert_written(&packet, text);
    }
    let message = Frame::message(text);
    assert_eq!(Frame::from(engineio::Packet::Message(Data::Text(text))), message);
    assert_eq!(message.len(), text.len() + 1);
}

/// Checks that a packet is encoded as it was decoded, except for base64, which has several forms.
#[track_caller]
fn assert_written(packet: &engineio::Packet<'_>, text: &str) {
    let written = packet.to_string();
    match packet {
        engineio::Packet::Message(Data::Binary(_)) => {
            assert!(text.starts_with('b'));
            assert_eq!(engineio::Packet::decode(&written).as_ref(), Ok(packet));
        }
        _ => assert_eq!(written, text),
    }
}

/// Checks that an Engine.IO payload is encoded as it was decoded.
pub fn engine_payload(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let packets: Vec<_> = payload::decode(text).collect();
    assert_eq!(packets.len(), text.matches(payload::SEPARATOR).count() + 1);
    // A malformed packet does not affect those around it.
    let well_formed: Vec<_> = packets.iter().flatten().cloned().map(Frame::from).collect();
    let encoded = payload::encode(&well_formed);
    for (packet, text) in packets.iter().zip(text.split(payload::SEPARATOR)) {
        if let Ok(packet) = packet {
            assert_written(packet, text);
        }
    }
    if !well_formed.is_empty() {
        assert!(packets.into_iter().flatten().map(Ok).eq(payload::decode(&encoded)));
    }
}

/// Checks that a Socket.IO packet survives encoding and decoding, and is within all limits.
pub fn socket_packet(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let Ok(packet) = socketio::Packet::decode(text) else { return };
    let encoded = packet.to_string();
    assert_eq!(socketio::Packet::decode(&encoded), Ok(packet.clone()), "{encoded}");
    assert!(packet.namespace.starts_with('/'));
    assert!(packet.attachments <= MAX_ATTACHMENTS);
    match packet.kind {
        Kind::Event { .. } | Kind::Unreadable { .. } => assert!(!elements(packet.json).is_empty()),
        Kind::Ack { .. } => drop(elements(packet.json)),
        Kind::Connect => assert!(packet.json.is_empty() || packet.json.trim_start().starts_with('{')),
        Kind::Disconnect => assert!(packet.json.is_empty()),
        Kind::ConnectError => assert!(!packet.json.is_empty()),
    }
}
