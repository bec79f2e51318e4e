//! The object class of a room, which holds users, messages, presence and calls.

use std::rc::Rc;

use serde_json::value::RawValue;
use socketio::Server;
use socketio_durable::object::{answer, asked};
use socketio_durable::{
    Cors, DurableObject, HeartbeatReplies, Hosted, ObjectStorage, Origins, Reply, Request, Shell,
    TrustedProxy, durable_object,
};
use wasm_bindgen::JsValue;
use worker::worker_sys::web_sys;
use worker::{Env, State, console_error};

use super::turn::TurnService;
use crate::accounts::questions::Describe;
use crate::answers::room::{self, TurnCredentials};
use crate::chat::Chat;
use crate::config::{Config, read_config};
use crate::questions::{Asked, Fault, Question, encode};
use crate::storage::StorageError;

type ChatShell = Hosted<Chat<Rc<ObjectStorage>>>;

durable_object!(Room(ChatRoom), |state, env| ChatRoom::open(state, &env));

/// A chat with what belongs to it outside its own rules.
pub struct ChatRoom {
    shell: ChatShell,
    proxy: TrustedProxy,
    turn: Option<TurnService>,
}

impl DurableObject for ChatRoom {
    type Service = Server<Chat<Rc<ObjectStorage>>>;

    fn shell(&self) -> &ChatShell {
        &self.shell
    }

    /// Answers a request of the protocol, or a [question](room).
    ///
    /// # Errors
    /// The platform fails, or the body is not a question.
    async fn fetch(&self, request: Request) -> worker::Result<web_sys::Response> {
        let request = request.behind(self.proxy);
        if request.is_socket_io() {
            return self.shell.fetch(&request).await;
        }
        match self.answer(&asked(request.raw()).await?).await {
            Ok(response) => answer(response.get()),
            Err(fault) => {
                console_error!("{fault}");
                unavailable()
            }
        }
    }
}

impl ChatRoom {
    /// Opens the room of an object that was created or has woken up.
    ///
    /// # Errors
    /// The settings are wrong, or the database cannot be opened; the log has the reason.
    fn open(state: State, env: &Env) -> Result<Self, JsValue> {
        let config = read_config(env).map_err(|_| js_sys::Error::new("misconfigured"))?;
        let shell = open(state, &config).map_err(|error| {
            console_error!("the room cannot be opened: {error}");
            js_sys::Error::new("the room cannot be opened")
        })?;
        Ok(Self { shell, proxy: config.trusted_proxy, turn: TurnService::new(&config.ice) })
    }

    async fn answer(&self, question: &str) -> Result<Box<RawValue>, Fault> {
        let asked = Asked::parse(question)?;
        if asked.name() == TurnCredentials::NAME {
            return self.turn_credentials(asked.read()?).await;
        }
        self.shell
            .with(|server, cx| server.apply(cx, |chat, cx, actions| room::answer(chat, cx, &asked, actions)))
    }

    /// Answers a caller whose login has not ended.
    async fn turn_credentials(
        &self,
        TurnCredentials { caller }: TurnCredentials,
    ) -> Result<Box<RawValue>, Fault> {
        let name_key = caller.name_key.clone();
        let describe = Describe { caller };
        let described = self
            .shell
            .with(|server, cx| server.apply(cx, |chat, cx, actions| chat.account(cx, &describe, actions)))?;
        let response = match (described, &self.turn) {
            (Err(refusal), _) => Err(refusal),
            (Ok(_), None) => Ok(None),
            (Ok(_), Some(turn)) => Ok(turn.credentials(&name_key).await),
        };
        Ok(encode::<TurnCredentials>(&response))
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

fn unavailable() -> worker::Result<web_sys::Response> {
    Reply::internal_error().into_response(&Cors::new(Origins::default()), None)
}
