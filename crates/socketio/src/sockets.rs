//! Socket.IO v5: namespaces, events, acknowledgements and binary attachments over sessions that carry messages.
//!
//! In: opened and closed sessions, their messages, and decisions of the application. Out: events for the application,
//! and messages for sessions. Out of scope: how messages travel, and what events mean.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::{KeyMap, SessionKey, Time, Timers};
use serde::{Deserialize, Serialize};
use slab::Slab;

use crate::arguments::{AckRequest, Arguments};
use crate::config::Config;
use crate::keys::{NamespaceId, SocketKey};
use crate::packet::{Kind, MalformedPacket, Packet, Unreadable};
use crate::reassembly::Reassembly;

/// How long the next attachment of a binary packet may take.
const ATTACHMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest name of a namespace, in bytes. A name that does not exist is sent back.
const MAX_NAMESPACE_BYTES: usize = 256;

/// How often a session may be refused while it is in no namespace.
const MAX_REFUSED: u32 = 8;

/// How many events a socket may leave unanswered before it is given up.
const MAX_PENDING_ACKS: usize = 1_000;

/// A message as it came from a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message<'a> {
    /// A packet, or the first part of a binary one.
    Text(&'a str),
    /// An attachment.
    Binary(Cow<'a, [u8]>),
}

/// A packet on its way to sessions: its text, and the attachments that follow it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// The encoded packet.
    pub text: String,
    /// Its attachments.
    pub attachments: Vec<Rc<[u8]>>,
}

