//! Does one piece of work of the core so many times: `natter-bench-core WORK TIMES`. Run under callgrind, once with 0 times
//! and once with many, it tells how many instructions the work takes, whatever else the machine is doing.

use std::hint::black_box;

use natter::engine::{self, Frame, payload};
use natter::socket;

const EVENT: &str =
    r#"420["send_message",{"text":"How are you today? The weather is fine here, and so am I."}]"#;
const MESSAGE: &str =
    r#"20["send_message",{"text":"How are you today? The weather is fine here, and so am I."}]"#;
const PACKETS_OF_A_PAYLOAD: usize = 10;

type Work = fn();

/// What there is to do, by name.
const WORKS: [(&str, Work); 5] = [
    ("engine_packet_decode", || drop(black_box(engine::Packet::decode(black_box(EVENT))))),
    ("payload_decode", decode_payload),
    ("payload_encode", encode_payload),
    ("socket_packet_decode", || drop(black_box(socket::Packet::decode(black_box(MESSAGE))))),
    ("socket_packet_encode", encode_packet),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, times] = arguments.as_slice() else { panic!("name the work and how often to do it") };
    let (_, work) = WORKS.into_iter().find(|(known, _)| known == name).expect("the work is known");
    for _ in 0..times.parse().expect("a number of times") {
        work();
    }
}

fn decode_payload() {
    let payload = [EVENT; PACKETS_OF_A_PAYLOAD].join("\x1e");
    assert_eq!(payload::decode(black_box(&payload)).flatten().count(), PACKETS_OF_A_PAYLOAD);
}

fn encode_payload() {
    let frames = vec![Frame::message(MESSAGE); PACKETS_OF_A_PAYLOAD];
    black_box(payload::encode(black_box(&frames)));
}

fn encode_packet() {
    let packet = socket::Packet {
        kind: socket::Kind::Event { name: "new_message".into(), ack: None },
        namespace: "/".into(),
        json: r#"["new_message",{"username":"Ada","text":"How are you today?"}]"#,
        attachments: 0,
    };
    black_box(black_box(packet).to_string());
}
