//! Engine.IO v4 without I/O: sessions over HTTP long-polling and WebSocket.
//!
//! An [`Engine`] takes an [`Input`] (a request, a frame, a closed socket, the passing of time) and returns what happened as
//! [`Event`]s for the layer above and what to do as [`Effect`]s for the platform. It knows no clock, no randomness and no
//! `async`: each input brings its [`Context`]. It implements revision 4 of the
//! [protocol](https://socket.io/docs/v4/engine-io-protocol/); revision 3 is out of scope.

mod address;
mod config;
mod context;
mod effect;
mod engine;
mod frame;
mod handshake;
mod heartbeat;
mod input;
mod keys;
mod packet;
pub mod payload;
mod session;
pub mod time;
mod timers;

pub use address::Address;
pub use config::Config;
pub use context::{Context, Entropy, HandshakeRequest};
pub use effect::{Effect, Response};
pub use engine::{Engine, POLL_ABSENCE, POLL_HOLD};
pub use frame::Frame;
pub use handshake::{Query, Rejection, subprotocol};
pub use heartbeat::Heartbeat;
pub use input::{Event, Input, LastPong};
pub use keys::{KeyMap, RequestId, SessionKey, WebSocketId};
pub use packet::{Data, MalformedPacket, Packet};
pub use session::{CloseReason, Sid, Snapshot, TransportName};
pub use time::Time;
pub use timers::Timers;
