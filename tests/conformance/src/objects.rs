//! The Durable Objects: the shell of Natter around the two echoes.

use std::time::Duration;

use socketio::{HandshakeParts, Server};
use socketio_durable::Origins;
use socketio_durable::{ABNORMAL_CLOSURE, Cors, HeartbeatReplies, Request, Shell, Socket};
use wasm_bindgen::prelude::*;
use worker::worker_sys::{DurableObjectState, web_sys};
use worker::{Env, Result};

use crate::echo::Echo;
use crate::engine_echo::EngineEcho;

const MAX_PAYLOAD: usize = 1_000_000;

fn engine_config() -> engineio::Config {
    engineio::Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: MAX_PAYLOAD,
        upgrade_timeout: Duration::from_secs(10),
        max_queue: 4 * MAX_PAYLOAD,
    }
}

fn socket_config() -> socketio::Config {
    socketio::Config {
        handshake: HandshakeParts::default(),
        connect_timeout: Duration::from_secs(1),
        max_attachment_bytes: 4 * MAX_PAYLOAD,
    }
}

/// A Durable Object class around a shell, whose `fetch` is `serve`.
macro_rules! object {
    ($(#[$doc:meta])* $class:ident, $service:ty, $open:expr) => {
        $(#[$doc])*
        #[wasm_bindgen]
        pub struct $class(Shell<$service>);

        #[wasm_bindgen]
        impl $class {
            #[wasm_bindgen(constructor)]
            pub fn new(state: DurableObjectState, _env: Env) -> Self {
                let cors = Cors::new(Origins::default());
                Self(Shell::new(state.into(), $open, cors, MAX_PAYLOAD, HeartbeatReplies::Engine))
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
    EngineObject, EngineEcho, EngineEcho::new(engine_config())
}

object! {
    /// Echoes Socket.IO events.
    SocketObject, Server<Echo>, Server::new(engine_config(), socket_config(), Echo::default())
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
