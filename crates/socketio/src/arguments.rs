//! The content of events and acknowledgements.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The content of an event or an acknowledgement: a JSON array, in which placeholders stand for attachments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Arguments<'a> {
    /// The array; that of an event begins with the event's name.
    pub json: Cow<'a, str>,
    /// The attachments that its placeholders number.
    pub attachments: Vec<Rc<[u8]>>,
}

/// The request to acknowledge an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AckRequest {
    /// The application's own name for it.
    pub tag: u64,
    /// How long the acknowledgement may take.
    pub timeout: Duration,
}

impl Arguments<'_> {
    /// Returns the size in bytes, attachments included.
    pub fn size(&self) -> usize {
        self.json.len() + self.attachments.iter().map(|attachment| attachment.len()).sum::<usize>()
    }

    /// Returns the same arguments, copied from what they borrow.
    pub fn into_owned(self) -> Arguments<'static> {
        Arguments { json: Cow::Owned(self.json.into_owned()), attachments: self.attachments }
    }
}

impl Arguments<'static> {
    /// Returns an event with one argument, which is not a string: the standard client takes a string at the end of an event
    /// for the offset by which it recovers, even the name of an event without arguments.
    ///
    /// # Panics
    /// If the argument cannot be JSON, as a map whose keys are not strings; with debug assertions, if it is a string.
    pub fn event<T: Serialize + ?Sized>(name: &str, argument: &T) -> Self {
        let event = Self::of(&(name, argument));
        debug_assert!(
            !event.json.ends_with("\"]"),
            "clients would take the end for an offset: {}",
            event.json
        );
        event
    }

    /// Returns an event with one argument and the offset by which clients recover what comes after it.
    ///
    /// # Panics
    /// If the argument cannot be JSON.
    pub fn recoverable<T, O>(name: &str, argument: &T, offset: &O) -> Self
    where
        T: Serialize + ?Sized,
        O: Serialize + ?Sized,
    {
        Self::of(&(name, argument, offset))
    }

    pub(crate) fn of<T: Serialize + ?Sized>(list: &T) -> Self {
        let json = serde_json::to_string(list).expect("our own types serialise");
        Self { json: Cow::Owned(json), attachments: Vec::new() }
    }
}
