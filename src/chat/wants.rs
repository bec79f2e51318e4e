//! What a client asks for beyond what every client gets: `auth: { token, wants: ['missed'] }`.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How many words of a list are read; the list has fewer than that to offer.
const MAX_WORDS: usize = 16;

/// The wishes of one connection. Later versions add words, so that unknown ones are ignored, and so is a list that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Wants {
    /// The client knows about recovery: it keeps its list of messages when its session is recovered.
    pub missed: bool,
}

impl Wants {
    /// Reads the `wants` of what a client showed on connecting, a JSON object.
    pub fn of(auth: &str) -> Self {
        #[derive(Deserialize)]
        struct Auth<'a> {
            #[serde(borrow)]
            wants: Option<&'a RawValue>,
        }

        let mut all = Self::default();
        let list = serde_json::from_str::<Auth<'_>>(auth).ok().and_then(|auth| auth.wants);
        let words: Vec<&RawValue> =
            list.and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default();
        for word in words.into_iter().take(MAX_WORDS) {
            // A word with escapes in it is none of ours.
            if serde_json::from_str(word.get()).ok() == Some("missed") {
                all.missed = true;
            }
        }
        all
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
