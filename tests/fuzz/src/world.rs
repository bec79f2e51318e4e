//! The world around the server: a clock, requests, WebSockets, and the guarantees that clients rely on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use engineio::{
    Context, Data, Effect, Entropy, Frame, Input, Packet, Query, RequestId, Response, Time, WebSocketId,
    payload,
};
use natter_echo::{Echo, NAMESPACES};
use socketio::{HandshakeParts, Kind, Namespace, Outcome, Recipients, Server, Service};

use super::script::{Method, Request};

/// A time at which a heartbeat is due.
const START: Time = Time::from_millis(1_800_000_000_000);
const PING_INTERVAL: Duration = Duration::from_secs(25);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// The time after a client's last activity, beyond the announced timeouts, by which the server must have forgotten everything.
const GRACE: Duration = Duration::from_secs(30);

/// Small limits, so that short scripts reach them.
const MAX_PAYLOAD: usize = 300;
const MAX_QUEUE: usize = 1_200;
const MAX_ATTACHMENT_BYTES: usize = 100;

pub struct World {
    server: Server<Echo>,
    now: Time,
    /// The latest time that the clock has shown.
    latest: Time,
    entropy: Counter,
    /// The requests that await an answer.
    requests: BTreeMap<RequestId, Waiting>,
    next_request: u64,
    /// The sessions that clients know, oldest first.
    sessions: Vec<Session>,
    lines: BTreeMap<WebSocketId, Line>,
}

/// A pending request.
struct Waiting {
    /// The session in its query.
    session: Option<usize>,
    /// The WebSocket to accept, if this is its request.
    socket: Option<WebSocketId>,
    base64: bool,
}

/// A session, as its client sees it.
struct Session {
    sid: String,
    /// The latest poll, answered or not.
    last_poll: Option<RequestId>,
    /// The number of missing attachments of the latest packet.
    attachments: usize,
    /// The client has joined a namespace, and the object has not slept since.
    has_joined: bool,
    /// The client has announced attachments that may be incomplete.
    owes_attachments: bool,
    /// The client has learned, or can know, that the session is over.
    is_over: bool,
    /// The client asked for base64 when it opened the session.
    base64: bool,
}

/// A WebSocket.
struct Line {
    session: Option<usize>,
    is_accepted: bool,
    /// It is the session's transport, not a probe.
    is_transport: bool,
    /// The attachment, which outlives the server's memory.
    stored: Option<String>,
    /// Whether the platform answers pings for the client.
    answers_pings: bool,
    last_pong: Option<Time>,
    /// The time of the client's last frame.
    heard_at: Time,
    /// The client must not get binary frames.
    base64: bool,
}

/// A source of distinct ids.
struct Counter(u64);

impl Entropy for Counter {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0 += 1;
        bytes.fill(0);
        bytes[..8].copy_from_slice(&self.0.to_le_bytes());
    }
}

fn server() -> Server<Echo> {
    let engine = engineio::Config {
        ping_interval: PING_INTERVAL,
        ping_timeout: PING_TIMEOUT,
        max_payload: MAX_PAYLOAD,
        upgrade_timeout: Duration::from_secs(10),
        max_queue: MAX_QUEUE,
    };
    let sockets = socketio::Config {
        handshake: HandshakeParts::default(),
        connect_timeout: Duration::from_secs(15),
        max_attachment_bytes: MAX_ATTACHMENT_BYTES,
    };
    Server::new(engine, sockets, Echo::lively())
}

