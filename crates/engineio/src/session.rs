//! One Engine.IO session.
//!
//! ```text
//!             GET                                    WebSocket with sid         "5"
//!   (none) ─────────► Polling, no upgrade ──────────► Polling, probing ─────────────────┐
//!      │                 ▲         │                     │      │                       ▼
//!      │                 └─────────┼─────────────────────┘      │                   WebSocket
//!      │   WebSocket closed, wrong packet, or upgrade timeout   │                       │
//!      └────────────────────────── │ ────────────────────────── │ ──────────────────────┤
//!          WebSocket without sid   ▼                            ▼                       ▼
//!                               Closing (the close packet waits for a poll) ────────► (gone)
//! ```

use serde::{Deserialize, Serialize};

use crate::frame::Frame;
use crate::keys::{RequestId, WebSocketId};
use crate::time::Time;

/// The identifier of a session. Whoever knows it can speak for the session.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sid(String);

impl Sid {
    /// The session identifier in its wire form.
    pub fn new(sid: String) -> Self {
        Self(sid)
    }

    /// The wire form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How packets travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransportName {
    /// HTTP long-polling.
    Polling,
    /// WebSocket.
    WebSocket,
}

/// A session and its transport.
pub(crate) struct Session {
    pub sid: Sid,
    pub opened_at: Time,
    /// When the peer last showed that it is alive.
    pub heard_at: Time,
    /// Whether the client wants bytes as base64 over WebSocket; over polling they always are.
    pub base64: bool,
    pub transport: Transport,
}

pub(crate) enum Transport {
    Polling(Polling),
    WebSocket(WebSocketId),
    /// The server has closed a session whose client has no poll open. The next poll gets what is left, and the close packet; or
    /// the WebSocket does, if the client is just changing over to it.
    Closing {
        rest: Vec<Frame>,
        upgrade: Upgrade,
    },
}

/// The long-polling transport: packets wait here until a poll takes them.
#[derive(Default)]
pub(crate) struct Polling {
    pub poll: Option<RequestId>,
    pub queue: Vec<Frame>,
    pub queued_bytes: usize,
    pub upgrade: Upgrade,
    /// When the watch began or the last poll came, whichever was later; none if the session is not watched.
    pub watched_since: Option<Time>,
}

/// How far a polling session has come on its way to WebSocket.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Upgrade {
    #[default]
    None,
    /// The WebSocket is open and has said nothing yet.
    Opened(WebSocketId),
    /// The probe went through; polls are sent home so that the client can switch.
    Probed(WebSocketId),
}

impl Upgrade {
    /// The WebSocket that wants to take over.
    pub fn socket(self) -> Option<WebSocketId> {
        match self {
            Self::None => None,
            Self::Opened(socket) | Self::Probed(socket) => Some(socket),
        }
    }
}

impl Polling {
    /// Puts a frame into the queue.
    pub fn push(&mut self, frame: Frame) {
        self.queued_bytes += frame.len();
        self.queue.push(frame);
    }

    /// Takes everything that waits.
    pub fn take_queue(&mut self) -> Vec<Frame> {
        self.queued_bytes = 0;
        std::mem::take(&mut self.queue)
    }
}

/// Why a session ended, in the reference server's words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseReason {
    /// The client closed the transport, or it was lost.
    TransportClose,
    /// The client used the transport in a way that it does not allow.
    TransportError,
    /// The client is watched and stopped polling; it was last heard of at `since`.
    Absent { since: Time },
    /// The client has been silent for too long.
    PingTimeout,
    /// The client sent something that is no packet.
    ParseError,
    /// The server closed the session.
    ForcedClose,
    /// The client did not fetch what was sent to it.
    QueueOverflow,
}

impl CloseReason {
    /// The reference server's words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TransportClose | Self::Absent { .. } => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ForcedClose => "forced close",
            Self::QueueOverflow => "queue overflow",
        }
    }
}

/// The state from which a WebSocket session is restored after hibernation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    pub(crate) sid: String,
    pub(crate) opened_at: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) base64: bool,
}

impl Snapshot {
    /// The moment at which the session was opened.
    pub fn opened_at(&self) -> Time {
        Time::from_millis(self.opened_at)
    }
}
