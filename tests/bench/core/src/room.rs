//! A room as the deployed server sets it up, with a crowd and its own clock.

use std::time::Duration;

use engineio::Time;
use engineio::{Context, Entropy};
use engineio::{Data, Effect, Input, Query};
use engineio::{RequestId, WebSocketId};
use natter::accounts::token::{TokenSecret, Tokens};
use natter::accounts::username::Username;
use natter::chat::Chat;
use natter::config::Config;
use natter::storage::{Row, Storage, StorageError, Value};
use socketio::Application;
use socketio::{Outcome, Server, Service};

const SECRET: &str = "wJ9x2Qm4Zr7Lk1Tn8Vb5Yc3Hd6Gf0PsA";

/// A lifetime that outlasts any number of repetitions.
const TOKEN_TTL: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The shortest interval between two user lists, in a crowd of a thousand.
pub const ANNOUNCEMENT: Duration = Duration::from_secs(3);

/// A server and the world around it. WebSockets are numbers, and outgoing frames are dropped.
pub struct World<A: Application> {
    server: Server<A>,
    now: Time,
    entropy: Counter,
}

/// The chat on a database without cost.
pub type Room = World<Chat<Forgetful>>;

impl<A: Application> World<A> {
    /// The application with the default settings around it.
    pub fn new(application: A) -> Self {
        let config = config();
        let server = Server::new(config.engine(), config.socket(), application);
        Self { server, now: Time::from_millis(1_800_000_000_000), entropy: Counter(0) }
    }

    /// Advances the clock. The next input runs the deadlines that pass.
    pub fn pass(&mut self, time: Duration) -> Time {
        self.now = self.now + time;
        self.now
    }

    /// Handles an input.
    pub fn handle(&mut self, input: Input<'_>) -> Outcome {
        let mut cx = Context::new(self.now, &mut self.entropy);
        self.server.handle(&mut cx, input)
    }

    /// Handles a text frame from a client.
    pub fn frame(&mut self, socket: WebSocketId, text: &str) -> Outcome {
        self.handle(Input::Frame { socket, data: Data::Text(text) })
    }

    /// Opens a WebSocket and sends a connect packet.
    pub fn connect(&mut self, socket: WebSocketId, packet: &str) -> Outcome {
        let query = Query {
            revision: Some("4".to_owned()),
            transport: Some("websocket".to_owned()),
            ..Query::default()
        };
        self.handle(Input::WebSocket { request: RequestId(0), query, socket });
        self.frame(socket, packet)
    }

    /// Disconnects a client.
    pub fn part(&mut self, socket: WebSocketId) {
        self.frame(socket, "41");
        self.handle(Input::SocketClosed { socket });
    }

    /// The application.
    pub fn application(&self) -> &A {
        self.server.application()
    }

    /// Returns the number of connected clients.
    pub fn clients(&self) -> usize {
        self.server.socket_count()
    }
}

impl Room {
    /// Returns a room with this many users, each with one WebSocket and a current user list. WebSockets are numbered from 0.
    pub fn with_crowd(count: u32) -> Self {
        let mut room = World::new(Chat::open(Forgetful, tokens(), config().chat()).expect("a database"));
        for number in 0..count {
            let packet = room.connect_packet(&format!("user{number}"));
            room.connect(WebSocketId(number), &packet);
        }
        room.pass(ANNOUNCEMENT);
        assert_eq!(deliveries(&room.announces()), count as usize, "everybody hears of everybody");
        room
    }

    /// Returns the connect packet of a user.
    pub fn connect_packet(&self, name: &str) -> String {
        let username = Username::parse(name).expect("a username");
        let issued = tokens().issue(&username, None, self.now);
        format!(r#"40{{"token":"{}"}}"#, issued.token)
    }

    /// Runs the passed deadlines by means of a pong.
    pub fn announces(&mut self) -> Outcome {
        self.frame(WebSocketId(0), "3")
    }
}

/// Counts the frames sent, once per receiver.
pub fn deliveries(outcome: &Outcome) -> usize {
    let receivers = outcome.effects.iter().map(|effect| match effect {
        Effect::Send { sockets, .. } => sockets.len(),
        _ => 0,
    });
    receivers.sum()
}

fn tokens() -> Tokens {
    Tokens::new(&TokenSecret::parse(SECRET).expect("a strong secret"), TOKEN_TTL)
}

/// Returns the default settings without rate limits.
fn config() -> Config {
    let lookup = |name: &str| match name {
        "JWT_SECRET" => Some(SECRET.to_owned()),
        name if name.ends_with("_PER_MINUTE") => Some("60000".to_owned()),
        _ => None,
    };
    Config::read(lookup).expect("valid settings")
}

/// Returns varied bytes that are the same in every run.
struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        let count = self.0.to_le_bytes();
        bytes.iter_mut().zip(count.into_iter().cycle()).for_each(|(byte, count)| *byte = count);
    }
}

/// A database that accepts everything and keeps nothing, to show the core's own work. Its history has every requested length.
#[derive(Clone, Copy)]
pub struct Forgetful;

impl Storage for Forgetful {
    fn query(&self, sql: &str, parameters: &[Value]) -> Result<Vec<Row>, StorageError> {
        let limit = match parameters.last() {
            Some(Value::Integer(limit)) if sql.starts_with("SELECT id, username, text") => *limit as u64,
            _ => 0,
        };
        let message = |number: u64| {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&number.to_be_bytes());
            Row(vec![Value::Blob(id.to_vec()), "Ada".into(), "How are you today?".into()])
        };
        Ok((1..=limit).rev().map(message).collect())
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Result<(), StorageError>) -> Result<(), StorageError> {
        body()
    }
}
