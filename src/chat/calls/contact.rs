//! Whether the two sides of a call can be reached.

use engineio::Time;
use serde::{Deserialize, Serialize};

/// The contact with one side of a call.
///
/// Only a deadline is stored, because a moment outlives the memory. A side that was here when the memory was lost has to show
/// itself again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Option<u64>", into = "Option<u64>")]
pub enum Contact {
    /// The memory was lost, and no client of this side has shown itself since.
    #[default]
    Unknown,
    /// Connected.
    Here,
    /// Lost, and expected back by then.
    MissingUntil(Time),
}

impl Contact {
    /// The moment at which the side counts as lost. Past if that has yet to be decided.
    pub fn deadline(self) -> Option<Time> {
        match self {
            Self::Unknown => Some(Time::from_millis(0)),
            Self::Here => None,
            Self::MissingUntil(at) => Some(at),
        }
    }
}

impl From<Option<u64>> for Contact {
    fn from(missing_until: Option<u64>) -> Self {
        missing_until.map_or(Self::Unknown, |millis| Self::MissingUntil(Time::from_millis(millis)))
    }
}

impl From<Contact> for Option<u64> {
    fn from(contact: Contact) -> Self {
        match contact {
            Contact::Unknown | Contact::Here => None,
            Contact::MissingUntil(at) => Some(at.as_millis()),
        }
    }
}
