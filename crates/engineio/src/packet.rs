//! Engine.IO packets, as one WebSocket frame or one element of a polling payload carries them.
//!
//! See the Engine.IO protocol, revision 4, sections "Packet encoding" and "Message encoding".

use std::borrow::Cow;
use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// One packet, borrowing its content from the frame or payload it came in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Packet<'a> {
    /// `0`: the handshake, only ever sent by the server.
    Open(&'a str),
    /// `1`: the session ends.
    Close,
    /// `2`: heartbeat from the server, or `2probe` from a client that tests a new transport.
    Ping(&'a str),
    /// `3`: the answer to a ping, with the same content.
    Pong(&'a str),
    /// `4`, or a binary frame: content for the layer above.
    Message(Data<'a>),
    /// `5`: the new transport takes over.
    Upgrade,
    /// `6`: nothing; ends a poll that has nothing to say.
    Noop,
}

/// The content of a message packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes, borrowed from a WebSocket frame or decoded from base64.
    Binary(Cow<'a, [u8]>),
}

/// The frame or payload element is not a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MalformedPacket;

impl fmt::Display for MalformedPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("malformed Engine.IO packet")
    }
}

impl std::error::Error for MalformedPacket {}

impl<'a> Packet<'a> {
    /// Decodes a text frame, or an element of a payload. Binary messages come as base64 in both: a client can be told
    /// to do so even over WebSocket (its option `forceBase64`).
    ///
    /// # Errors
    /// The first character is no packet type, or a packet without content has some.
    #[inline]
    pub fn decode(text: &'a str) -> Result<Self, MalformedPacket> {
        let (kind, content) = text.split_at_checked(1).ok_or(MalformedPacket)?;
        match (kind, content) {
            ("b", base64) => Ok(Self::Message(Data::Binary(Cow::Owned(decode_binary(base64)?)))),
            ("0", content) => Ok(Self::Open(content)),
            ("1", "") => Ok(Self::Close),
            ("2", content) => Ok(Self::Ping(content)),
            ("3", content) => Ok(Self::Pong(content)),
            ("4", content) => Ok(Self::Message(Data::Text(content))),
            ("5", "") => Ok(Self::Upgrade),
            ("6", "") => Ok(Self::Noop),
            _ => Err(MalformedPacket),
        }
    }
}

impl fmt::Display for Packet<'_> {
    /// The text frame of the packet; a binary message has none and is written as a payload element would be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(content) => write!(f, "0{content}"),
            Self::Close => f.write_str("1"),
            Self::Ping(content) => write!(f, "2{content}"),
            Self::Pong(content) => write!(f, "3{content}"),
            Self::Message(Data::Text(content)) => write!(f, "4{content}"),
            Self::Message(Data::Binary(bytes)) => f.write_str(&encode_binary(bytes)),
            Self::Upgrade => f.write_str("5"),
            Self::Noop => f.write_str("6"),
        }
    }
}

/// A binary message as an element of a payload.
pub(crate) fn encode_binary(bytes: &[u8]) -> String {
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
fn decode_binary(base64: &str) -> Result<Vec<u8>, MalformedPacket> {
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
