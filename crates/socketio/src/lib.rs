//! A Socket.IO v5 server without I/O: namespaces, rooms, acknowledgements, binary payloads and recovery over Engine.IO sessions.
//!
//! Most applications are made of handlers; see [`router`] for all that these can do:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use socketio::Server;
//! use socketio::router::{EventError, Io};
//!
//! /// The data of a socket, which survive hibernation.
//! #[derive(Default, Serialize, Deserialize)]
//! struct User {
//!     name: String,
//! }
//!
//! let mut io: Io<Vec<String>, User> = Io::new(Vec::new());
//! io.of("/")
//!     .admit(|_, request| request.read_auth())
//!     .on_connect(|socket| socket.broadcast().emit("joined", &socket.data().name))
//!     .on("say", |socket, text: String| {
//!         if text.is_empty() {
//!             return Err(EventError::new("empty"));
//!         }
//!         socket.everyone().emit("said", &(&socket.data().name, &text));
//!         socket.state_mut().push(text);
//!         Ok(socket.state().len())
//!     })
//!     .on_disconnect(|socket, _| socket.broadcast().emit("left", &socket.data().name));
//! let server = Server::from(io);
//! # assert_eq!(server.socket_count(), 0);
//! ```
//!
//! Beneath, a [`Server`] joins an [`engineio::Engine`] and an [`Application`]. It takes inputs and returns what to do, like the
//! engine, and knows no clock, no randomness and no `async`. An application that needs more than handlers implements
//! [`Application`] itself, and answers with [`Actions`].

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
pub mod router;
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
