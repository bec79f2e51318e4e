//! Socket.IO v5: namespaces, rooms, events, acknowledgements and binary attachments over sessions that carry messages.
//!
//! In: opened and closed sessions, their messages, and decisions of the application. Out: events for the application,
//! and messages for sessions. Out of scope: how messages travel, and what events mean.
//!
//! ```text
//!              CONNECT             accept
//!   (none) ───────────► Asking ─────────────► Joined
//!                         │                     │
//!                         │ refuse, DISCONNECT, │ disconnect, DISCONNECT,
//!                         ▼ session closed      ▼ session closed
//!                                   (gone)
//! ```

mod admission;
mod receive;
mod recipients;
mod snapshot;
mod spaces;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use engineio::{KeyMap, SessionKey, Time, Timers};
use slab::Slab;

use crate::arguments::{AckRequest, Arguments};
use crate::config::Config;
use crate::keys::{Namespace, Room, SocketKey};
use crate::packet::{Kind, Packet, Unreadable};
use crate::reassembly::Reassembly;
pub use receive::{Message, Received};
pub(crate) use recipients::MAX_ROOM_BYTES;
pub use snapshot::Snapshot;
use spaces::Spaces;

/// How many events a socket may leave unanswered before it is given up.
const MAX_PENDING_ACKS: usize = 1_000;

/// A packet on its way to sessions: its text, and the attachments that follow it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outgoing {
    /// The encoded packet.
    pub text: String,
    /// Its attachments.
    pub attachments: Vec<Rc<[u8]>>,
}