impl World {
    pub fn new() -> Self {
        Self {
            server: server(),
            now: START,
            latest: START,
            entropy: Counter(0),
            requests: BTreeMap::new(),
            next_request: 0,
            sessions: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    /// Sends a request, which is answered at once or is a waiting poll.
    pub fn request(&mut self, Request { method, revision, transport, session, base64 }: Request) {
        let request = RequestId(self.next_request);
        self.next_request += 1;
        let names_session = session.is_some();
        let session = session.and_then(|number| number.checked_rem(self.sessions.len()));
        let sid = session.map_or("nobody", |session| &self.sessions[session].sid);
        let query = Query {
            revision: revision.map(str::to_owned),
            transport: transport.map(str::to_owned),
            sid: names_session.then(|| sid.to_owned()),
            base64,
        };
        if let Method::Post(body) = &method {
            self.note_attachments(session, body);
        }
        let socket = matches!(method, Method::WebSocket).then(|| self.add_line(session, base64));
        self.requests.insert(request, Waiting { session, socket, base64 });
        let may_wait = matches!(method, Method::Get) && session.is_some();
        if let Some(session) = session.filter(|_| may_wait) {
            self.sessions[session].last_poll = Some(request);
        }
        self.handle(match (&method, socket) {
            (Method::Post(body), _) => Input::Post { request, query, body },
            (Method::Unacceptable(rejection), _) => {
                Input::Unacceptable { request, query, rejection: *rejection }
            }
            (Method::WebSocket, Some(socket)) => Input::WebSocket { request, query, socket },
            (Method::Get | Method::WebSocket, _) => Input::Get { request, query },
        });
        assert!(may_wait || !self.requests.contains_key(&request), "only a poll may wait");
    }

    /// Sends a frame.
    pub fn frame(&mut self, number: usize, data: Data<'_>) {
        let Some(socket) = self.line(number) else { return };
        if let Data::Text(text) = data {
            self.note_attachments(self.lines[&socket].session, text);
        }
        let completes_upgrade = data == Data::Text("5");
        self.handle(Input::Frame { socket, data });
        if let Some(line) = self.lines.get_mut(&socket) {
            line.heard_at = self.now;
            line.is_transport |= completes_upgrade;
        }
    }

    /// Notes attachments that a frame may announce.
    fn note_attachments(&mut self, session: Option<usize>, text: &str) {
        if let Some(session) = session {
            self.sessions[session].owes_attachments |= text.contains("45") || text.contains("46");
        }
    }

    /// Closes or breaks a WebSocket on the client's side.
    pub fn hang_up(&mut self, number: usize) {
        let Some(socket) = self.line(number) else { return };
        self.remove_line(socket);
        self.handle(Input::SocketClosed { socket });
    }

    /// Aborts a poll, which ends its session unless the answer was faster.
    pub fn abort(&mut self, number: usize) {
        let Some(session) = number.checked_rem(self.sessions.len()) else { return };
        let Some(request) = self.sessions[session].last_poll else { return };
        let waited = self.requests.remove(&request).is_some();
        self.sessions[session].is_over |= waited;
        let changes_nothing = !waited && self.server.next_deadline().is_none_or(|at| at > self.now);
        let before = self.server.session_count();
        self.handle(Input::RequestAborted { request });
        let after = self.server.session_count();
        assert!(!changes_nothing || after == before, "an answered request is nobody's any more");
    }

    /// Makes the platform start or stop answering the pings of a WebSocket.
    pub fn toggle_pongs(&mut self, number: usize) {
        if let Some(line) = self.line(number).and_then(|socket| self.lines.get_mut(&socket)) {
            line.answers_pings = !line.answers_pings;
        }
    }

    /// Advances the clock, and fires the alarm whenever it is due.
    pub fn pass(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(at) = self.server.next_deadline().filter(|&at| at <= until) {
            self.set_clock(self.now.max(at));
            self.tick();
        }
        self.set_clock(until);
    }

    /// Advances the clock without firing the alarm.
    pub fn oversleep(&mut self, time: Duration) {
        self.set_clock(self.now + time);
    }

    pub fn set_back(&mut self, time: Duration) {
        self.set_clock(Time::from_millis(self.now.as_millis() - time.as_millis() as u64));
    }

    fn set_clock(&mut self, now: Time) {
        self.now = now;
        self.latest = self.latest.max(now);
    }

    /// Fires the alarm.
    pub fn tick(&mut self) {
        let pong = |(&id, line): (&WebSocketId, &Line)| Some((id, line.last_pong?));
        let pongs: BTreeMap<_, _> = self.lines.iter().filter_map(pong).collect();
        let entitled = |&(_, line): &(&WebSocketId, &Line)| self.is_entitled_to_stay(line);
        let entitled: Vec<_> = self.lines.iter().filter(entitled).map(|(&id, _)| id).collect();
        self.handle(Input::Tick { last_pong: &|id| pongs.get(&id).copied() });
        assert!(
            entitled.iter().all(|id| self.lines.contains_key(id)),
            "time alone closes nobody who is well"
        );
        if let Some(at) = self.server.next_deadline() {
            assert!(at > self.now, "the next deadline is {at}, and it is {} already", self.now);
        }
    }

    /// Returns whether a WebSocket is the transport of a recently active client that has joined and owes no attachments.
    fn is_entitled_to_stay(&self, line: &Line) -> bool {
        let heard_at = line.last_pong.map_or(line.heard_at, |pong| pong.max(line.heard_at));
        let is_well =
            |session: usize| self.sessions[session].has_joined && !self.sessions[session].owes_attachments;
        line.is_transport
            && line.session.is_some_and(is_well)
            && self.now < heard_at + PING_INTERVAL + PING_TIMEOUT
    }

    /// Evicts and restores the object. Pending requests and polling sessions are lost, WebSockets are not.
    pub fn sleep(&mut self) {
        self.server = server();
        self.requests.clear();
        for session in &mut self.sessions {
            session.is_over = true;
            session.has_joined = false;
        }
        // Restores them in another order, so that their numbers change.
        for mut line in std::mem::take(&mut self.lines).into_values().rev() {
            assert_eq!(line.stored.is_some(), line.is_transport, "what is a transport can be restored");
            let Some(stored) = &line.stored else { continue };
            let id = WebSocketId(self.lines.len() as u32);
            assert!(self.server.restore(self.now, id, Some(self.now), stored), "{stored}");
            if let Some(session) = line.session {
                self.sessions[session].is_over = false;
            }
            line.heard_at = self.now;
            self.lines.insert(id, line);
        }
        self.check();
    }

    /// Emits an event from the application to a namespace.
    pub fn announce(&mut self, namespace: Namespace, length: usize) {
        let mut cx = Context::new(self.now, &mut self.entropy);
        let ((), outcome) = self.server.apply(&mut cx, |_, _, actions| {
            actions.emit(Recipients::Everyone(namespace), "announcement", &["-".repeat(length)]);
        });
        self.carry_out(outcome);
    }

    /// Lets every client fall silent, and checks that the server forgets everything.
    pub fn fall_silent(mut self) {
        for line in self.lines.values_mut() {
            line.answers_pings = false;
        }
        self.set_clock(self.latest);
        self.pass(PING_INTERVAL + PING_TIMEOUT + GRACE);
        assert_eq!(self.server.session_count(), 0, "sessions");
        assert_eq!(self.server.socket_count(), 0, "sockets");
        assert_eq!(self.server.next_deadline(), None);
        assert!(self.requests.is_empty(), "requests");
        assert!(self.lines.is_empty(), "WebSockets");
    }

    /// Returns the WebSocket at this index, counted from the oldest and wrapping around.
    fn line(&self, number: usize) -> Option<WebSocketId> {
        let number = number.checked_rem(self.lines.len())?;
        self.lines.keys().nth(number).copied()
    }

    /// Adds a WebSocket that is not accepted yet, with the lowest free number.
    fn add_line(&mut self, session: Option<usize>, base64: bool) -> WebSocketId {
        let free = (0..).map(WebSocketId).find(|id| !self.lines.contains_key(id)).expect("a free number");
        let line = Line {
            session,
            is_accepted: false,
            is_transport: session.is_none(),
            stored: None,
            answers_pings: false,
            last_pong: None,
            heard_at: self.now,
            base64: base64 || session.is_some_and(|session| self.sessions[session].base64),
        };
        self.lines.insert(free, line);
        free
    }

    fn remove_line(&mut self, socket: WebSocketId) {
        let line = self.lines.remove(&socket).expect("a WebSocket that is not closed");
        assert!(line.is_accepted, "only an accepted WebSocket is closed");
        if let Some(session) = line.session.filter(|_| line.is_transport) {
            self.sessions[session].is_over = true;
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let mut cx = Context::new(self.now, &mut self.entropy);
        let outcome = self.server.handle(&mut cx, input);
        self.carry_out(outcome);
    }

    fn carry_out(&mut self, outcome: Outcome) {
        for effect in outcome.effects {
            match effect {
                Effect::Respond { request, response } => self.respond(request, &response),
                Effect::Accept { request, socket } => self.accept(request, socket),
                Effect::Send { sockets, frame } => {
                    assert!(
                        sockets.iter().collect::<BTreeSet<_>>().len() == sockets.len(),
                        "twice to a WebSocket"
                    );
                    for socket in sockets {
                        self.deliver(socket, &frame);
                    }
                }
                Effect::Close { socket, .. } => self.remove_line(socket),
            }
        }
        for (socket, stored) in outcome.stored {
            self.lines.get_mut(&socket).expect("a WebSocket that is not closed").stored = Some(stored);
        }
        self.check();
    }

    fn respond(&mut self, request: RequestId, response: &Response) {
        let waiting = self.requests.remove(&request).expect("a request that waits");
        if let Some(socket) = waiting.socket {
            self.lines.remove(&socket).expect("a WebSocket that waits");
        }
        match (response.status, waiting.session) {
            (400, _) => {}
            (413, Some(session)) => {
                assert!(!self.sessions[session].is_over, "the end of a session is told first")
            }
            (200, Some(_)) if response.body == "ok" => {}
            (200, Some(session)) => {
                for packet in payload::decode(&response.body) {
                    self.receive(session, packet.expect("a packet"));
                }
            }
            (200, None) => {
                self.open(&response.body, waiting.base64);
            }
            (status, _) => panic!("{status}: {}", response.body),
        }
    }

    fn accept(&mut self, request: RequestId, socket: WebSocketId) {
        let waiting = self.requests.remove(&request).expect("a request that waits");
        assert_eq!(waiting.socket, Some(socket), "a WebSocket is accepted by its own request");
        assert!(waiting.session.is_none_or(|session| !self.sessions[session].is_over));
        let line = self.lines.get_mut(&socket).expect("a WebSocket that is not closed");
        assert!(!line.is_accepted, "a WebSocket is accepted once");
        line.is_accepted = true;
    }

    fn deliver(&mut self, socket: WebSocketId, frame: &Frame) {
        let line = self.lines.get_mut(&socket).expect("a WebSocket that is not closed");
        assert!(line.is_accepted, "nothing is sent before a WebSocket is accepted");
        assert!(!line.base64 || matches!(frame, Frame::Text(_)), "a binary frame for a client without");
        let packet = match frame {
            Frame::Text(text) => Packet::decode(text).expect("a packet"),
            Frame::Binary(bytes) => Packet::Message(Data::Binary((&**bytes).into())),
        };
        match (packet, line.session) {
            (Packet::Ping(""), _) if line.answers_pings => line.last_pong = Some(self.now),
            (packet, Some(session)) => self.receive(session, packet),
            (packet, None) => {
                let base64 = line.base64;
                let session = self.open(&packet.to_string(), base64);
                self.lines.get_mut(&socket).expect("the same WebSocket").session = Some(session);
            }
        }
    }

    /// Notes a session that a client has learned of.
    fn open(&mut self, body: &str, base64: bool) -> usize {
        let Ok(Packet::Open(handshake)) = Packet::decode(body) else { panic!("{body} opens no session") };
        let handshake: serde_json::Value = serde_json::from_str(handshake).expect("JSON");
        let sid = handshake["sid"].as_str().expect("a sid").to_owned();
        self.sessions.push(Session {
            sid,
            last_poll: None,
            attachments: 0,
            has_joined: false,
            owes_attachments: false,
            is_over: false,
            base64,
        });
        self.sessions.len() - 1
    }

    /// Delivers a packet to a client.
    fn receive(&mut self, session: usize, packet: Packet<'_>) {
        let session = &mut self.sessions[session];
        assert!(!session.is_over, "nothing comes after the end");
        match packet {
            Packet::Message(Data::Text(text)) => {
                assert_eq!(session.attachments, 0, "an attachment is missing before {text}");
                let packet = socketio::Packet::decode(text).expect(text);
                session.attachments = packet.attachments;
                session.has_joined |= packet.kind == Kind::Connect;
            }
            Packet::Message(Data::Binary(_)) => {
                session.attachments = session.attachments.checked_sub(1).expect("one attachment too many");
            }
            Packet::Close => session.is_over = true,
            Packet::Ping("") | Packet::Pong("probe") | Packet::Noop => {}
            other => panic!("no client expects {other}"),
        }
    }

    /// Checks the invariants that hold after every input.
    fn check(&self) {
        let polls: Vec<_> = self.requests.values().filter_map(|waiting| waiting.session).collect();
        let transports = self.lines.values().filter(|line| line.is_transport).filter_map(|line| line.session);
        let upgrades = self.lines.values().filter(|line| !line.is_transport).filter_map(|line| line.session);
        let mut held = BTreeSet::new();
        for session in polls.iter().copied().chain(transports) {
            assert!(held.insert(session), "a session has one poll open or a WebSocket");
        }
        let mut upgrading = BTreeSet::new();
        for session in upgrades {
            assert!(upgrading.insert(session), "a session has one upgrade");
        }
        held.extend(upgrading);
        assert!(
            held.iter().all(|&session| !self.sessions[session].is_over),
            "the end of a session frees what it held"
        );

        let alive = self.sessions.iter().filter(|session| !session.is_over).count();
        let (sessions, sockets) = (self.server.session_count(), self.server.socket_count());
        assert!((held.len()..=alive).contains(&sessions), "{} <= {sessions} <= {alive} sessions", held.len());
        assert!(sessions > 0 || self.server.next_deadline().is_none(), "nobody is waited for");
        assert!(sockets <= NAMESPACES.len() * sessions, "{sockets} sockets of {sessions} sessions");
        assert_eq!(sockets, self.server.application().members.len(), "the application knows all sockets");
        assert!(
            self.lines.values().all(|line| line.is_accepted),
            "an upgrade is accepted or refused at once"
        );
    }
}
