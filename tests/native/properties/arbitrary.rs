//! Whatever comes is understood or refused, and nothing panics.

use engineio::{Data, Frame, Rejection, payload};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::round_trips::json_value;
use crate::support::room::Room;
use crate::support::{LIFETIME, echo};

/// Text, more or less like what a client would send.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        // Like Engine.IO packets, alone and as a payload.
        "[0-6b]\\PC{0,10}",
        "[0-6b][a-zA-Z0-9+/=]{0,8}(\x1e[0-6b]?\\PC{0,5}){0,3}",
        // Like Socket.IO packets.
        "[0-7](1?[0-9]-)?(/[a-z?]{0,6},?)?[0-9]{0,3}\\[\"[a-z_]{0,8}\"(,[0-9\\[\\]{}\":a-z]{0,8}){0,3}\\]?",
        "4[0-7](1?[0-9]-)?(/(custom)?,)?[0-9]{0,3}\\[\"(message|everyone|ask|message-with-ack)\"(,[0-9]{1,3}){0,3}\\]?",
        "45[0-3]-\\[\"message\"(,\\{\"_placeholder\":true,\"num\":[0-3]\\}){0,3}\\]",
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..40)
}

proptest! {
    #[test]
    fn an_engine_packet_is_refused_or_says_what_was_written(text in text()) {
        if let Ok(packet) = engineio::Packet::decode(&text) {
            let written = packet.to_string();
            match packet {
                // Base64 can be written in more than one way.
                engineio::Packet::Message(Data::Binary(_)) => {
                    prop_assert!(text.starts_with('b'));
                    prop_assert_eq!(engineio::Packet::decode(&written), Ok(packet));
                }
                _ => prop_assert_eq!(written, text),
            }
        }
    }

    #[test]
    fn a_payload_is_refused_or_says_what_was_written(text in text()) {
        let packets: Result<Vec<_>, _> = payload::decode(&text).collect();
        if let Ok(packets) = packets {
            let written: Vec<_> = packets.iter().map(ToString::to_string).collect();
            let written = written.join("\x1e");
            prop_assert_eq!(payload::decode(&written).collect::<Result<Vec<_>, _>>(), Ok(packets));
            prop_assert!(text.contains('b') || written == text);
        }
    }

    #[test]
    fn a_socket_packet_is_refused_or_can_be_written_again(text in text()) {
        if let Ok(packet) = socketio::Packet::decode(&text) {
            let written = packet.to_string();
            prop_assert_eq!(socketio::Packet::decode(&written), Ok(packet));
        }
    }

    #[test]
    fn a_web_socket_may_send_anything(
        frames in prop::collection::vec(prop_oneof![text().prop_map(Ok), bytes().prop_map(Err)], 1..6),
        joins in any::<bool>(),
    ) {
        let world = echo();
        let witness = world.joins();
        let socket = if joins { world.joins() } else { world.opens_web_socket() };
        for frame in frames {
            match frame {
                Ok(text) => socket.sends(&text),
                Err(bytes) => socket.sends_bytes(&bytes),
            };
        }
        // Nobody else comes to harm.
        witness.takes_all();
        witness.sends(r#"42["message",1]"#).expects(r#"42["message-back",1]"#);
        world.pass(LIFETIME);
        world.expects_to_be_empty();
    }

    #[test]
    fn a_request_may_be_anything(
        query in "((EIO|transport|sid|t)=(3|4|polling|websocket|abc|é|),?&?){0,5}",
        body in text(),
        rejection in prop::sample::select(vec![Rejection::BadRequest, Rejection::PayloadTooLarge]),
    ) {
        let world = echo();
        let (_, socket) = world.connects(&query);
        socket.goes_away();
        for response in [
            world.gets(&query).response(),
            world.posts(&query, &body).response(),
            world.sends_unacceptable(&query, rejection).response(),
        ] {
            match response.status {
                200 => {}
                400 => {
                    let body: Value = serde_json::from_str(&response.body).unwrap();
                    prop_assert!(body["code"].is_u64() && body["message"].is_string());
                }
                status => prop_assert_eq!((status, response.body.as_str()), (413, "")),
            }
        }
        world.pass(LIFETIME);
        world.expects_to_be_empty();
    }

    #[test]
    fn a_poller_may_post_anything(bodies in prop::collection::vec(text(), 1..6)) {
        let world = echo();
        let poller = world.opens_polling();
        poller.joins();
        for body in bodies {
            let status = poller.posts(&body).response().status;
            prop_assert!(matches!(status, 200 | 400), "{}", status);
        }
        world.pass(2 * LIFETIME);
        world.expects_to_be_empty();
    }
}

proptest! {
    // Every case opens a database.
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 4, ..ProptestConfig::default() })]

    #[test]
    fn an_event_of_the_chat_may_carry_anything_and_is_answered_once(
        event in prop::sample::select(vec![
            "send_message", "load_history", "call_user", "call_answer", "ice_candidate", "end_call", "anything",
        ]),
        field in prop::sample::select(vec!["text", "clientId", "to", "offer", "candidate", "before", "limit"]),
        value in json_value(),
        argument in json_value(),
    ) {
        let room = Room::new();
        let alice = room.enters("Alice");
        for argument in [argument, json!({ field: value }), json!({ "text": "a", "to": "Bob", field: value })] {
            alice.socket.sends(&format!("427{}", json!([event, argument])));
            let is_answer = |frame| match frame {
                Frame::Text(text) => text.strip_prefix("437").map(str::to_owned),
                Frame::Binary(_) => None,
            };
            let answers: Vec<_> = alice.socket.takes_all().into_iter().filter_map(is_answer).collect();
            prop_assert_eq!(answers.len(), 1);
            let answer: [Value; 1] = serde_json::from_str(&answers[0]).unwrap();
            let is_refused = answer[0]["code"].is_string() && answer[0]["error"].is_string();
            prop_assert_eq!(&answer[0]["ok"], &json!(!is_refused));
        }
        prop_assert!(alice.socket.is_open());
        prop_assert!(room.world.take_log().is_empty());
    }
}
