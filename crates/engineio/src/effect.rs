//! The effects that the engine asks of the platform.

use crate::frame::Frame;
use crate::handshake::Rejection;
use crate::keys::{RequestId, WebSocketId};
use crate::payload;

/// One thing to do. Effects are carried out in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Answer a request.
    Respond { request: RequestId, response: Response },
    /// Answer a request by accepting its WebSocket.
    Accept { request: RequestId, socket: WebSocketId },
    /// Send one frame to every socket of the list.
    Send { sockets: Vec<WebSocketId>, frame: Frame },
    /// Close a socket with a code of RFC 6455, section 7.4. Nothing more is heard of it.
    Close { socket: WebSocketId, code: u16 },
}

/// An HTTP response, except for the headers that every response has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// `Content-Type`. `None` without a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: String,
}

impl From<Rejection> for Response {
    fn from(rejection: Rejection) -> Self {
        let body = rejection.body();
        Self {
            status: rejection.status(),
            content_type: body.is_some().then_some("application/json"),
            body: body.unwrap_or_default(),
        }
    }
}

impl Effect {
    pub(crate) fn poll_response(request: RequestId, frames: &[Frame]) -> Self {
        let response = Response {
            status: 200,
            content_type: Some("text/plain; charset=UTF-8"),
            body: payload::encode(frames),
        };
        Self::Respond { request, response }
    }

    /// The answer to a POST. Its type is the reference server's: some browsers offer `text/plain` as a download.
    pub(crate) fn data_response(request: RequestId) -> Self {
        let response = Response { status: 200, content_type: Some("text/html"), body: "ok".to_owned() };
        Self::Respond { request, response }
    }

    pub(crate) fn reject(request: RequestId, rejection: Rejection) -> Self {
        Self::Respond { request, response: rejection.into() }
    }

    pub(crate) fn send_one(socket: WebSocketId, frame: Frame) -> Self {
        Self::Send { sockets: vec![socket], frame }
    }
}
