//! Sends every Engine.IO message back.

use engineio::Context;
use engineio::Time;
use engineio::WebSocketId;
use engineio::{Config, Data, Engine, Event, Frame, Input};
use socketio::{Outcome, Service};

/// The echo.
pub struct EngineEcho(Engine);

impl EngineEcho {
    /// An echo with these timings.
    pub fn new(config: Config) -> Self {
        Self(Engine::new(config))
    }
}

impl Service for EngineEcho {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input<'_>) -> Outcome {
        let mut out = Outcome::default();
        for event in self.0.handle(cx, input, &mut out.effects) {
            if let Event::Message(session, data) = event {
                let frame = match data {
                    Data::Text(text) => Frame::message(text),
                    Data::Binary(bytes) => Frame::binary(bytes.into()),
                };
                self.0.send(std::iter::once(session), &frame, &mut out.effects);
            }
        }
        out
    }

    fn next_deadline(&self) -> Option<Time> {
        self.0.next_deadline()
    }

    fn next_heartbeat(&self) -> Option<Time> {
        self.0.next_heartbeat()
    }

    fn restore(&mut self, _: Time, _: WebSocketId, _: Option<Time>, _stored: &str) -> bool {
        false
    }

    fn alarm_fired(&mut self, _: Time) {}
}
