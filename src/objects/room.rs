//! The room: the one Durable Object that holds users, messages, presence and call routing.

use std::rc::Rc;

use socketio::Server;
use socketio_durable::object::{answer, asked};
use socketio_durable::{
    ABNORMAL_CLOSURE, Cors, HeartbeatReplies, ObjectStorage, Origins, Reply, Request, Shell, Socket,
    TrustedProxy,
};
use wasm_bindgen::prelude::*;
use worker::worker_sys::{DurableObjectState, web_sys};
use worker::{Env, Result, State, console_error};

use super::turn::TurnCredentials;
use crate::accounts::requests::{self, Caller};
use crate::chat::Chat;
use crate::config::{Config, read_config};
use crate::questions::{History, Question, TurnAnswer};
use crate::storage::StorageError;

type ChatShell = Shell<Server<Chat<Rc<ObjectStorage>>>>;

/// The Durable Object class of a room. Only what has to be awaited is a promise, and a frame is not.
#[wasm_bindgen]
pub struct Room {
    shell: ChatShell,
    proxy: TrustedProxy,
    turn: Option<TurnCredentials>,
}

#[wasm_bindgen]
impl Room {
    /// The room of an object that was created, or that comes back into memory.
    ///
    /// # Errors
    /// The settings are wrong, or the database cannot be opened; the reason is in the log. The platform then fails the event,
    /// closes the object's WebSockets, and makes a new object for the next event.
    #[wasm_bindgen(constructor)]
    pub fn new(state: DurableObjectState, env: Env) -> Result<Self, JsValue> {
        let config = read_config(&env).map_err(|_| js_sys::Error::new("misconfigured"))?;
        let shell = open(State::from(state), &config).map_err(|error| {
            console_error!("the room cannot be opened: {error}");
            js_sys::Error::new("the room cannot be opened")
        })?;
        Ok(Self { shell, proxy: config.trusted_proxy, turn: TurnCredentials::new(&config.ice) })
    }

    /// A request came: of the protocol, or a [`Question`] of the entry.
    ///
    /// # Errors
    /// The platform fails, or the request is nothing that the entry forwards.
    pub async fn fetch(&self, request: web_sys::Request) -> Result<web_sys::Response, JsValue> {
        let request = Request::from(request).behind(self.proxy);
        if request.is_socket_io() {
            return Ok(self.shell.fetch(&request).await?);
        }
        let question: Question = asked(request.raw()).await?;
        if let Question::TurnCredentials { caller } = question {
            return Ok(match self.turn_credentials(caller).await {
                Ok(credentials) => answer(&credentials),
                Err(error) => {
                    console_error!("{error}");
                    unavailable()
                }
            }?);
        }
        let answered = self.shell.with(|server, cx| {
            server.apply(cx, |chat, cx, actions| match &question {
                Question::Account(request) => {
                    chat.account(cx, request, actions).map(|response| answer(&response))
                }
                Question::History { caller, query } => chat
                    .history(cx.now, caller, *query)
                    .map(|page| answer(&page.map_or_else(History::from, History::Page))),
                Question::TurnCredentials { .. } => Ok(answer(&TurnAnswer::Missing)),
            })
        });
        Ok(answered.unwrap_or_else(|error| {
            console_error!("{error}");
            unavailable()
        })?)
    }

    /// The alarm has gone off.
    pub fn alarm(&self) {
        self.shell.alarm();
    }

    /// A frame came: a string or an `ArrayBuffer`.
    #[wasm_bindgen(js_name = webSocketMessage)]
    pub fn web_socket_message(&self, socket: &Socket, message: &JsValue) {
        self.shell.message(socket, message);
    }

    /// A WebSocket is closed.
    #[wasm_bindgen(js_name = webSocketClose)]
    pub fn web_socket_close(&self, socket: &Socket, code: u32) {
        self.shell.closed(socket, code);
    }

    /// A WebSocket is broken.
    #[wasm_bindgen(js_name = webSocketError)]
    pub fn web_socket_error(&self, socket: &Socket) {
        self.shell.closed(socket, ABNORMAL_CLOSURE);
    }
}

impl Room {
    /// The TURN credentials of a caller whose login has not ended.
    async fn turn_credentials(&self, caller: Caller) -> std::result::Result<TurnAnswer, StorageError> {
        let name_key = caller.name_key.clone();
        let describe = requests::Request::Describe { caller };
        let described = self
            .shell
            .with(|server, cx| server.apply(cx, |chat, cx, actions| chat.account(cx, &describe, actions)));
        match (described?, &self.turn) {
            (requests::Response::User { .. }, Some(turn)) => Ok(turn.of(&name_key).await),
            (requests::Response::User { .. }, None) => Ok(TurnAnswer::Missing),
            _ => Ok(TurnAnswer::Ended),
        }
    }
}

fn open(state: State, config: &Config) -> Result<ChatShell, StorageError> {
    let storage = Rc::new(ObjectStorage::new(&state));
    let chat = Chat::open(storage, config.tokens(), config.chat())?;
    let cors = Cors::new(config.origins.clone());
    let server = Server::new(config.engine(), config.socket(), chat)
        .with_max_connections(config.connections_per_address);
    Ok(Shell::new(state, server, cors, config.max_payload, HeartbeatReplies::Platform))
}

fn unavailable() -> Result<web_sys::Response> {
    Reply::internal_error().into_response(&Cors::new(Origins::default()), None)
}
