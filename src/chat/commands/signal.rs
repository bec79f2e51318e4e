//! The payload of the four events of a call.

use std::rc::Rc;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use socketio::Arguments;

use super::payload;
use crate::chat::calls::signal::Content;
use crate::refusal::Refusal;

/// The largest offer or answer, in bytes with its attachments. Those of browsers take some 10 kB a video track.
pub const MAX_DESCRIPTION_BYTES: usize = 256 * 1024;

/// The largest candidate, in bytes with its attachments.
pub const MAX_CANDIDATE_BYTES: usize = 8 * 1024;

/// The payload of an event of a call. A field that is `null` is there, so that a `null` candidate can end the candidates.
#[derive(Deserialize)]
pub struct Payload<'a> {
    #[serde(borrow)]
    to: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub offer: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub answer: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    pub candidate: Option<&'a RawValue>,
}

impl<'a> Payload<'a> {
    /// Parses the payload of an event.
    ///
    /// # Errors
    /// It is no object: `wanted` says what the event takes.
    pub fn parse(arguments: &'a Arguments<'_>, wanted: &str) -> Result<Self, Refusal> {
        payload::object(&arguments.json, wanted)
    }

    /// Returns the user that the event is for, as the client wrote it.
    ///
    /// # Errors
    /// It is no string.
    pub fn to(&self) -> Result<String, Refusal> {
        let to = payload::field(self.to, "invalid_to", "to has to be a username.")?;
        to.ok_or_else(|| Refusal::invalid("invalid_to", "to is missing: it has to be a username."))
    }
}

/// Returns the user that an event is for, whatever else is wrong with the event. `None` if it is no string.
pub fn addressee(arguments: &Arguments<'_>) -> Option<String> {
    Payload::parse(arguments, "").ok()?.to().ok()
}

/// Takes an offer, an answer or a candidate with the event's attachments. `None` if it exceeds this many bytes.
pub fn content(json: &RawValue, attachments: &[Rc<[u8]>], max_bytes: usize) -> Option<Content> {
    let attached: usize = attachments.iter().map(|attachment| attachment.len()).sum();
    (json.get().len() + attached <= max_bytes).then(|| Content::new(json, attachments))
}

/// Tells a field that is `null` from one that is missing.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(field).map(Some)
}
