//! The events that tell clients about calls.

use std::rc::Rc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;
use socketio::Arguments;

use super::Party;

/// The signalling events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignalKind {
    Offer,
    Answer,
    Candidate,
    End,
}

impl SignalKind {
    /// The event that the other user receives.
    pub fn relayed_event(self) -> &'static str {
        match self {
            Self::Offer => "incoming_call",
            Self::Answer => "call_answered",
            Self::Candidate => "ice_candidate",
            Self::End => "call_ended",
        }
    }

    /// The field that holds the content.
    fn content_field(self) -> Option<&'static str> {
        match self {
            Self::Offer => Some("offer"),
            Self::Answer => Some("answer"),
            Self::Candidate => Some("candidate"),
            Self::End => None,
        }
    }
}

/// The reason for the end of a call, as `call_ended` says it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// One of the two ended the connected call.
    Hangup,
    /// The callee ended it while it rang.
    Declined,
    /// The caller ended it while it rang.
    Cancelled,
    /// One of the two is in another call.
    Busy,
    /// The callee is not connected.
    Offline,
    /// The callee did not answer in time.
    NoAnswer,
    /// Another socket of the callee answered.
    AnsweredElsewhere,
    /// One of the two was lost and did not come back in time.
    Disconnected,
    /// Both called each other, and the other call came first.
    Glare,
    /// The server refused the `call_user`: it was malformed, too fast, or to its own sender.
    Refused,
}

/// An offer, an answer or a candidate as it came: JSON with placeholders for its attachments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Content {
    json: Rc<str>,
    attachments: Vec<Rc<[u8]>>,
}

/// An event about a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallEvent {
    /// The other user sent something.
    Signal {
        /// The name of the other user.
        from: Rc<str>,
        kind: SignalKind,
        content: Option<Content>,
    },
    /// The call has ended.
    Ended {
        /// The name of the other user.
        from: Rc<str>,
        reason: Reason,
    },
}

/// An event and its recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// The client, connected or expected back.
    pub to: Party,
    pub event: CallEvent,
}

impl Content {
    /// Takes JSON with the attachments of its event.
    pub fn new(json: &RawValue, attachments: &[Rc<[u8]>]) -> Self {
        Self { json: json.get().into(), attachments: attachments.to_vec() }
    }

    /// The JSON as it came.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The bytes, those of attachments included.
    pub fn size(&self) -> usize {
        self.json.len() + self.attachments.iter().map(|attachment| attachment.len()).sum::<usize>()
    }
}

/// Content that is serialised as JSON inside JSON, unchanged.
struct Verbatim<'a>(&'a Content);

impl Serialize for Verbatim<'_> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match serde_json::from_str::<&RawValue>(&self.0.json) {
            Ok(json) => json.serialize(serializer),
            Err(_) => serializer.serialize_none(),
        }
    }
}

impl CallEvent {
    /// Returns the event with its argument and the offset by which clients recover.
    pub fn arguments(&self, offset: &str) -> Arguments<'static> {
        match self {
            Self::Signal { kind, content, .. } => Arguments {
                attachments: content.as_ref().map_or_else(Vec::new, |content| content.attachments.clone()),
                ..Arguments::recoverable(kind.relayed_event(), self, offset)
            },
            Self::Ended { .. } => Arguments::recoverable(SignalKind::End.relayed_event(), self, offset),
        }
    }
}

impl Serialize for CallEvent {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Signal { from, kind, content } => {
                map.serialize_entry("from", from)?;
                if let Some((field, content)) = kind.content_field().zip(content.as_ref()) {
                    map.serialize_entry(field, &Verbatim(content))?;
                }
            }
            Self::Ended { from, reason } => {
                map.serialize_entry("from", from)?;
                map.serialize_entry("reason", reason)?;
            }
        }
        map.end()
    }
}
