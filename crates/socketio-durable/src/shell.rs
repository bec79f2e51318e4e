//! The Durable Object around a [`Service`]: WebSockets, waiting requests, deadlines, and sleep.

mod core;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use engineio::{self as engine, Address, Context, Data, Input, Query, Rejection, RequestId, WebSocketId};
use futures_channel::oneshot;
use js_sys::{ArrayBuffer, Function, JsString, Uint8Array};
use slab::Slab;
use socketio::{Outcome, Service};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use worker::worker_sys::WebSocketRequestResponsePair;
use worker::worker_sys::web_sys;
use worker::{ResponseBuilder, Result, State, WebSocket, WebSocketPair, console_error};

use self::core::{Answer, Core};
use super::abort::AbortListener;
use super::body::BodyError;
use super::cors::Cors;
use super::panic::AbortOnPanic;
use super::platform::{ObjectState, Socket, SystemEntropy, now};
use super::reply::Reply;
use super::request::{Method, Request};
use super::wake::Wake;

/// The code for a socket that broke or is of no use any more (RFC 6455, section 7.4.1).
const INTERNAL_ERROR: u16 = 1011;

/// The header in which a client offers subprotocols, and the server names the one that it takes.
const SUBPROTOCOL: &str = "Sec-WebSocket-Protocol";

/// The code of a socket that ended without a close; it never travels.
pub const ABNORMAL_CLOSURE: u32 = 1006;

/// The code for a goodbye without reason.
const NORMAL: u16 = 1000;

/// The side that answers a client's pong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HeartbeatReplies {
    /// The platform, with a noop, so that the object can sleep.
    Platform,
    /// Nobody: it reaches the engine, as a client that counts packets expects.
    Engine,
}

/// A service in a Durable Object.
pub struct Shell<S>(Rc<Inner<S>>);

struct Inner<S> {
    _abort_on_panic: AbortOnPanic,
    state: State,
    cors: Cors,
    max_payload: usize,
    replies: HeartbeatReplies,
    core: RefCell<Core<S>>,
    wake: Wake,
    on_timer: RefCell<Option<Function>>,
}

