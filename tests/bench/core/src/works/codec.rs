//! Packets and payloads, decoded and encoded.

use std::hint::black_box;

use engineio::{Frame, payload};

use crate::{Step, measured};

const EVENT: &str =
    r#"420["send_message",{"text":"How are you today? The weather is fine here, and so am I."}]"#;
const MESSAGE: &str =
    r#"20["send_message",{"text":"How are you today? The weather is fine here, and so am I."}]"#;
const PACKETS_OF_A_PAYLOAD: usize = 10;

pub fn decode_engine_packet() -> Step {
    assert!(engineio::Packet::decode(EVENT).is_ok());
    measured(|| engineio::Packet::decode(black_box(EVENT)))
}

pub fn decode_payload() -> Step {
    let payload = [EVENT; PACKETS_OF_A_PAYLOAD].join("\x1e");
    assert_eq!(payload::decode(&payload).flatten().count(), PACKETS_OF_A_PAYLOAD);
    measured(move || payload::decode(black_box(&payload)).map(black_box).count())
}

pub fn encode_payload() -> Step {
    let frames = vec![Frame::message(MESSAGE); PACKETS_OF_A_PAYLOAD];
    assert_eq!(payload::encode(&frames).split('\x1e').count(), PACKETS_OF_A_PAYLOAD);
    measured(move || payload::encode(black_box(&frames)))
}

pub fn decode_socket_packet() -> Step {
    assert!(socketio::Packet::decode(MESSAGE).is_ok());
    measured(|| socketio::Packet::decode(black_box(MESSAGE)))
}

pub fn encode_socket_packet() -> Step {
    let packet = socketio::Packet {
        kind: socketio::Kind::Event { name: "new_message".into(), ack: None },
        namespace: "/".into(),
        json: r#"["new_message",{"username":"Ada","text":"How are you today?"}]"#,
        attachments: 0,
    };
    assert_eq!(packet.to_string(), format!("2{}", packet.json));
    measured(move || black_box(&packet).to_string())
}
