//! A Socket.IO [`Server`](socketio::Server) in a Cloudflare Durable Object: requests, WebSockets, alarms, hibernation, SQLite
//! and panics.
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
    panic::AbortOnPanic,
    platform::Socket,
    reply::Reply,
    request::{Method, Request},
    shell::{ABNORMAL_CLOSURE, HeartbeatReplies, Shell},
    sql::ObjectStorage,
};
