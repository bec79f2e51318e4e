//! Durable Object classes around shells, and the stateless Worker in front of them.

use std::future::Future;

use engineio::Rejection;
use socketio::{Application, Server, Service};
use worker::worker_sys::web_sys;
use worker::{Env, Result, State, console_error};

use crate::cors::Cors;
use crate::object::Object;
use crate::origins::Origins;
use crate::reply::Reply;
use crate::request::{Method, Request};
use crate::shell::{HeartbeatReplies, Shell};

/// The environment variable that lists the origins whose pages may use the server, separated by commas; see
/// [`Origins::parse`]. The server's own is always allowed.
const ALLOWED_ORIGINS: &str = "ALLOWED_ORIGINS";

/// An application in a Durable Object.
pub type Hosted<A> = Shell<Server<A>>;

/// The content of a Durable Object class that [`durable_object!`](crate::durable_object) declares.
pub trait DurableObject {
    /// The service that the shell drives.
    type Service: Service + 'static;

    /// The shell, which gets the object's WebSocket messages and alarms.
    fn shell(&self) -> &Shell<Self::Service>;

    /// Handles a request to the object; by default as one of the protocol.
    ///
    /// # Errors
    /// The platform fails.
    fn fetch(&self, request: Request) -> impl Future<Output = Result<web_sys::Response>> {
        async move { self.shell().fetch(&request).await }
    }
}

impl<S: Service + 'static> DurableObject for Shell<S> {
    type Service = S;

    fn shell(&self) -> &Self {
        self
    }
}

impl<A: Application + 'static> Hosted<A> {
    /// Puts an application into the object with this state. The platform answers its heartbeats, and the variable
    /// `ALLOWED_ORIGINS` says which pages may use it.
    ///
    /// # Errors
    /// The variable is not a list of origins.
    pub fn open(state: State, env: &Env, server: impl Into<Server<A>>) -> Result<Self> {
        let server = server.into();
        let cors = Cors::new(allowed_origins(env)?);
        let max_payload = server.max_payload();
        Ok(Self::new(state, server, cors, max_payload, HeartbeatReplies::Platform))
    }
}

/// Declares a Durable Object class: its name, its content, which is a [`DurableObject`], and how that is opened from the
/// object's [`State`](worker::State) and [`Env`](worker::Env).
///
/// ```text
/// durable_object!(Whiteboard(Hosted<Io<(), Pen>>), |state, env| Hosted::open(state, &env, whiteboard()));
/// ```
///
/// If the opening fails, the platform fails the event, closes the object's WebSockets, and makes a new object for the next event.
#[macro_export]
macro_rules! durable_object {
    ($class:ident($content:ty), |$state:pat_param, $env:pat_param| $open:expr) => {
        const _: () = {
            // The code that wasm-bindgen generates names these crates, which users of this one need not depend on.
            use $crate::wasm_bindgen::prelude::wasm_bindgen;
            use $crate::worker::worker_sys::{DurableObjectState, web_sys};
            use $crate::{js_sys as js, wasm_bindgen, wasm_bindgen_futures as futures};

            #[wasm_bindgen(wasm_bindgen = wasm_bindgen)]
            pub struct $class($content);

            #[wasm_bindgen(wasm_bindgen = wasm_bindgen, wasm_bindgen_futures = futures, js_sys = js)]
            impl $class {
                #[wasm_bindgen(constructor)]
                pub fn new(
                    state: DurableObjectState,
                    env: $crate::worker::Env,
                ) -> ::std::result::Result<Self, wasm_bindgen::JsValue> {
                    let $state = $crate::worker::State::from(state);
                    let $env = env;
                    Ok(Self($open?))
                }

                // Only what has to be awaited is a promise, and a frame is not.
                pub async fn fetch(
                    &self,
                    request: web_sys::Request,
                ) -> ::std::result::Result<web_sys::Response, wasm_bindgen::JsValue> {
                    Ok($crate::DurableObject::fetch(&self.0, request.into()).await?)
                }

                pub fn alarm(&self) {
                    $crate::DurableObject::shell(&self.0).alarm();
                }

                #[wasm_bindgen(js_name = webSocketMessage)]
                pub fn web_socket_message(&self, socket: &$crate::Socket, message: &wasm_bindgen::JsValue) {
                    $crate::DurableObject::shell(&self.0).message(socket, message);
                }

                #[wasm_bindgen(js_name = webSocketClose)]
                pub fn web_socket_close(&self, socket: &$crate::Socket, code: u32) {
                    $crate::DurableObject::shell(&self.0).closed(socket, code);
                }

                #[wasm_bindgen(js_name = webSocketError)]
                pub fn web_socket_error(&self, socket: &$crate::Socket) {
                    $crate::DurableObject::shell(&self.0).closed(socket, $crate::ABNORMAL_CLOSURE);
                }
            }
        };
    };
}

/// Answers a request in the stateless Worker: checks the page's origin, answers preflights, and forwards everything else to the
/// object `name` of the class that is bound as `binding`.
///
/// # Errors
/// The platform fails.
pub async fn serve(request: &Request, env: &Env, binding: &str, name: &str) -> Result<web_sys::Response> {
    let origin = request.origin();
    let origins = allowed_origins(env)?;
    let is_own = origin.as_deref() == Some(request.target());
    let reply = if !is_own && !origins.admits(origin.as_deref(), &request.own_origin()) {
        engineio::Response::from(Rejection::Forbidden).into()
    } else if request.method() == Method::Options {
        Reply::preflight(request, "GET, POST")
    } else {
        match Object::named(env, binding, name)?.fetch(request.raw()).await {
            Ok(response) => return Ok(response),
            Err(error) => {
                console_error!("{error}");
                Reply::internal_error()
            }
        }
    };
    request.discard_body().await;
    reply.into_response(&Cors::new(origins), origin.as_deref())
}

fn allowed_origins(env: &Env) -> Result<Origins> {
    let Ok(list) = env.var(ALLOWED_ORIGINS) else { return Ok(Origins::default()) };
    Origins::parse(ALLOWED_ORIGINS, &list.to_string()).map_err(Into::into)
}
