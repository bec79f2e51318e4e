//! A Socket.IO [`Server`](socketio::Server) in a Cloudflare Durable Object: requests, WebSockets, alarms, hibernation, SQLite
//! and panics.
//!
//! A class for an application and the Worker in front of it:
//!
//! ```text
//! use socketio::router::Io;
//! use socketio_durable::{Hosted, Request, durable_object, serve};
//! use worker::worker_sys::web_sys::Response;
//! use worker::{Context, Env, Result, event};
//!
//! fn lobby() -> Io<()> {
//!     let mut io = Io::new(());
//!     io.of("/").on("say", |socket, text: String| socket.everyone().emit("said", &text));
//!     io
//! }
//!
//! durable_object!(Lobby(Hosted<Io<()>>), |state, env| Hosted::open(state, &env, lobby()));
//!
//! #[event(fetch)]
//! async fn fetch(request: Request, env: Env, _context: Context) -> Result<Response> {
//!     serve(&request, &env, "LOBBY", "main").await
//! }
//! ```
//!
//! The class needs a binding and a place under `new_sqlite_classes` in `wrangler.toml`, and the compatibility flag
//! `enable_request_signal`. Code in handlers reaches SQLite through an `ObjectStorage` in the application's state.
//!
//! [`origins`], [`preflight`] and [`proxy`] decide which pages may use the server and where a request comes from; they
//! compile everywhere. Everything else needs the platform and exists on `wasm32` only.

pub mod origins;
pub mod preflight;
pub mod proxy;

pub use origins::{Origins, Permission};
pub use proxy::TrustedProxy;

#[cfg(target_arch = "wasm32")]
mod abort;
#[cfg(target_arch = "wasm32")]
pub mod body;
#[cfg(target_arch = "wasm32")]
mod cors;
#[cfg(target_arch = "wasm32")]
mod durable_object;
#[cfg(target_arch = "wasm32")]
pub mod object;
#[cfg(target_arch = "wasm32")]
mod panic;
#[cfg(target_arch = "wasm32")]
pub mod platform;
#[cfg(target_arch = "wasm32")]
mod reply;
#[cfg(target_arch = "wasm32")]
mod request;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(target_arch = "wasm32")]
mod sql;
#[cfg(target_arch = "wasm32")]
mod wake;

#[cfg(target_arch = "wasm32")]
pub use {
    cors::Cors,
    durable_object::{DurableObject, Hosted, serve},
    panic::AbortOnPanic,
    platform::Socket,
    reply::Reply,
    request::{Method, Request},
    shell::{ABNORMAL_CLOSURE, HeartbeatReplies, Shell},
    sql::ObjectStorage,
};

// The macro's code names them by this path, so that its users need not depend on the same versions.
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub use {js_sys, wasm_bindgen, wasm_bindgen_futures, worker};