impl<S: Service + 'static> Shell<S> {
    /// Puts a service into the object with this state, and brings back what its WebSockets stand for.
    pub fn new(state: State, service: S, cors: Cors, max_payload: usize, replies: HeartbeatReplies) -> Self {
        if replies == HeartbeatReplies::Platform {
            match WebSocketRequestResponsePair::new("3", "6") {
                Ok(pair) => state.set_websocket_auto_response(&pair),
                Err(error) => console_error!("auto-response: {error:?}"),
            }
        }
        let wake = Wake::new(&state);
        let core = Core { service, sockets: Slab::new(), requests: HashMap::new(), next_request: 0 };
        let shell = Self(Rc::new(Inner {
            _abort_on_panic: AbortOnPanic::new(&state),
            state,
            cors,
            max_payload,
            replies,
            core: RefCell::new(core),
            wake,
            on_timer: RefCell::new(None),
        }));
        shell.wake_up();
        shell
    }

    /// Handles a request of the protocol.
    ///
    /// # Errors
    /// The platform fails.
    pub async fn fetch(&self, request: &Request) -> Result<web_sys::Response> {
        let origin = request.origin();
        let address = request.client_address();
        match self.serve(request, address.as_ref()).await? {
            Served::Reply(reply) => {
                request.discard_body().await;
                reply.into_response(&self.0.cors, origin.as_deref())
            }
            Served::WebSocket(client) => {
                let mut response = ResponseBuilder::new().with_status(101).with_websocket(client);
                if let Some(offered) = request.header(SUBPROTOCOL)
                    && let Some(subprotocol) = engine::subprotocol(&offered)
                {
                    response = response.with_header(SUBPROTOCOL, subprotocol)?;
                }
                Ok(response.empty().into())
            }
        }
    }

    async fn serve(&self, request: &Request, address: Option<&Address>) -> Result<Served> {
        let query = Query::from_pairs(request.query_pairs());
        let is_upgrade = || request.header("Upgrade").is_some_and(|it| it.eq_ignore_ascii_case("websocket"));
        match request.method() {
            Method::Get if is_upgrade() => self.upgrade(request, query, address).await,
            Method::Get => {
                let (id, answer) = self.0.expect_answer();
                self.0.handle_request(request, address, Input::Get { request: id, query });
                // Most requests are answered by now. A poll that waits is not, and its client may go away.
                let _listener = self.0.is_waiting(id).then(|| self.listen_for_abort(request, id));
                Ok(Served::Reply(reply_of(answer).await))
            }
            Method::Post => {
                let body = match request.header("Content-Type").as_deref() {
                    Some("application/octet-stream") => Err(BodyError::NotUtf8),
                    _ => request.text(self.0.max_payload).await,
                };
                let (id, answer) = self.0.expect_answer();
                match &body {
                    Ok(body) => {
                        self.0.handle_request(request, address, Input::Post { request: id, query, body })
                    }
                    Err(error) => {
                        let rejection = match error {
                            BodyError::TooLarge => Rejection::PayloadTooLarge,
                            BodyError::NotUtf8 | BodyError::Interrupted => Rejection::BadRequest,
                        };
                        self.0.handle_request(
                            request,
                            address,
                            Input::Unacceptable { request: id, query, rejection },
                        );
                    }
                }
                Ok(Served::Reply(reply_of(answer).await))
            }
            _ => {
                let (id, answer) = self.0.expect_answer();
                let rejection = Rejection::BadHandshakeMethod;
                self.0.handle_request(
                    request,
                    address,
                    Input::Unacceptable { request: id, query, rejection },
                );
                Ok(Served::Reply(reply_of(answer).await))
            }
        }
    }

    async fn upgrade(&self, request: &Request, query: Query, address: Option<&Address>) -> Result<Served> {
        let WebSocketPair { client, server } = WebSocketPair::new()?;
        let socket = self.0.core.borrow_mut().add(server.into());
        let (id, answer) = self.0.expect_answer();
        self.0.handle_request(request, address, Input::WebSocket { request: id, query, socket });
        match answer.await {
            Ok(Answer::Accepted) => Ok(Served::WebSocket(client)),
            Ok(Answer::Reply(reply)) => {
                self.0.core.borrow_mut().remove(socket);
                Ok(Served::Reply(reply))
            }
            Err(oneshot::Canceled) => Ok(Served::Reply(Reply::internal_error())),
        }
    }

    fn listen_for_abort(&self, request: &Request, id: RequestId) -> AbortListener {
        let weak = Rc::downgrade(&self.0);
        AbortListener::new(request.raw(), move || {
            if let Some(inner) = weak.upgrade() {
                inner.aborted(id);
            }
        })
    }

    /// A WebSocket frame came: a string or an `ArrayBuffer`.
    pub fn message(&self, socket: &Socket, message: &JsValue) {
        let Some(id) = socket.id() else { return };
        let socket = WebSocketId(id);
        if is_longer(message, self.0.max_payload) {
            return self.0.handle(Input::OversizedFrame { socket });
        }
        match message.as_string() {
            Some(text) => self.0.handle(Input::Frame { socket, data: Data::Text(&text) }),
            None => {
                let bytes = Uint8Array::new(message).to_vec().into();
                self.0.handle(Input::Frame { socket, data: Data::Binary(bytes) });
            }
        }
    }

    /// A WebSocket is closed or broken.
    pub fn closed(&self, socket: &Socket, code: u32) {
        // Without a close of ours the client waits for one. Codes that only report, and never travel, become a plain one.
        let answer = match u16::try_from(code) {
            Ok(code @ (1000..=1003 | 1007..=1014 | 3000..=4999)) => code,
            _ => NORMAL,
        };
        let _ = socket.close(answer);
        if let Some(id) = socket.id() {
            let socket = WebSocketId(id);
            self.0.core.borrow_mut().remove(socket);
            self.0.handle(Input::SocketClosed { socket });
        }
    }

    /// The alarm has gone off.
    pub fn alarm(&self) {
        self.0.wake.alarm_fired();
        self.0.core.borrow_mut().service.alarm_fired(now());
        self.0.tick();
    }

    /// Lets something be done with the service that came neither over the protocol nor with time.
    pub fn with<T>(&self, command: impl FnOnce(&mut S, &mut Context<'_>) -> (T, Outcome)) -> T {
        let mut entropy = SystemEntropy;
        let mut cx = Context::new(now(), &mut entropy);
        let (result, outcome) = command(&mut self.0.core.borrow_mut().service, &mut cx);
        self.0.run(outcome);
        result
    }

    /// Brings back what the WebSockets that outlived the object's memory stand for.
    fn wake_up(&self) {
        let weak = Rc::downgrade(&self.0);
        let callback = Closure::<dyn FnMut()>::new(move || {
            if let Some(inner) = weak.upgrade() {
                inner.wake.timer_fired();
                inner.tick();
            }
        });
        *self.0.on_timer.borrow_mut() = callback.into_js_value().dyn_into().ok();
        for socket in self.0.state.get_websockets() {
            let socket = Socket::from(socket);
            let stored = socket.deserialize_attachment().ok().and_then(|stored| stored.as_string());
            let heard_at = match self.0.replies {
                HeartbeatReplies::Platform => ObjectState::of(&self.0.state).last_pong(&socket),
                HeartbeatReplies::Engine => Some(now()),
            };
            let mut core = self.0.core.borrow_mut();
            let id = core.add(socket);
            let restored = stored.is_some_and(|stored| core.service.restore(now(), id, heard_at, &stored));
            if !restored && let Some(socket) = core.remove(id) {
                let _ = socket.close(INTERNAL_ERROR);
            }
        }
    }
}

