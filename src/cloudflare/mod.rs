//! The shell: the only code that sees Cloudflare. Turns what happens into inputs for the core, and carries out effects.

#[cfg(feature = "entry")]
mod ask;
#[cfg(feature = "entry")]
mod auth_routes;
#[cfg(feature = "entry")]
mod bearer;
mod body;
mod client_address;
mod cors;
#[cfg(feature = "entry")]
mod entry;
#[cfg(feature = "entry")]
mod ice_routes;
#[cfg(feature = "entry")]
mod json_body;
#[cfg(feature = "entry")]
mod message_routes;
mod method;
mod panic;
#[cfg(feature = "entry")]
mod password_hasher;
mod platform;
mod reply;
mod request_url;
#[cfg(feature = "entry")]
mod room;
mod shell;
mod sql;
pub(crate) mod unicode;
mod wake;

pub use cors::Cors;
pub use reply::Reply;
pub use shell::{HeartbeatReplies, Shell};
pub use sql::ObjectStorage;
