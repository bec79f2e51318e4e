//! Sends every Engine.IO message back, except for three that ask for something else, as the support server of the client's suite
//! does (`packages/engine.io-client/test/support/hooks.js`).

use engineio::{Config, Context, Data, Engine, Event, Frame, Input, Time, WebSocketId};
use socketio::{Outcome, Service};

/// The echo.
pub struct EngineEcho {
    engine: Engine,
    /// The first message of every session.
    greeting: Option<&'static str>,
    /// The headers of the latest POST, as a JSON object.
    post_headers: String,
}

impl EngineEcho {
    /// Returns an echo with these timings.
    pub fn new(config: Config) -> Self {
        Self { engine: Engine::new(config), greeting: None, post_headers: "{}".to_owned() }
    }

    /// Returns the echo with a first message for every session.
    pub fn greeting(self, greeting: &'static str) -> Self {
        Self { greeting: Some(greeting), ..self }
    }

    /// Keeps the headers of a POST, a JSON object, for the message that asks for them.
    pub fn note_post(&mut self, headers: String) {
        self.post_headers = headers;
    }

    fn answer(&self, data: Data<'_>) -> Frame {
        match data {
            Data::Text("give binary") => Frame::binary([0, 1, 2, 3, 4].into()),
            Data::Text("give utf8") => Frame::message("пойду спать всем спокойной ночи"),
            Data::Text("sendHeaders") => Frame::message(&self.post_headers),
            Data::Text(text) => Frame::message(text),
            Data::Binary(bytes) => Frame::binary(bytes.into()),
        }
    }
}

impl Service for EngineEcho {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input<'_>) -> Outcome {
        let mut out = Outcome::default();
        for event in self.engine.handle(cx, input, &mut out.effects) {
            let (session, frame) = match event {
                Event::Opened(session) => (session, self.greeting.map(Frame::message)),
                Event::Message(session, data) => (session, Some(self.answer(data))),
                Event::Upgraded(session) | Event::Closed(session, _) => (session, None),
            };
            if let Some(frame) = frame {
                self.engine.send(std::iter::once(session), &frame, &mut out.effects);
            }
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
