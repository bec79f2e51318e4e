//! What the server tells clients about calls.

use std::rc::Rc;

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::Party;
use crate::chat::command::SignalKind;
use socketio::Arguments;

/// Why a call ended, as `call_ended` says it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// One of the two ended it after it was answered.
    Hangup,
    /// The callee ended it before it was answered.
    Declined,
    /// The caller ended it before it was answered.
    Cancelled,
    /// One of the two is in another call.
    Busy,
    /// The callee is not there.
    Offline,
    /// Nobody answered in time.
    NoAnswer,
    /// Another socket of the callee answered.
    AnsweredElsewhere,
    /// One of the two has gone, and did not come back in time.
    Disconnected,
    /// Both called each other, and the other call was first.
    Glare,
    /// The server refused the `call_user`: it was malformed, too fast, or to its own sender.
    Refused,
}

/// An offer, an answer or a candidate as it came: JSON, in which placeholders stand for attachments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Content {
    json: Rc<str>,
    attachments: Vec<Rc<[u8]>>,
}

/// An event about a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallEvent {
    /// What the other user sent.
    Signal {
        /// The name of the other user.
        from: Rc<str>,
        /// Which event it was.
        kind: SignalKind,
        /// What it carried.
        content: Option<Content>,
    },
    /// The call has ended.
    Ended {
        /// The name of the other user.
        from: Rc<str>,
        /// Why.
        reason: Reason,
    },
}

/// An event, and whom it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Send {
    /// The session that gets it, connected or coming back.
    pub to: Party,
    /// The event.
    pub event: CallEvent,
}

impl Content {
    /// JSON as it came with the attachments of its event.
    pub fn new(json: &RawValue, attachments: &[Rc<[u8]>]) -> Self {
        Self { json: json.get().into(), attachments: attachments.to_vec() }
    }

    /// The JSON as it came.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// In bytes, the attachments included.
    pub fn size(&self) -> usize {
        self.json.len() + self.attachments.iter().map(|attachment| attachment.len()).sum::<usize>()
    }
}

/// As JSON inside of JSON, without a change.
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
    /// Its name, its argument, and the offset by which clients recover.
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

/// The argument of the event.
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
