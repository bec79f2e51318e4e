//! The room: the one Durable Object that holds users, messages, presence and call routing.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use worker::{
    DurableObject, Env, Request, Response, Result, State, WebSocket, WebSocketIncomingMessage, console_error,
    durable_object,
};

use super::ask::asked;
use super::cors::Cors;
use super::entry::{SOCKET_PATH, read_config};
use super::reply::Reply;
use super::shell::{HeartbeatReplies, Shell};
use super::sql::ObjectStorage;
use crate::accounts::families;
use crate::accounts::requests::{self, Caller};
use crate::application::Application;
use crate::chat::message::HistoryQuery;
use crate::chat::retention::Limits;
use crate::chat::{Chat, Settings};
use crate::config::Config;
use crate::refusal::Refusal;
use crate::server::Server;
use crate::{engine, socket};

/// How many bytes wait at most for a client that polls slowly or not at all, as a multiple of the largest payload.
const QUEUED_PAYLOADS: usize = 4;

/// How many bytes of attachments an unfinished packet may hold, as a multiple of the largest payload.
const ATTACHED_PAYLOADS: usize = 4;

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

type ChatShell = Shell<Server<Chat<Rc<ObjectStorage>>>>;

/// The Durable Object class of a room.
#[durable_object]
pub struct Room {
    /// None when the room cannot be opened; the reason is in the log.
    shell: Option<ChatShell>,
}

impl DurableObject for Room {
    fn new(state: State, env: Env) -> Self {
        let shell = match read_config(&env) {
            Ok(config) => open(state, &config),
            Err(_) => None,
        };
        Self { shell }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let Some(shell) = &self.shell else { return unavailable() };
        if request.path().starts_with(SOCKET_PATH) {
            return shell.fetch(request).await;
        }
        // Everything else comes from the entry, which forwards no other path.
        let question: Question = asked(&mut request).await?;
        let answer = shell.with(|server, cx| {
            server.apply(cx, |chat, cx, actions| match &question {
                Question::Account(request) => {
                    chat.account(cx, request, actions).map(|answer| Response::from_json(&answer))
                }
                Question::History { caller, query } => chat
                    .history(cx.now, caller, *query)
                    .map(|answer| Response::from_json(&answer.map_or_else(History::from, History::Page))),
            })
        });
        answer.unwrap_or_else(|error| {
            console_error!("{error}");
            unavailable()
        })
    }

    async fn alarm(&self) -> Result<Response> {
        if let Some(shell) = &self.shell {
            shell.alarm();
        }
        Response::empty()
    }

    async fn websocket_message(&self, ws: WebSocket, message: WebSocketIncomingMessage) -> Result<()> {
        if let Some(shell) = &self.shell {
            shell.message(ws, message);
        }
        Ok(())
    }

    async fn websocket_close(
        &self,
        ws: WebSocket,
        code: usize,
        _reason: String,
        _was_clean: bool,
    ) -> Result<()> {
        if let Some(shell) = &self.shell {
            shell.closed(ws, code);
        }
        Ok(())
    }

    async fn websocket_error(&self, ws: WebSocket, _error: worker::Error) -> Result<()> {
        if let Some(shell) = &self.shell {
            shell.closed(ws, 1006);
        }
        Ok(())
    }
}

fn open(state: State, config: &Config) -> Option<ChatShell> {
    let settings = Settings {
        history_limit: config.history_limit,
        recovery_window: config.recovery_window,
        retention: Limits { messages: config.retention_messages, age: config.retention_age },
        families: families::Settings { ttl: config.refresh_ttl, per_user: config.sessions_per_user },
        attempts: config.attempts,
        rates: config.rates,
        sockets_per_user: config.sockets_per_user,
    };
    let storage = Rc::new(ObjectStorage::new(&state));
    let chat = match Chat::open(storage, config.tokens(), settings) {
        Ok(chat) => chat,
        Err(error) => {
            console_error!("the room cannot be opened: {error}");
            return None;
        }
    };
    let engine = engine::Config {
        ping_interval: config.ping_interval,
        ping_timeout: config.ping_timeout,
        max_payload: config.max_payload,
        upgrade_timeout: config.upgrade_timeout,
        max_queue: QUEUED_PAYLOADS * config.max_payload,
    };
    let sockets = socket::Config {
        namespaces: <Chat<Rc<ObjectStorage>> as Application>::NAMESPACES,
        connect_timeout: config.connect_timeout,
        max_attachment_bytes: ATTACHED_PAYLOADS * config.max_payload,
    };
    let cors = Cors::new(config.origins.clone());
    let server = Server::new(engine, sockets, chat).with_max_connections(config.connections_per_address);
    Some(Shell::new(state, server, cors, config.max_payload, HeartbeatReplies::Platform))
}

fn unavailable() -> Result<Response> {
    let Reply { status, body, .. } = Reply::internal_error();
    Ok(Response::ok(body)?.with_status(status))
}
