//! The shell: the only code that sees Cloudflare. Turns what happens into inputs for the core, and carries out effects.

mod abort;
#[cfg(feature = "entry")]
mod admin_routes;
#[cfg(feature = "entry")]
mod auth_routes;
#[cfg(feature = "entry")]
mod bearer;
mod body;
mod cors;
#[cfg(feature = "entry")]
mod entry;
#[cfg(feature = "entry")]
mod failure;
#[cfg(feature = "entry")]
mod ice_routes;
#[cfg(feature = "entry")]
mod json_body;
#[cfg(feature = "entry")]
mod message_routes;
#[cfg(feature = "entry")]
mod object;
mod panic;
#[cfg(feature = "entry")]
mod password_hasher;
mod platform;
mod reply;
mod request;
#[cfg(feature = "entry")]
mod room;
mod shell;
mod sql;
pub(crate) mod unicode;
mod wake;

pub use cors::Cors;
pub use platform::Socket;
pub use reply::Reply;
pub use request::Request;
pub use shell::{ABNORMAL_CLOSURE, HeartbeatReplies, Shell};
pub use sql::ObjectStorage;
