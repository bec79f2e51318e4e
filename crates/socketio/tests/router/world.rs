//! A server, clients with WebSockets, and a clock that only the test moves.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use socketio::engineio::{Data, Effect, Frame, Input, Query, RequestId, Time, WebSocketId};
use socketio::router::Io;
use socketio::{Actions, Context, Outcome, Server, Service};

/// A clock, a server, and what its clients got.
pub struct World<S, D>
where
    D: Serialize + DeserializeOwned,
{
    server: Server<Io<S, D>>,
    now: Time,
    dice: Dice,
    next: u32,
    lines: BTreeMap<WebSocketId, Line>,
    pub log: Vec<String>,
}

#[derive(Default)]
struct Line {
    inbox: Vec<String>,
    stored: String,
    is_closed: bool,
}

/// A client with a WebSocket.
pub type Client = WebSocketId;

/// Numbers that are different each time, which is all that a test needs of randomness.
struct Dice(u64);

impl socketio::engineio::Entropy for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 33) as u8;
        }
    }
}

impl<S, D: Serialize + DeserializeOwned> World<S, D> {
    pub fn new(io: Io<S, D>) -> Self {
        let now = Time::from_millis(1_700_000_000_000);
        Self { server: io.into(), now, dice: Dice(1), next: 0, lines: BTreeMap::new(), log: Vec::new() }
    }

    /// Opens a session, and leaves it without namespace.
    pub fn opens(&mut self) -> Client {
        let socket = WebSocketId(self.next);
        self.next += 1;
        self.lines.insert(socket, Line::default());
        let query = Query {
            revision: Some("4".to_owned()),
            transport: Some("websocket".to_owned()),
            ..Query::default()
        };
        self.handle(Input::WebSocket { request: RequestId(socket.0.into()), query, socket });
        self.takes(socket);
        socket
    }

    /// Opens a session and joins the main namespace. The welcome is still to be taken.
    pub fn joins(&mut self, auth: &str) -> Client {
        let client = self.opens();
        self.sends(client, &format!("0{auth}"));
        client
    }

    /// Joins the main namespace. Returns the client and its welcome: socket id and private id.
    pub fn is_welcomed(&mut self, auth: &str) -> (Client, Welcome) {
        let client = self.joins(auth);
        let welcome = self.lines.get_mut(&client).expect("a client").inbox.remove(0);
        let welcome = serde_json::from_str(welcome.strip_prefix('0').expect("a welcome")).expect("a welcome");
        (client, welcome)
    }

    /// Sends a Socket.IO packet.
    pub fn sends(&mut self, client: Client, packet: &str) {
        let text = format!("4{packet}");
        self.handle(Input::Frame { socket: client, data: Data::Text(&text) });
    }

    /// Sends an attachment.
    pub fn sends_bytes(&mut self, client: Client, bytes: &[u8]) {
        self.handle(Input::Frame { socket: client, data: Data::Binary(bytes.into()) });
    }

    /// Loses the connection of a client.
    pub fn loses(&mut self, client: Client) {
        self.lines.remove(&client);
        self.handle(Input::SocketClosed { socket: client });
    }

    /// Returns the Socket.IO packets that a client got since the last time; bytes as they print.
    pub fn takes(&mut self, client: Client) -> Vec<String> {
        self.lines.get_mut(&client).map(|line| std::mem::take(&mut line.inbox)).unwrap_or_default()
    }

    /// Returns whether the server has closed the connection of a client.
    pub fn is_closed(&self, client: Client) -> bool {
        self.lines.get(&client).is_none_or(|line| line.is_closed)
    }

    /// Lets time pass and meets every deadline on the way.
    pub fn passes(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.server.next_deadline().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.ticks();
        }
        self.now = until;
    }

    /// Lets the application do something that did not come over a socket.
    pub fn applies(&mut self, command: impl FnOnce(&mut Io<S, D>, &mut Context<'_>, &mut Actions)) {
        let mut cx = Context::new(self.now, &mut self.dice);
        let ((), outcome) = self.server.apply(&mut cx, command);
        self.carry_out(outcome);
    }

    /// Replaces the server by another one with the same WebSockets, as after hibernation.
    pub fn hibernates(&mut self, io: Io<S, D>) {
        self.server = io.into();
        for (&socket, line) in &self.lines {
            assert!(
                self.server.restore(self.now, socket, Some(self.now), &line.stored),
                "it can be restored"
            );
        }
    }

    pub fn state(&self) -> &S {
        self.server.application().state()
    }

    fn ticks(&mut self) {
        let now = self.now;
        // Clients answer pings, so that only the test decides who is lost.
        self.handle(Input::Tick { last_pong: &|_| Some(now) });
    }

    fn handle(&mut self, input: Input<'_>) {
        let mut cx = Context::new(self.now, &mut self.dice);
        let outcome = self.server.handle(&mut cx, input);
        self.carry_out(outcome);
    }

    fn carry_out(&mut self, outcome: Outcome) {
        for effect in outcome.effects {
            match effect {
                Effect::Send { sockets, frame } => {
                    for socket in sockets {
                        self.lines.entry(socket).and_modify(|line| line.inbox.extend(content(&frame)));
                    }
                }
                Effect::Close { socket, .. } => {
                    self.lines.entry(socket).and_modify(|line| line.is_closed = true);
                }
                Effect::Respond { .. } | Effect::Accept { .. } => {}
            }
        }
        for (socket, stored) in outcome.stored {
            self.lines.entry(socket).and_modify(|line| line.stored = stored);
        }
        self.log.extend(outcome.log);
    }
}

/// The packet that lets a client in.
#[derive(serde::Deserialize)]
pub struct Welcome {
    pub sid: String,
    pub pid: Option<String>,
}

/// Returns what a frame brings the client, if it is a message.
fn content(frame: &Frame) -> Option<String> {
    match frame {
        Frame::Text(text) => text.strip_prefix('4').map(str::to_owned),
        Frame::Binary(bytes) => Some(format!("{:?}", &bytes[..])),
    }
}
