//! Round trips: decoding undoes encoding, and encoding undoes decoding.

use std::borrow::Cow;

use engineio::{Data, Frame, payload};
use proptest::prelude::*;
use serde_json::{Value, json};
use socketio::{Kind, MAX_ATTACHMENTS};

/// An Engine.IO packet; its text contains no separator, as JSON never does.
fn engine_packet() -> impl Strategy<Value = engineio::Packet<'static>> {
    fn leak(text: String) -> &'static str {
        Box::leak(text.into_boxed_str())
    }

    let text = "[^\x1e]{0,20}";
    prop_oneof![
        text.prop_map(|text| engineio::Packet::Open(leak(text))),
        Just(engineio::Packet::Close),
        text.prop_map(|text| engineio::Packet::Ping(leak(text))),
        text.prop_map(|text| engineio::Packet::Pong(leak(text))),
        text.prop_map(|text| engineio::Packet::Message(Data::Text(leak(text)))),
        prop::collection::vec(any::<u8>(), 0..50)
            .prop_map(|bytes| engineio::Packet::Message(Data::Binary(Cow::Owned(bytes)))),
        Just(engineio::Packet::Upgrade),
        Just(engineio::Packet::Noop),
    ]
}

pub fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e6..1e6).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A Socket.IO packet: its kind, its namespace, its JSON and the number of its attachments.
fn socket_packet() -> impl Strategy<Value = (Kind, String, String, usize)> {
    let namespace = prop_oneof![Just("/".to_owned()), "/[^,]{1,10}"];
    let id = 0..1_u64 << 53;
    let list = prop::collection::vec(json_value(), 0..4);
    let attachments = 0..=MAX_ATTACHMENTS;
    let packet = (any::<prop::sample::Index>(), id, "\\PC{0,10}", list, attachments);
    (namespace, packet).prop_map(|(namespace, (which, id, name, list, attachments))| {
        // The names that are reserved have no question mark.
        let name = format!("{name}?");
        let arguments = std::iter::once(json!(name)).chain(list.iter().cloned()).collect::<Vec<_>>();
        let (kind, json, attachments) = match which.index(7) {
            0 => (Kind::Connect, String::new(), 0),
            1 => (Kind::Connect, json!({ "auth": list }).to_string(), 0),
            2 => (Kind::Disconnect, String::new(), 0),
            3 => (Kind::ConnectError, json!({ "message": name }).to_string(), 0),
            4 => (Kind::Event { name, ack: None }, json!(arguments).to_string(), attachments),
            5 => (Kind::Event { name, ack: Some(id) }, json!(arguments).to_string(), attachments),
            _ => (Kind::Ack { id }, json!(list).to_string(), attachments),
        };
        (kind, namespace, json, attachments)
    })
}

proptest! {
    #[test]
    fn every_engine_packet_comes_back(packet in engine_packet()) {
        let text = packet.to_string();
        prop_assert_eq!(engineio::Packet::decode(&text), Ok(packet));
    }

    #[test]
    fn every_payload_comes_back(packets in prop::collection::vec(engine_packet(), 1..8)) {
        let frames: Vec<Frame> = packets.iter().cloned().map(Frame::from).collect();
        let encoded = payload::encode(&frames);
        let decoded: Result<Vec<_>, _> = payload::decode(&encoded).collect();
        prop_assert_eq!(decoded, Ok(packets));
    }

    #[test]
    fn a_frame_carries_what_its_packet_says(packet in engine_packet()) {
        match (Frame::from(packet.clone()), packet) {
            (Frame::Binary(frame), engineio::Packet::Message(Data::Binary(bytes))) => prop_assert_eq!(&*frame, &*bytes),
            (Frame::Text(frame), packet) => prop_assert_eq!(engineio::Packet::decode(&frame), Ok(packet)),
            (frame, packet) => prop_assert!(false, "{:?} for {:?}", frame, packet),
        }
    }

    #[test]
    fn every_socket_packet_comes_back((kind, namespace, json, attachments) in socket_packet()) {
        let packet = socketio::Packet { kind, namespace: namespace.into(), json: &json, attachments };
        let text = packet.to_string();
        prop_assert_eq!(socketio::Packet::decode(&text), Ok(packet));
    }
}
