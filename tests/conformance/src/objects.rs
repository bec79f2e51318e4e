//! The Durable Objects: the shell of Natter around the two echoes.

use std::time::Duration;

use natter::application::Application;
use natter::cloudflare::{Cors, HeartbeatReplies, Shell};
use natter::config::Origins;
use natter::server::Server;
use natter::{engine, socket};
use worker::{
    DurableObject, Env, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage, durable_object,
};

use crate::echo::Echo;
use crate::engine_echo::EngineEcho;

const MAX_PAYLOAD: usize = 1_000_000;

fn engine_config() -> engine::Config {
    engine::Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: MAX_PAYLOAD,
        upgrade_timeout: Duration::from_secs(10),
        max_queue: 4 * MAX_PAYLOAD,
    }
}

fn socket_config() -> socket::Config {
    socket::Config {
        namespaces: Echo::NAMESPACES,
        connect_timeout: Duration::from_secs(1),
        max_attachment_bytes: 4 * MAX_PAYLOAD,
    }
}

/// Everything that is the same for both objects.
macro_rules! pass_on_to_shell {
    () => {
        async fn alarm(&self) -> Result<Response> {
            self.0.alarm();
            Response::empty()
        }

        async fn websocket_message(
            &self,
            socket: WebSocket,
            message: WebSocketIncomingMessage,
        ) -> Result<()> {
            self.0.message(socket, message);
            Ok(())
        }

        async fn websocket_close(&self, socket: WebSocket, code: usize, _: String, _: bool) -> Result<()> {
            self.0.closed(socket, code);
            Ok(())
        }

        async fn websocket_error(&self, socket: WebSocket, _: worker::Error) -> Result<()> {
            self.0.closed(socket, 1006);
            Ok(())
        }
    };
}

/// Echoes Engine.IO messages.
#[durable_object]
pub struct EngineObject(Shell<EngineEcho>);

/// Echoes Socket.IO events.
#[durable_object]
pub struct SocketObject(Shell<Server<Echo>>);

impl DurableObject for EngineObject {
    fn new(state: State, _env: Env) -> Self {
        let service = EngineEcho::new(engine_config());
        Self(Shell::new(state, service, Cors::new(Origins::default()), MAX_PAYLOAD, HeartbeatReplies::Engine))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        self.0.fetch(request).await
    }

    pass_on_to_shell!();
}

impl DurableObject for SocketObject {
    fn new(state: State, _env: Env) -> Self {
        let service = Server::new(engine_config(), socket_config(), Echo::default());
        Self(Shell::new(state, service, Cors::new(Origins::default()), MAX_PAYLOAD, HeartbeatReplies::Engine))
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        match request.path().as_str() {
            "/panic" => panic!("as asked for"),
            "/counts" => {
                let counts = self
                    .0
                    .with(|server, _| ([server.session_count(), server.socket_count()], Default::default()));
                Response::from_json(&counts)
            }
            _ => self.0.fetch(request).await,
        }
    }

    pass_on_to_shell!();
}
