//! The wishes of a client beyond what every client gets: `auth: { token, wants: ['missed'] }`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketio::json;

/// The most words of a list that are read, more than there are.
const MAX_WORDS: usize = 16;

/// The wishes of one connection. Later versions add words, so unknown ones are ignored, and so is anything but a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Wants {
    /// Whether the client knows about recovery: it keeps its list of messages when it recovers.
    pub missed: bool,
}

impl Wants {
    /// Reads the `wants` of the object that a client sent on connecting.
    pub fn of(auth: &str) -> Self {
        #[derive(Deserialize)]
        struct Auth<'a> {
            #[serde(borrow)]
            wants: Option<&'a RawValue>,
        }

        let mut all = Self::default();
        let list = json::from_str::<Auth<'_>>(auth).ok().and_then(|auth| auth.wants);
        let words: Vec<&RawValue> =
            list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default();
        for word in words.into_iter().take(MAX_WORDS) {
            // None of the words has escapes in it.
            if serde_json::from_str(word.get()).ok() == Some("missed") {
                all.missed = true;
            }
        }
        all
    }

    /// Whether the client asked for nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
