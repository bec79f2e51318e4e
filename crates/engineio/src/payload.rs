//! Payloads: the packets of one long-polling request or response, joined by the record separator.
//!
//! See the Engine.IO protocol, revision 4, section "HTTP long-polling".

use crate::frame::Frame;
use crate::packet::{MalformedPacket, Packet, encode_binary};

/// The separator of packets.
pub const SEPARATOR: char = '\x1e';

/// Decodes the packets of a payload one after the other, so that those before a malformed one still count.
pub fn decode(payload: &str) -> impl Iterator<Item = Result<Packet<'_>, MalformedPacket>> {
    payload.split(SEPARATOR).map(Packet::decode)
}

/// Encodes frames as one payload.
pub fn encode(frames: &[Frame]) -> String {
    let mut payload = String::with_capacity(frames.iter().map(|frame| frame.len() + 1).sum());
    for (index, frame) in frames.iter().enumerate() {
        if index > 0 {
            payload.push(SEPARATOR);
        }
        match frame {
            Frame::Text(text) => payload.push_str(text),
            Frame::Binary(bytes) => payload.push_str(&encode_binary(bytes)),
        }
    }
    payload
}
