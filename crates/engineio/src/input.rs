//! The inputs of the engine and the events that follow from them.

use crate::handshake::{Query, Rejection};
use crate::keys::{RequestId, SessionKey, WebSocketId};
use crate::packet::Data;
use crate::session::CloseReason;
use crate::time::Time;

/// Returns the time at which the platform last answered a WebSocket's pong for the engine. The engine calls it only when a
/// heartbeat or an expiry is due, once for each WebSocket.
pub type LastPong<'a> = &'a dyn Fn(WebSocketId) -> Option<Time>;

/// An input: something that happened.
pub enum Input<'a> {
    /// A GET that is no WebSocket upgrade.
    Get { request: RequestId, query: Query },
    /// A POST with its body.
    Post { request: RequestId, query: Query, body: &'a str },
    /// A request with a body that is too long or no text, or with another method.
    Unacceptable { request: RequestId, query: Query, rejection: Rejection },
    /// A WebSocket upgrade; `socket` is the number that the WebSocket will have if it is accepted.
    WebSocket { request: RequestId, query: Query, socket: WebSocketId },
    /// A WebSocket frame.
    Frame { socket: WebSocketId, data: Data<'a> },
    /// A WebSocket frame that is longer than [`crate::Config::max_payload`], and was not even read.
    OversizedFrame { socket: WebSocketId },
    /// A WebSocket is closed, or broken.
    SocketClosed { socket: WebSocketId },
    /// The client of a waiting request has gone away.
    RequestAborted { request: RequestId },
    /// A deadline has come.
    Tick { last_pong: LastPong<'a> },
}

/// An event for the layer above.
#[derive(Debug)]
pub enum Event<'a> {
    /// A session is open.
    Opened(SessionKey),
    /// A session that used to poll has changed its transport to WebSocket.
    Upgraded(SessionKey),
    /// A message came.
    Message(SessionKey, Data<'a>),
    /// A session is over; nothing more comes from it or reaches it.
    Closed(SessionKey, CloseReason),
}