/// An event for the application.
#[derive(Debug)]
pub enum Event<'a> {
    /// A socket asks to join its namespace; the answer is [`Sockets::accept`] or [`Sockets::refuse`]. `auth` is a JSON
    /// object, or empty.
    AskedToJoin { socket: SocketKey, auth: &'a str },
    /// A socket sent an event.
    Sent { socket: SocketKey, name: String, arguments: Arguments<'a>, ack: Option<u64> },
    /// A socket sent an event that cannot be accepted. Its attachments have come, and are dropped.
    Unreadable { socket: SocketKey, name: String, ack: Option<u64>, reason: Unreadable },
    /// A socket acknowledged an event that was sent with this tag.
    Acked { socket: SocketKey, tag: u64, arguments: Arguments<'a> },
    /// A socket did not acknowledge an event in time.
    AckTimedOut { socket: SocketKey, tag: u64 },
    /// A socket left its namespace.
    Disconnected { session: SessionKey, socket: SocketKey },
}

/// A socket has left so many events unanswered that its session has to be closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyUnanswered;

/// Something that has come due.
#[derive(Debug)]
pub enum Due {
    /// The session is to be closed: it joined no namespace in time, or left a binary packet unfinished.
    Close(SessionKey),
    /// An acknowledgement did not come.
    Event(Event<'static>),
}

/// The reach of a socket that has not joined.
const NOWHERE: usize = usize::MAX;

/// The index of a namespace without sockets.
const NO_SPACE: usize = usize::MAX - 1;

struct Socket {
    key: SocketKey,
    session: SessionKey,
    /// The index of its namespace.
    space: usize,
    /// The same once it has joined, and [`NOWHERE`] before: all that a broadcast looks at.
    reach: usize,
    place: Place,
}

enum Place {
    /// The application has not decided yet.
    Asking(Waiting),
    /// It is in the namespace.
    Joined(Joined),
}

/// Packets that wait for the answer to the socket's request.
#[derive(Default)]
struct Waiting {
    packets: Vec<(Kind, Arguments<'static>)>,
    bytes: usize,
}

struct Joined {
    sid: String,
    next_ack: u64,
    /// The tags of the events that wait for an acknowledgement, by its id.
    pending_acks: HashMap<u64, u64>,
    rooms: Vec<Room>,
}

/// The sockets of a session.
#[derive(Default)]
struct Client {
    sockets: Vec<SocketKey>,
    /// Whether one of them is in its namespace.
    has_joined: bool,
    reassembly: Option<Reassembly>,
    /// How often it was refused while it was in no namespace.
    refused: u32,
}

/// All sockets.
pub struct Sockets {
    config: Config,
    sockets: Slab<Socket>,
    generation: u32,
    spaces: Spaces,
    clients: KeyMap<SessionKey, Client>,
    /// The bytes of all packets that wait for a socket to be accepted.
    waiting_bytes: usize,
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
    /// Returns a state without sockets.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            sockets: Slab::new(),
            generation: 0,
            spaces: Spaces::default(),
            clients: KeyMap::default(),
            waiting_bytes: 0,
            session_timers: Timers::default(),
            ack_timers: Timers::default(),
        }
    }

    /// A session has been opened.
    pub fn opened(&mut self, now: Time, session: SessionKey) {
        self.clients.insert(session, Client::default());
        self.session_timers.set((session, SessionTimer::Connect), now + self.config.connect_timeout);
    }

    /// A session is over. Returns its sockets, which are gone.
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

    /// Encodes an event for one socket.
    pub fn event_to(&self, key: SocketKey, arguments: &Arguments<'_>) -> Option<(SessionKey, Outgoing)> {
        let socket = self.joined(key)?;
        Some((socket.session, self.encode_binary(socket.space, event(None), arguments)))
    }

    /// Encodes an event for members of a namespace. `arguments` is the array that begins with the event's name. `None` if the
    /// namespace has no socket.
    pub fn event(&self, namespace: &Namespace, arguments: &Arguments<'_>) -> Option<Outgoing> {
        Some(self.encode_binary(self.spaces.index(namespace)?, event(None), arguments))
    }

    /// Encodes an event that asks for an acknowledgement, and notes that it does.
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
        let Some(socket) = self.get_mut(key) else { return Ok(None) };
        let (session, space) = (socket.session, socket.space);
        let Place::Joined(joined) = &mut socket.place else { return Ok(None) };
        if joined.pending_acks.len() >= MAX_PENDING_ACKS {
            return Err((session, TooManyUnanswered));
        }
        let id = joined.next_ack;
        joined.next_ack += 1;
        joined.pending_acks.insert(id, request.tag);
        self.ack_timers.set((key, id), now + request.timeout);
        Ok(Some((session, self.encode_binary(space, event(Some(id)), arguments))))
    }

    /// Encodes the acknowledgement of an event.
    pub fn ack(&self, key: SocketKey, id: u64, arguments: &Arguments<'_>) -> Option<(SessionKey, Outgoing)> {
        let socket = self.joined(key)?;
        Some((socket.session, self.encode_binary(socket.space, Kind::Ack { id }, arguments)))
    }

    /// Removes a socket from its namespace. Returns its session, and what to tell it.
    pub fn disconnect(&mut self, key: SocketKey) -> Option<(SessionKey, Outgoing)> {
        let (session, space) = self.joined(key).map(|it| (it.session, it.space))?;
        let goodbye = self.encode(space, Kind::Disconnect, "");
        self.leave(key);
        Some((session, goodbye))
    }

    /// Takes one thing that is due.
    pub fn pop_due(&mut self, now: Time) -> Option<Due> {
        if let Some((session, _)) = self.session_timers.pop_due(now) {
            return Some(Due::Close(session));
        }
        let (socket, id) = self.ack_timers.pop_due(now)?;
        let tag = self.joined_mut(socket)?.pending_acks.remove(&id)?;
        Some(Due::Event(Event::AckTimedOut { socket, tag }))
    }

    /// The earliest moment at which [`Sockets::pop_due`] has something.
    pub fn next_deadline(&self) -> Option<Time> {
        [self.session_timers.next(), self.ack_timers.next()].into_iter().flatten().min()
    }

    /// Whether a socket is in its namespace.
    pub fn has_joined(&self, key: SocketKey) -> bool {
        self.joined(key).is_some()
    }

    /// Whether a request of a session to join waits for its answer.
    pub fn is_asking(&self, session: SessionKey) -> bool {
        self.sockets_of(session).iter().any(|&key| self.get(key).is_some_and(|socket| !socket.has_joined()))
    }

    /// The session of a socket.
    pub fn session_of(&self, key: SocketKey) -> Option<SessionKey> {
        self.get(key).map(|socket| socket.session)
    }

    /// The namespace of a socket.
    pub fn namespace_of(&self, key: SocketKey) -> Option<&Namespace> {
        self.get(key).map(|socket| self.spaces.name(socket.space))
    }

    /// The sockets of a session.
    pub fn sockets_of(&self, session: SessionKey) -> &[SocketKey] {
        self.clients.get(&session).map_or(&[], |client| &client.sockets)
    }

    /// How many sockets there are.
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    fn get(&self, key: SocketKey) -> Option<&Socket> {
        self.sockets.get(key.index()).filter(|socket| socket.key == key)
    }

    fn get_mut(&mut self, key: SocketKey) -> Option<&mut Socket> {
        self.sockets.get_mut(key.index()).filter(|socket| socket.key == key)
    }

    fn joined(&self, key: SocketKey) -> Option<&Socket> {
        self.get(key).filter(|socket| socket.has_joined())
    }

    fn joined_mut(&mut self, key: SocketKey) -> Option<&mut Joined> {
        match &mut self.get_mut(key)?.place {
            Place::Joined(joined) => Some(joined),
            Place::Asking(_) => None,
        }
    }

    fn waiting(&mut self, key: SocketKey) -> Option<&mut Waiting> {
        match &mut self.get_mut(key)?.place {
            Place::Asking(waiting) => Some(waiting),
            Place::Joined(_) => None,
        }
    }

    fn take_pending_ack(&mut self, key: SocketKey, id: u64) -> Option<u64> {
        let tag = self.joined_mut(key)?.pending_acks.remove(&id)?;
        self.ack_timers.cancel((key, id));
        Some(tag)
    }

    fn socket_in(&self, session: SessionKey, namespace: &str) -> Option<SocketKey> {
        find(&self.sockets, &self.spaces, self.clients.get(&session)?, namespace)
    }

    fn insert(&mut self, session: SessionKey, namespace: &str, place: Place) -> SocketKey {
        let space = self.spaces.enter(namespace);
        let reach = if matches!(place, Place::Joined(_)) { space } else { NOWHERE };
        let entry = self.sockets.vacant_entry();
        let key = SocketKey::new(entry.key(), self.generation);
        self.generation = self.generation.wrapping_add(1);
        entry.insert(Socket { key, session, space, reach, place });
        self.clients.entry(session).or_default().sockets.push(key);
        key
    }

    fn leave(&mut self, key: SocketKey) {
        let Some(session) = self.session_of(key) else { return };
        self.release(key);
        let has_joined = |sockets: &[SocketKey]| sockets.iter().any(|&key| self.joined(key).is_some());
        let has_joined = self.clients.get(&session).is_some_and(|client| has_joined(&client.sockets));
        if let Some(client) = self.clients.get_mut(&session) {
            client.sockets.retain(|&it| it != key);
            client.has_joined = has_joined;
        }
    }

    fn release(&mut self, key: SocketKey) {
        if self.get(key).is_none() {
            return;
        }
        let socket = self.sockets.remove(key.index());
        if let Place::Asking(waiting) = &socket.place {
            self.waiting_bytes -= waiting.bytes;
        }
        if let Place::Joined(joined) = socket.place {
            for id in joined.pending_acks.into_keys() {
                self.ack_timers.cancel((key, id));
            }
            for room in &joined.rooms {
                self.spaces.leave_room(socket.space, room, key);
            }
        }
        self.spaces.leave(socket.space);
    }

    fn encode(&self, space: usize, kind: Kind, json: &str) -> Outgoing {
        let namespace = Cow::Borrowed(self.spaces.name(space).as_str());
        let packet = Packet { kind, namespace, json, attachments: 0 };
        Outgoing { text: packet.to_string(), attachments: Vec::new() }
    }

    fn encode_binary(&self, space: usize, kind: Kind, arguments: &Arguments<'_>) -> Outgoing {
        let packet = Packet {
            kind,
            namespace: Cow::Borrowed(self.spaces.name(space).as_str()),
            json: &arguments.json,
            attachments: arguments.attachments.len(),
        };
        Outgoing { text: packet.to_string(), attachments: arguments.attachments.clone() }
    }
}

impl Socket {
    fn has_joined(&self) -> bool {
        matches!(self.place, Place::Joined(_))
    }
}

/// Finds the socket of a session in a namespace.
#[inline]
fn find(sockets: &Slab<Socket>, spaces: &Spaces, client: &Client, namespace: &str) -> Option<SocketKey> {
    let is_in = |key: &&SocketKey| spaces.name(sockets[key.index()].space).as_str() == namespace;
    client.sockets.iter().find(is_in).copied()
}

/// An event packet; its name is part of its arguments.
fn event(ack: Option<u64>) -> Kind {
    Kind::Event { name: String::new(), ack }
}
