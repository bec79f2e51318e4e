//! Carries out the effects of a service.

use std::collections::HashMap;

use engineio::{self as engine, Effect, Frame, RequestId, WebSocketId};
use futures_channel::oneshot;
use js_sys::{JsString, Uint8Array};
use slab::Slab;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::{State, WebSocket};

use crate::platform::Socket;
use crate::reply::Reply;

/// When a client may ask again that has too many connections, in seconds: silent ones are given up by then.
const RETRY_AFTER: &str = "60";

/// The service, and what of the platform it speaks of by number.
pub(super) struct Core<S> {
    pub(super) service: S,
    pub(super) sockets: Slab<Socket>,
    pub(super) requests: HashMap<RequestId, oneshot::Sender<Answer>>,
    pub(super) next_request: u64,
}

/// The answer to a waiting request.
pub(super) enum Answer {
    Reply(Reply),
    Accepted,
}

impl<S> Core<S> {
    pub(super) fn add(&mut self, socket: Socket) -> WebSocketId {
        let entry = self.sockets.vacant_entry();
        let id = entry.key() as u32;
        socket.set_id(Some(id));
        entry.insert(socket);
        WebSocketId(id)
    }

    /// Forgets a socket; whatever it still says is nobody's.
    pub(super) fn remove(&mut self, id: WebSocketId) -> Option<Socket> {
        let socket = self.sockets.try_remove(id.0 as usize)?;
        socket.set_id(None);
        let _ = socket.serialize_attachment(&JsValue::NULL);
        Some(socket)
    }

    pub(super) fn run(&mut self, state: &State, effect: Effect) {
        match effect {
            Effect::Send { sockets, frame } => self.send(&sockets, &frame),
            Effect::Respond { request, response } => self.answer(request, Answer::Reply(response.into())),
            Effect::Accept { request, socket } => {
                if let Some(socket) = self.sockets.get(socket.0 as usize) {
                    state.accept_web_socket(&WebSocket::from(
                        socket.unchecked_ref::<worker::worker_sys::web_sys::WebSocket>().clone(),
                    ));
                }
                self.answer(request, Answer::Accepted);
            }
            Effect::Close { socket, code } => {
                if let Some(socket) = self.remove(socket) {
                    // A socket that is already closed says so; that is what was wanted.
                    let _ = socket.close(code);
                }
            }
        }
    }

    /// Sends a frame, converted once, to many sockets. One that is closing cannot take it any more; its close follows.
    fn send(&self, ids: &[WebSocketId], frame: &Frame) {
        let sockets = ids.iter().filter_map(|id| self.sockets.get(id.0 as usize));
        match frame {
            Frame::Text(text) => {
                let text = JsString::from(&**text);
                for socket in sockets {
                    let _ = socket.send_text(&text);
                }
            }
            Frame::Binary(bytes) => {
                let bytes = Uint8Array::from(&**bytes);
                for socket in sockets {
                    let _ = socket.send_bytes(&bytes);
                }
            }
        }
    }

    fn answer(&mut self, request: RequestId, answer: Answer) {
        if let Some(waiting) = self.requests.remove(&request) {
            // A receiver that is gone is a request that was aborted.
            let _ = waiting.send(answer);
        }
    }
}

impl From<engine::Response> for Reply {
    fn from(response: engine::Response) -> Self {
        Self {
            status: response.status,
            content_type: response.content_type,
            body: response.body,
            // Only the number of connections is limited so, and nobody knows when one of them will end.
            headers: if response.status == 429 {
                vec![("Retry-After", RETRY_AFTER.to_owned())]
            } else {
                Vec::new()
            },
        }
    }
}
