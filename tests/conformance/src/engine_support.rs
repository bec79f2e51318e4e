//! Answers as `packages/engine.io-client/test/support/hooks.js` does: greets every session, and sends messages back, except
//! for three that ask for something else.

use engineio::{Config, Context, Data, Engine, Event, Frame, Input, Time, WebSocketId};
use socketio::{Outcome, Service};

/// The Engine.IO server of the client suite.
pub struct EngineSupport {
    engine: Engine,
    /// The headers of the latest POST, as a JSON object.
    post_headers: String,
}

impl EngineSupport {
    /// Returns a server with these timings.
    pub fn new(config: Config) -> Self {
        Self { engine: Engine::new(config), post_headers: "{}".to_owned() }
    }

    /// Keeps the headers of a POST, a JSON object, for the message that asks for them.
    pub fn note_post(&mut self, headers: String) {
        self.post_headers = headers;
    }

    fn answer(&self, data: Data<'_>) -> Frame {
        match data {
            Data::Text(text) => match text {
                "give binary" => Frame::binary([0, 1, 2, 3, 4].into()),
                "give utf8" => Frame::message("пойду спать всем спокойной ночи"),
                "sendHeaders" => Frame::message(&self.post_headers),
                text => Frame::message(text),
            },
            Data::Binary(bytes) => Frame::binary(bytes.into()),
        }
    }
}

impl Service for EngineSupport {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input<'_>) -> Outcome {
        let mut out = Outcome::default();
        for event in self.engine.handle(cx, input, &mut out.effects) {
            let (session, frame) = match event {
                Event::Opened(session) => (session, Frame::message("hi")),
                Event::Message(session, data) => (session, self.answer(data)),
                Event::Upgraded(_) | Event::Closed(..) => continue,
            };
            self.engine.send(std::iter::once(session), &frame, &mut out.effects);
        }
        out
    }

    fn next_deadline(&self) -> Option<Time> {
        self.engine.next_deadline()
    }

    fn next_heartbeat(&self) -> Option<Time> {
        self.engine.next_heartbeat()
    }

    fn restore(&mut self, _: Time, _: WebSocketId, _: Option<Time>, _stored: &str) -> bool {
        false
    }

    fn alarm_fired(&mut self, _: Time) {}
}
