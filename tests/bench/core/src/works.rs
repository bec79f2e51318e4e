//! The list of works.

mod calls;
mod chat;
mod codec;
mod protocol;

use crate::{Step, Work};

/// All works.
pub const WORKS: &[Work] = &[
    work("engine_packet_decode", codec::decode_engine_packet),
    work("payload_decode", codec::decode_payload),
    work("payload_encode", codec::encode_payload),
    work("socket_packet_decode", codec::decode_socket_packet),
    work("socket_packet_encode", codec::encode_socket_packet),
    work("event", protocol::take_event),
    work("binary_event", protocol::reassemble_event),
    work("message_to_1000", chat::send_message),
    work("message_to_1000_with_ack", chat::send_message_with_ack),
    work("history_page", chat::load_history),
    work("newcomer_among_1000", chat::come_and_go),
    work("presence_among_1000", chat::announce_presence),
    work("heartbeat_of_1000", chat::beat),
    work("call_machine", calls::state_machine),
    work("call_among_1000", calls::call),
];

const fn work(name: &'static str, prepare: fn() -> Step) -> Work {
    Work { name, prepare }
}
