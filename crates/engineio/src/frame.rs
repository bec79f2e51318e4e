//! Encoded packets on their way out. A frame is encoded once and shared by everyone who gets it.

use std::rc::Rc;

use crate::packet::{Data, Packet, encode_binary};

/// One packet, encoded: what a WebSocket sends as it is, and a poll as an element of its payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Frame {
    /// A text frame: packet type and content.
    Text(Rc<str>),
    /// A binary frame: the bytes of a binary message.
    Binary(Rc<[u8]>),
}

impl Frame {
    /// A message packet that carries text.
    pub fn message(text: &str) -> Self {
        let mut frame = String::with_capacity(1 + text.len());
        frame.push('4');
        frame.push_str(text);
        Self::Text(frame.into())
    }

    /// A message packet that carries bytes.
    pub fn binary(bytes: Rc<[u8]>) -> Self {
        Self::Binary(bytes)
    }

    /// The same packet without binary frames: bytes as base64 in a text frame.
    pub(crate) fn into_text(self) -> Self {
        match self {
            Self::Binary(bytes) => Self::Text(encode_binary(&bytes).into()),
            text => text,
        }
    }

    /// Size in bytes, without the base64 that polling adds.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether the frame has no content at all, as an empty binary message has not.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Packet<'_>> for Frame {
    fn from(packet: Packet<'_>) -> Self {
        match packet {
            Packet::Message(Data::Binary(bytes)) => Self::Binary(bytes.into_owned().into()),
            packet => Self::Text(packet.to_string().into()),
        }
    }
}
