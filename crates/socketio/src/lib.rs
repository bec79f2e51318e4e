//! A Socket.IO v5 server without I/O: namespaces, events, acknowledgements and binary attachments over Engine.IO sessions.
//!
//! A [`Server`] joins an [`engineio::Engine`] and an [`Application`]. It takes inputs and returns what to do, like the engine
//! below it, and knows no clock, no randomness and no `async`.

mod actions;
mod application;
mod arguments;
mod config;
mod connections;
mod handshake;
pub mod json;
mod keys;
mod packet;
mod placeholders;
mod reassembly;
mod server;
mod service;
mod sockets;
pub mod storage;

pub use engineio::{self, Address, Context, Time};

pub use actions::{Ack, Action, Actions, Admission, ConnectError, Recipients, Selection};
pub use application::{Application, Departure, Event, JoinRequest, RestoredPlace, UnreadableEvent};
pub use arguments::{AckRequest, Arguments};
pub use config::Config;
pub use handshake::{Handshake, HandshakeParts};
pub use keys::{Namespace, Room, SocketKey};
pub use packet::{Kind, MAX_ATTACHMENTS, MAX_DEPTH, MalformedPacket, Packet, Unreadable};
pub use server::Server;
pub use service::{Outcome, Service};