/// What the application learns.
#[derive(Debug)]
pub enum Event<'a> {
    /// A session wants into a namespace; the answer is [`Sockets::accept`] or [`Sockets::refuse`].
    /// `auth` is a JSON object, or empty.
    Connect { session: SessionKey, namespace: NamespaceId, auth: &'a str },
    /// A socket sent an event.
    Sent { socket: SocketKey, name: String, arguments: Arguments<'a>, ack: Option<u64> },
    /// A socket sent an event that cannot be accepted. Its attachments have come, and are dropped.
    Unreadable { socket: SocketKey, name: String, ack: Option<u64>, reason: Unreadable },
    /// A socket answered an event that was sent with this tag.
    Acked { socket: SocketKey, tag: u64, arguments: Arguments<'a> },
    /// A socket did not answer in time.
    AckTimedOut { socket: SocketKey, tag: u64 },
    /// A socket left its namespace by its own wish.
    Disconnected { session: SessionKey, socket: SocketKey },
}

/// What a message amounts to.
#[derive(Debug)]
pub enum Received<'a> {
    /// Nothing for now.
    Nothing,
    /// Something for the application.
    Event(Event<'a>),
    /// Something to tell the session that sent it.
    Reply(Outgoing),
}

/// A socket has left so many events unanswered that its session has to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyUnanswered;

/// Something that has come due.
#[derive(Debug)]
pub enum Due {
    /// The session is to be closed: it joined no namespace in time, or left a binary packet unfinished.
    Close(SessionKey),
    /// An answer did not come.
    Event(Event<'static>),
}

/// What a sleeping socket is restored from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    sid: String,
    namespace: String,
    next_ack: u64,
}

struct Socket {
    sid: String,
    session: SessionKey,
    namespace: NamespaceId,
    next_ack: u64,
    /// The application's tags of the events that wait for an answer.
    pending_acks: HashMap<u64, u64>,
}

/// The content of the packet that lets a client in.
#[derive(Serialize)]
struct Connected<'a> {
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'a str>,
}

/// What is known of a session.
#[derive(Default)]
struct Client {
    sockets: Vec<SocketKey>,
    reassembly: Option<Reassembly>,
    /// How often it was refused while it was in no namespace.
    refused: u32,
}

/// All sockets.
pub struct Sockets {
    config: Config,
    sockets: Slab<Socket>,
    clients: KeyMap<SessionKey, Client>,
    /// Sessions without namespace, and sessions in the middle of a binary packet.
    session_timers: Timers<(SessionKey, SessionTimer)>,
    ack_timers: Timers<(SocketKey, u64)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum SessionTimer {
    Connect,
    Attachment,
}

impl Sockets {
    /// No sockets yet.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            sockets: Slab::new(),
            clients: KeyMap::default(),
            session_timers: Timers::default(),
            ack_timers: Timers::default(),
        }
    }

    /// A session has been opened.
    pub fn opened(&mut self, now: Time, session: SessionKey) {
        self.clients.insert(session, Client::default());
        self.session_timers.set((session, SessionTimer::Connect), now + self.config.connect_timeout);
    }

    /// A session is over: its sockets are gone, and are returned for the application to part from.
    pub fn closed(&mut self, session: SessionKey) -> Vec<SocketKey> {
        for timer in [SessionTimer::Connect, SessionTimer::Attachment] {
            self.session_timers.cancel((session, timer));
        }
        let sockets = self.clients.remove(&session).map(|client| client.sockets).unwrap_or_default();
        for &socket in &sockets {
            self.release(socket);
        }
        sockets
    }

    /// Takes a message of a session.
    ///
    /// # Errors
    /// The message violates the protocol, and the session has to be closed.
    pub fn receive<'a>(
        &mut self,
        now: Time,
        session: SessionKey,
        message: Message<'a>,
    ) -> Result<Received<'a>, MalformedPacket> {
        let Some(client) = self.clients.get_mut(&session) else { return Ok(Received::Nothing) };
        let timer = (session, SessionTimer::Attachment);
        match (message, client.reassembly.take()) {
            (Message::Text(text), None) => {
                let packet = Packet::decode(text)?;
                if packet.namespace.len() > MAX_NAMESPACE_BYTES {
                    return Err(MalformedPacket("the name of a namespace is too long"));
                }
                if packet.attachments == 0 {
                    let arguments = Arguments { json: Cow::Borrowed(packet.json), attachments: Vec::new() };
                    return self.dispatch(session, packet.kind, &packet.namespace, arguments, packet.json);
                }
                if client.sockets.is_empty() {
                    return Err(MalformedPacket("attachments before joining"));
                }
                client.reassembly = Some(Reassembly::begin(&packet));
                self.session_timers.set(timer, now + ATTACHMENT_TIMEOUT);
                Ok(Received::Nothing)
            }
            (Message::Binary(bytes), Some(mut reassembly)) => {
                reassembly.add(bytes.into(), self.config.max_attachment_bytes)?;
                if !reassembly.is_complete() {
                    client.reassembly = Some(reassembly);
                    self.session_timers.set(timer, now + ATTACHMENT_TIMEOUT);
                    return Ok(Received::Nothing);
                }
                self.session_timers.cancel(timer);
                let (kind, namespace, arguments) = reassembly.finish()?;
                self.dispatch(session, kind, &namespace, arguments, "")
            }
            (Message::Text(_), Some(_)) => Err(MalformedPacket("text in place of an attachment")),
            (Message::Binary(_), None) => Err(MalformedPacket("an attachment without packet")),
        }
    }

    /// Lets a session into a namespace, under the id `sid`. A client that gets a private id can recover the session with
    /// it.
    pub fn accept(
        &mut self,
        session: SessionKey,
        namespace: NamespaceId,
        sid: String,
        private_id: Option<&str>,
    ) -> (SocketKey, Outgoing) {
        let connected = Connected { sid: &sid, pid: private_id };
        let json = serde_json::to_string(&connected).unwrap_or_default();
        let welcome = self.encode(namespace, Kind::Connect, &json);
        let socket =
            self.insert(Socket { sid, session, namespace, next_ack: 0, pending_acks: HashMap::new() });
        self.session_timers.cancel((session, SessionTimer::Connect));
        (socket, welcome)
    }

    /// Does not let a session into a namespace. `error` is the object that the client's `connect_error` gets.
    ///
    /// # Errors
    /// The session was refused too often without having joined, and has to be closed.
    pub fn refuse(
        &mut self,
        session: SessionKey,
        namespace: NamespaceId,
        error: &str,
    ) -> Result<Outgoing, MalformedPacket> {
        self.count_refusal(session)?;
        Ok(self.encode(namespace, Kind::ConnectError, error))
    }

    /// Encodes an event for one socket.
    pub fn event_to(&self, socket: SocketKey, arguments: &Arguments<'_>) -> Option<(SessionKey, Outgoing)> {
        let socket = self.sockets.get(socket.0)?;
        Some((socket.session, self.event(socket.namespace, arguments)))
    }

    /// Encodes an event for members of a namespace. `arguments` is the array that begins with the event's name.
    pub fn event(&self, namespace: NamespaceId, arguments: &Arguments<'_>) -> Outgoing {
        self.encode_binary(namespace, Kind::Event { name: String::new(), ack: None }, arguments)
    }

    /// Encodes an event that wants an answer, and notes that it does.
    ///
    /// # Errors
    /// The socket has left so many events unanswered that its session has to be closed.
    pub fn event_with_ack(
        &mut self,
        now: Time,
        key: SocketKey,
        arguments: &Arguments<'_>,
        request: AckRequest,
    ) -> Result<Option<(SessionKey, Outgoing)>, (SessionKey, TooManyUnanswered)> {
        let Some(socket) = self.sockets.get_mut(key.0) else { return Ok(None) };
        let (session, namespace) = (socket.session, socket.namespace);
        if socket.pending_acks.len() >= MAX_PENDING_ACKS {
            return Err((session, TooManyUnanswered));
        }
        let id = socket.next_ack;
        socket.next_ack += 1;
        socket.pending_acks.insert(id, request.tag);
        self.ack_timers.set((key, id), now + request.timeout);
        let kind = Kind::Event { name: String::new(), ack: Some(id) };
        Ok(Some((session, self.encode_binary(namespace, kind, arguments))))
    }

    /// Encodes the answer to an event.
    pub fn ack(
        &self,
        socket: SocketKey,
        id: u64,
        arguments: &Arguments<'_>,
    ) -> Option<(SessionKey, Outgoing)> {
        let socket = self.sockets.get(socket.0)?;
        Some((socket.session, self.encode_binary(socket.namespace, Kind::Ack { id }, arguments)))
    }

    /// Puts a socket out of its namespace. Returns its session, and what to tell it.
    pub fn disconnect(&mut self, socket: SocketKey) -> Option<(SessionKey, Outgoing)> {
        let (session, namespace) = self.sockets.get(socket.0).map(|it| (it.session, it.namespace))?;
        self.leave(session, socket);
        Some((session, self.encode(namespace, Kind::Disconnect, "")))
    }

    /// Takes one thing that is due.
    pub fn pop_due(&mut self, now: Time) -> Option<Due> {
        if let Some((session, _)) = self.session_timers.pop_due(now) {
            return Some(Due::Close(session));
        }
        let (socket, id) = self.ack_timers.pop_due(now)?;
        let tag = self.sockets.get_mut(socket.0)?.pending_acks.remove(&id)?;
        Some(Due::Event(Event::AckTimedOut { socket, tag }))
    }

    /// The earliest moment at which [`Sockets::pop_due`] has something.
    pub fn next_deadline(&self) -> Option<Time> {
        [self.session_timers.next(), self.ack_timers.next()].into_iter().flatten().min()
    }

    /// The session of a socket.
    pub fn session_of(&self, socket: SocketKey) -> Option<SessionKey> {
        self.sockets.get(socket.0).map(|socket| socket.session)
    }

    /// The namespace of a socket.
    pub fn namespace_of(&self, socket: SocketKey) -> Option<NamespaceId> {
        self.sockets.get(socket.0).map(|socket| socket.namespace)
    }

    /// The sessions that are in a namespace.
    pub fn members(&self, namespace: NamespaceId) -> impl Iterator<Item = SessionKey> + Clone + '_ {
        self.sockets
            .iter()
            .filter(move |(_, socket)| socket.namespace == namespace)
            .map(|(_, socket)| socket.session)
    }

    /// The sockets of a session.
    pub fn sockets_of(&self, session: SessionKey) -> &[SocketKey] {
        self.clients.get(&session).map_or(&[], |client| &client.sockets)
    }

    /// How many sockets there are.
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    /// What [`Sockets::restore`] needs to bring a socket back after the object slept. Events that wait for an answer
    /// are not part of it: the question is forgotten, as it is after a restart.
    pub fn snapshot(&self, socket: SocketKey) -> Option<Snapshot> {
        let socket = self.sockets.get(socket.0)?;
        Some(Snapshot {
            sid: socket.sid.clone(),
            namespace: self.config.namespaces[socket.namespace.0].to_owned(),
            next_ack: socket.next_ack,
        })
    }

    /// Brings a socket back; none when its namespace is no more.
    pub fn restore(&mut self, session: SessionKey, snapshot: Snapshot) -> Option<SocketKey> {
        let namespace = self.namespace(&snapshot.namespace)?;
        self.clients.entry(session).or_default();
        self.session_timers.cancel((session, SessionTimer::Connect));
        Some(self.insert(Socket {
            sid: snapshot.sid,
            session,
            namespace,
            next_ack: snapshot.next_ack,
            pending_acks: HashMap::new(),
        }))
    }

    fn dispatch<'a>(
        &mut self,
        session: SessionKey,
        kind: Kind,
        namespace: &str,
        arguments: Arguments<'a>,
        auth: &'a str,
    ) -> Result<Received<'a>, MalformedPacket> {
        let known = self.namespace(namespace);
        let socket = known.and_then(|namespace| self.socket_in(session, namespace));
        let event = match (kind, known, socket) {
            (Kind::Connect, Some(namespace), None) => Event::Connect { session, namespace, auth },
            (Kind::Connect, None, _) => {
                self.count_refusal(session)?;
                return Ok(Received::Reply(unknown_namespace(namespace)));
            }
            (Kind::Event { name, ack }, _, Some(socket)) => Event::Sent { socket, name, arguments, ack },
            (Kind::Unreadable { name, ack, reason }, _, Some(socket)) => {
                Event::Unreadable { socket, name, ack, reason }
            }
            (Kind::Ack { id }, _, Some(socket)) => {
                // An answer that comes too late, or twice, or to nothing is ignored, as the reference does.
                let Some(tag) = self.sockets[socket.0].pending_acks.remove(&id) else {
                    return Ok(Received::Nothing);
                };
                self.ack_timers.cancel((socket, id));
                Event::Acked { socket, tag, arguments }
            }
            (Kind::Disconnect, _, Some(socket)) => {
                self.leave(session, socket);
                Event::Disconnected { session, socket }
            }
            (Kind::Connect | Kind::ConnectError, _, Some(_)) | (_, _, None) => {
                return Err(MalformedPacket("not in this state"));
            }
        };
        Ok(Received::Event(event))
    }

    /// Whoever is in a namespace may be refused in others as often as they like.
    fn count_refusal(&mut self, session: SessionKey) -> Result<(), MalformedPacket> {
        let Some(client) = self.clients.get_mut(&session).filter(|client| client.sockets.is_empty()) else {
            return Ok(());
        };
        client.refused += 1;
        if client.refused > MAX_REFUSED { Err(MalformedPacket("refused too often")) } else { Ok(()) }
    }

    fn namespace(&self, name: &str) -> Option<NamespaceId> {
        self.config.namespaces.iter().position(|&it| it == name).map(NamespaceId)
    }

    fn socket_in(&self, session: SessionKey, namespace: NamespaceId) -> Option<SocketKey> {
        let sockets = &self.clients.get(&session)?.sockets;
        sockets.iter().copied().find(|socket| self.sockets[socket.0].namespace == namespace)
    }

    fn insert(&mut self, socket: Socket) -> SocketKey {
        let session = socket.session;
        let key = SocketKey(self.sockets.insert(socket));
        self.clients.entry(session).or_default().sockets.push(key);
        key
    }

    fn leave(&mut self, session: SessionKey, socket: SocketKey) {
        if let Some(client) = self.clients.get_mut(&session) {
            client.sockets.retain(|&it| it != socket);
        }
        self.release(socket);
    }

    fn release(&mut self, key: SocketKey) {
        let socket = self.sockets.remove(key.0);
        for id in socket.pending_acks.into_keys() {
            self.ack_timers.cancel((key, id));
        }
    }

    fn encode(&self, namespace: NamespaceId, kind: Kind, json: &str) -> Outgoing {
        let namespace = Cow::Borrowed(self.config.namespaces[namespace.0]);
        Outgoing {
            text: Packet { kind, namespace, json, attachments: 0 }.to_string(),
            attachments: Vec::new(),
        }
    }

    fn encode_binary(&self, namespace: NamespaceId, kind: Kind, arguments: &Arguments<'_>) -> Outgoing {
        let packet = Packet {
            kind,
            namespace: Cow::Borrowed(self.config.namespaces[namespace.0]),
            json: &arguments.json,
            attachments: arguments.attachments.len(),
        };
        Outgoing { text: packet.to_string(), attachments: arguments.attachments.clone() }
    }
}

/// The answer to a session that wants into a namespace that does not exist.
fn unknown_namespace(name: &str) -> Outgoing {
    let packet = Packet {
        kind: Kind::ConnectError,
        namespace: Cow::Borrowed(name),
        json: r#"{"message":"Invalid namespace"}"#,
        attachments: 0,
    };
    Outgoing { text: packet.to_string(), attachments: Vec::new() }
}
