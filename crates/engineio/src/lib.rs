//! Engine.IO v4 without I/O: sessions over HTTP long-polling and WebSocket.
//!
//! An [`Engine`] takes an [`Input`] (a request, a frame, a closed socket, the passing of time) and returns what happened as
//! [`Event`]s for the layer above and what to do as [`Effect`]s for the platform. It knows no clock, no randomness and no
//! `async`: each input brings its [`Context`]. It implements revision 4 of the
//! [protocol](https://socket.io/docs/v4/engine-io-protocol/); revision 3 is out of scope.
//!
//! An echo: it takes a message, and returns the effect that sends it back.
//!
//! ```
//! use engineio::{Config, Context, Data, Effect, Engine, Entropy, Event, Frame, Input, Query, RequestId, Time, WebSocketId};
//!
//! struct Dice(u8);
//!
//! impl Entropy for Dice {
//!     fn fill(&mut self, bytes: &mut [u8]) {
//!         // The platform's randomness goes here.
//!         bytes.fill_with(|| {
//!             self.0 = self.0.wrapping_add(97);
//!             self.0
//!         });
//!     }
//! }
//!
//! let mut engine = Engine::new(Config::default());
//! let mut dice = Dice(0);
//! let mut effects = Vec::new();
//!
//! // A client opens a WebSocket. The effects accept it, and send the handshake.
//! let query = Query::from_pairs([("EIO", "4"), ("transport", "websocket")].into_iter());
//! let socket = WebSocketId(0);
//! let input = Input::WebSocket { request: RequestId(0), query, socket };
//! engine.handle(&mut Context::new(Time::from_millis(0), &mut dice), input, &mut effects);
//! assert!(matches!(effects[0], Effect::Accept { .. }));
//!
//! // It sends the message "hello".
//! effects.clear();
//! let input = Input::Frame { socket, data: Data::Text("4hello") };
//! for event in engine.handle(&mut Context::new(Time::from_millis(5), &mut dice), input, &mut effects) {
//!     if let Event::Message(session, Data::Text(text)) = event {
//!         engine.send(std::iter::once(session), &Frame::message(text), &mut effects);
//!     }
//! }
//! assert_eq!(effects, [Effect::Send { sockets: vec![socket], frame: Frame::message("hello") }]);
//! ```

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
