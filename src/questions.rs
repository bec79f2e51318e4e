//! The questions that the stateless Worker asks a room, and the answers.

use serde::{Deserialize, Serialize};

use crate::accounts::requests::{self, Caller};
use crate::chat::message::HistoryQuery;
use crate::ice::IceServer;
use crate::refusal::Refusal;

/// What the entry asks a room.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Something about accounts; the answer is a [`requests::Response`].
    Account(requests::Request),
    /// A page of the history; the answer is a [`History`].
    History {
        /// Who wants it.
        caller: Caller,
        /// Which.
        query: HistoryQuery,
    },
    /// The caller's TURN credentials of Cloudflare's service; the answer is [`TurnAnswer`].
    TurnCredentials {
        /// Whose.
        caller: Caller,
    },
}

/// What the entry learns of the history; a page is a [`crate::chat::message::Page`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History<P> {
    /// The page.
    Page(P),
    /// The login of the caller has ended.
    Ended,
    /// The caller reads too fast.
    TooFast {
        /// A sentence about it.
        message: String,
        /// How long to wait, in milliseconds.
        retry_after_ms: u64,
    },
}

impl<P> From<Refusal> for History<P> {
    fn from(refusal: Refusal) -> Self {
        match refusal.retry_after {
            Some(time) => Self::TooFast { message: refusal.message, retry_after_ms: time.as_millis() as u64 },
            None => Self::Ended,
        }
    }
}

/// What a room answers that is asked for TURN credentials.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TurnAnswer {
    /// The servers, and the moment at which the credentials were asked for, in milliseconds since 1970.
    Given { turn: Vec<IceServer>, asked_at: u64 },
    /// There are none; the log says why.
    Missing,
    /// The login of the caller has ended.
    Ended,
}
