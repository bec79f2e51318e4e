//! The Durable Objects: the shell around the echoes and the support servers.

use std::time::Duration;

use engineio::Rejection;
use natter_echo::Echo;
use socketio::{HandshakeParts, Outcome, Server};
use socketio_durable::{
    ABNORMAL_CLOSURE, Cors, HeartbeatReplies, Method, Origins, Reply, Request, Shell, Socket,
};
use wasm_bindgen::prelude::*;
use worker::worker_sys::{DurableObjectState, web_sys};
use worker::{Delay, Env, Result};

use crate::engine_echo::EngineEcho;
use crate::socket_support::SocketSupport;

/// The longest payload in the protocol suites, in bytes.
const MAX_PAYLOAD: usize = 1_000_000;

/// The longest payload in the Engine.IO client's suite, in bytes.
const MAX_SUPPORT_PAYLOAD: usize = 100;

/// How long the Socket.IO support server takes to open a session, for the client's connection timeout.
const HANDSHAKE_DELAY: Duration = Duration::from_millis(10);

/// The cookies of the Engine.IO support server: one to keep, one for HTTPS, and two that have expired.
const COOKIES: [&str; 4] = [
    "1=1; Max-Age=86400",
    "2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
    "3=3; Max-Age=0",
    "4=4; Expires=Thu, 01 Jan 2026 00:00:00 GMT",
];

fn engine_config() -> engineio::Config {
    engineio::Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: MAX_PAYLOAD,
        upgrade_timeout: Duration::from_secs(10),
        max_queue: 4 * MAX_PAYLOAD,
    }
}

fn engine_support_config() -> engineio::Config {
    engineio::Config {
        ping_interval: Duration::from_millis(500),
        ping_timeout: Duration::from_millis(500),
        max_payload: MAX_SUPPORT_PAYLOAD,
        ..engine_config()
    }
}

fn socket_config() -> socketio::Config {
    socketio::Config {
        handshake: HandshakeParts::default(),
        connect_timeout: Duration::from_secs(1),
        max_attachment_bytes: 4 * MAX_PAYLOAD,
    }
}

fn socket_support() -> Server<SocketSupport> {
    let engine = engineio::Config {
        ping_interval: Duration::from_secs(2),
        ping_timeout: Duration::from_secs(2),
        ..engine_config()
    };
    let sockets = socketio::Config {
        handshake: HandshakeParts { query: true, headers: &[] },
        connect_timeout: Duration::from_secs(45),
        ..socket_config()
    };
    Server::new(engine, sockets, SocketSupport::default())
}

/// A Durable Object class around a shell, whose `fetch` is `serve`.
macro_rules! object {
    ($(#[$doc:meta])* $class:ident, $service:ty, $open:expr, $max_payload:expr) => {
        $(#[$doc])*
        #[wasm_bindgen]
        pub struct $class(Shell<$service>);

        #[wasm_bindgen]
        impl $class {
            #[wasm_bindgen(constructor)]
            pub fn new(state: DurableObjectState, _env: Env) -> Self {
                Self(Shell::new(state.into(), $open, cors(), $max_payload, HeartbeatReplies::Engine))
            }

            pub async fn fetch(&self, request: web_sys::Request) -> Result<web_sys::Response, JsValue> {
                Ok(self.serve(&request.into()).await?)
            }

            pub fn alarm(&self) {
                self.0.alarm();
            }

            #[wasm_bindgen(js_name = webSocketMessage)]
            pub fn web_socket_message(&self, socket: &Socket, message: &JsValue) {
                self.0.message(socket, message);
            }

            #[wasm_bindgen(js_name = webSocketClose)]
            pub fn web_socket_close(&self, socket: &Socket, code: u32) {
                self.0.closed(socket, code);
            }

            #[wasm_bindgen(js_name = webSocketError)]
            pub fn web_socket_error(&self, socket: &Socket) {
                self.0.closed(socket, ABNORMAL_CLOSURE);
            }
        }
    };
}

object! {
    /// Echoes Engine.IO messages.
    EngineObject, EngineEcho, EngineEcho::new(engine_config()), MAX_PAYLOAD
}

object! {
    /// Echoes Socket.IO events.
    SocketObject,
    Server<Echo>,
    Server::new(engine_config(), socket_config(), Echo::default()),
    MAX_PAYLOAD
}

object! {
    /// Serves the Engine.IO client's suite.
    EngineSupportObject,
    EngineEcho,
    EngineEcho::new(engine_support_config()).greeting("hi"),
    MAX_SUPPORT_PAYLOAD
}

object! {
    /// Serves the Socket.IO client's suite.
    SocketSupportObject,
    Server<SocketSupport>,
    socket_support(),
    MAX_PAYLOAD
}

impl EngineObject {
    async fn serve(&self, request: &Request) -> Result<web_sys::Response> {
        self.0.fetch(request).await
    }
}

impl SocketObject {
    async fn serve(&self, request: &Request) -> Result<web_sys::Response> {
        match request.path() {
            "/panic" => panic!("as asked for"),
            "/counts" => {
                let counts = self
                    .0
                    .with(|server, _| ([server.session_count(), server.socket_count()], Default::default()));
                let text = serde_json::to_string(&counts)?;
                Ok(web_sys::Response::new_with_opt_str(Some(&text))?)
            }
            _ => self.0.fetch(request).await,
        }
    }
}

impl EngineSupportObject {
    async fn serve(&self, request: &Request) -> Result<web_sys::Response> {
        if request.query_pairs().any(|(name, _)| name == "deny") {
            let response = engineio::Response::from(Rejection::Forbidden);
            return Reply::from(response).into_response(&cors(), None);
        }
        if request.method() == Method::Post {
            let headers = headers_of(request)?;
            self.0.with(|server, _| (server.note_post(headers), Outcome::default()));
        }
        let response = self.0.fetch(request).await?;
        if opens_session(request) && response.status() == 200 {
            for cookie in COOKIES {
                response.headers().append("Set-Cookie", cookie)?;
            }
        }
        Ok(response)
    }
}

impl SocketSupportObject {
    async fn serve(&self, request: &Request) -> Result<web_sys::Response> {
        if opens_session(request) {
            Delay::from(HANDSHAKE_DELAY).await;
        }
        self.0.fetch(request).await
    }
}

fn opens_session(request: &Request) -> bool {
    !request.query_pairs().any(|(name, _)| name == "sid")
}

fn cors() -> Cors {
    Cors::new(Origins::default())
}

/// The headers of a request as a JSON object.
fn headers_of(request: &Request) -> Result<String> {
    let headers = js_sys::Object::from_entries(&request.raw().headers())?;
    Ok(js_sys::JSON::stringify(&headers)?.into())
}