/// The outcome of a request.
enum Served {
    Reply(Reply),
    WebSocket(WebSocket),
}

/// Whether a frame is certainly longer than `max` bytes, without copying any of it. Text is measured in UTF-16 code units, of
/// which each is at least one byte.
fn is_longer(message: &JsValue, max: usize) -> bool {
    let length = match message.dyn_ref::<JsString>() {
        Some(text) => text.length(),
        None => message.dyn_ref::<ArrayBuffer>().map_or(0, ArrayBuffer::byte_length),
    };
    length as usize > max
}

async fn reply_of(answer: oneshot::Receiver<Answer>) -> Reply {
    match answer.await {
        Ok(Answer::Reply(reply)) => reply,
        Ok(Answer::Accepted) | Err(oneshot::Canceled) => Reply::internal_error(),
    }
}

impl<S: Service> Inner<S> {
    fn expect_answer(&self) -> (RequestId, oneshot::Receiver<Answer>) {
        let (sender, receiver) = oneshot::channel();
        let mut core = self.core.borrow_mut();
        let id = RequestId(core.next_request);
        core.next_request += 1;
        core.requests.insert(id, sender);
        (id, receiver)
    }

    fn is_waiting(&self, request: RequestId) -> bool {
        self.core.borrow().requests.contains_key(&request)
    }

    /// The client of a request has gone away. If it is answered already, that is no news: the session goes on, or expires.
    fn aborted(&self, request: RequestId) {
        let waiting = self.core.borrow_mut().requests.remove(&request);
        if waiting.is_some() {
            self.handle(Input::RequestAborted { request });
        }
    }

    fn handle(&self, input: Input<'_>) {
        let mut entropy = SystemEntropy;
        self.handle_in(&mut Context::new(now(), &mut entropy), input);
    }

    fn handle_request(&self, request: &Request, address: Option<&Address>, input: Input<'_>) {
        let mut entropy = SystemEntropy;
        let mut cx = Context { address, request: Some(request), ..Context::new(now(), &mut entropy) };
        self.handle_in(&mut cx, input);
    }

    fn handle_in(&self, cx: &mut Context<'_>, input: Input<'_>) {
        let outcome = self.core.borrow_mut().service.handle(cx, input);
        self.run(outcome);
    }

    fn tick(&self) {
        let mut entropy = SystemEntropy;
        let mut cx = Context::new(now(), &mut entropy);
        let outcome = {
            let Core { service, sockets, .. } = &mut *self.core.borrow_mut();
            let last_pong = |id: WebSocketId| match self.replies {
                HeartbeatReplies::Platform => {
                    ObjectState::of(&self.state).last_pong(sockets.get(id.0 as usize)?)
                }
                HeartbeatReplies::Engine => None,
            };
            service.handle(&mut cx, Input::Tick { last_pong: &last_pong })
        };
        self.run(outcome);
    }

    /// Carries out effects in order, and sees to the next deadline.
    fn run(&self, outcome: Outcome) {
        let mut core = self.core.borrow_mut();
        for line in outcome.log {
            console_error!("{line}");
        }
        for effect in outcome.effects {
            core.run(&self.state, effect);
        }
        let mut unstored = Vec::new();
        for (id, stored) in outcome.stored {
            if let Some(socket) = core.sockets.get(id.0 as usize)
                && let Err(error) = socket.serialize_attachment(&stored.into())
            {
                console_error!("a connection is closed, because its state cannot be stored: {error:?}");
                unstored.push(id);
            }
        }
        let (deadline, heartbeat) = (core.service.next_deadline(), core.service.next_heartbeat());
        drop(core);
        if let Some(on_timer) = &*self.on_timer.borrow() {
            self.wake.at(deadline.filter(|_| deadline != heartbeat), heartbeat, on_timer);
        }
        for socket in unstored {
            let mut entropy = SystemEntropy;
            let mut cx = Context::new(now(), &mut entropy);
            let outcome = self.core.borrow_mut().service.state_refused(&mut cx, socket);
            self.run(outcome);
        }
    }
}
