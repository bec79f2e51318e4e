//! Payloads: the packets of one long-polling request or response, joined by the record separator.
//!
//! See the Engine.IO protocol, revision 4, section "HTTP long-polling".

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::frame::Frame;
use super::packet::{MalformedPacket, Packet};

/// What stands between two packets.
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

/// A binary message as an element of a payload.
pub(super) fn encode_binary(bytes: &[u8]) -> String {
    let mut element = String::with_capacity(1 + bytes.len().div_ceil(3) * 4);
    element.push('b');
    STANDARD.encode_string(bytes, &mut element);
    element
}

/// Decodes with or without padding, whatever the last, unused bits are.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes a binary message from what follows the `b`: base64 of either alphabet, with or without padding, and with white
/// space anywhere, as encoders that break lines write it. The reference server, which decodes with Node's `Buffer`, takes
/// all of these as well; what else Node skips is no base64, and refused.
pub(super) fn decode_binary(base64: &str) -> Result<Vec<u8>, MalformedPacket> {
    LENIENT.decode(&*standard(base64)).map_err(|_| MalformedPacket)
}

/// Returns the same base64 in the standard alphabet, without white space.
fn standard(base64: &str) -> Cow<'_, str> {
    let is_odd = |c: char| matches!(c, '-' | '_') || c.is_ascii_whitespace();
    if !base64.contains(is_odd) {
        return Cow::Borrowed(base64);
    }
    let standard = base64.chars().filter(|c| !c.is_ascii_whitespace()).map(|c| match c {
        '-' => '+',
        '_' => '/',
        c => c,
    });
    Cow::Owned(standard.collect())
}
