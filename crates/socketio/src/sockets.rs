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

mod receive;
mod spaces;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use engineio::{KeyMap, SessionKey, Time, Timers};
use serde::{Deserialize, Serialize};
use slab::Slab;

use crate::actions::{ConnectError, Selection};
use crate::arguments::{AckRequest, Arguments};
use crate::config::Config;
use crate::keys::{Namespace, Room, SocketKey};
use crate::packet::{Kind, MalformedPacket, Packet, Unreadable};
use crate::reassembly::Reassembly;
pub use receive::{Message, Received};
use spaces::Spaces;

/// How often a session may be refused while it is in no namespace.
const MAX_REFUSED: u32 = 8;

/// How many events a socket may leave unanswered before it is given up.
const MAX_PENDING_ACKS: usize = 1_000;

/// The most bytes of room names that a socket may have: they are stored with it.
pub(crate) const MAX_ROOM_BYTES: usize = 4_096;

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

/// The state from which a socket is restored after hibernation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    sid: String,
    namespace: String,
    next_ack: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rooms: Vec<Room>,
}

impl Snapshot {
    /// The socket id.
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// The name of the namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The rooms.
    pub fn rooms(&self) -> &[Room] {
        &self.rooms
    }
}

struct Socket {
    key: SocketKey,
    session: SessionKey,
    /// The index of its namespace.
    space: usize,
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

/// The content of the packet that lets a client in.
#[derive(Serialize)]
struct Connected<'a> {
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'a str>,
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

    /// Lets a socket that asked to join into its namespace, under the id `sid`. A client that gets a private id can recover with
    /// it. Returns its session and what to tell it; `None` if the socket is gone, or was answered before.
    pub fn accept(
        &mut self,
        key: SocketKey,
        sid: &str,
        private_id: Option<&str>,
    ) -> Option<(SessionKey, Outgoing)> {
        let socket = self.get(key)?;
        let (Place::Asking(_), session, space) = (&socket.place, socket.session, socket.space) else {
            return None;
        };
        let json = serde_json::to_string(&Connected { sid, pid: private_id }).unwrap_or_default();
        let welcome = self.encode(space, Kind::Connect, &json);
        let joined =
            Joined { sid: sid.to_owned(), next_ack: 0, pending_acks: HashMap::new(), rooms: Vec::new() };
        self.get_mut(key)?.place = Place::Joined(joined);
        self.session_joined(session);
        Some((session, welcome))
    }

    /// Takes the packets that a socket sent before it was accepted; call it before [`Sockets::accept`].
    pub fn take_waiting(&mut self, key: SocketKey) -> Vec<(Kind, Arguments<'static>)> {
        self.waiting(key).map(|waiting| std::mem::take(&mut waiting.packets)).unwrap_or_default()
    }

    /// Returns what a packet that waited amounts to, if anything.
    ///
    /// # Errors
    /// The packet violates the protocol, and the session has to be closed.
    pub fn resume(
        &mut self,
        key: SocketKey,
        kind: Kind,
        arguments: Arguments<'static>,
    ) -> Result<Option<Event<'static>>, MalformedPacket> {
        if self.get(key).is_none() { Ok(None) } else { self.event_of(key, kind, arguments) }
    }

    /// Refuses a socket that asked to join, which is gone then. Returns its session and what to tell it; `None` if the socket is
    /// gone, or was answered before.
    ///
    /// # Errors
    /// The session was refused too often without having joined, and has to be closed.
    pub fn refuse(
        &mut self,
        key: SocketKey,
        error: &ConnectError,
    ) -> Option<Result<(SessionKey, Outgoing), SessionKey>> {
        let socket = self.get(key).filter(|socket| matches!(socket.place, Place::Asking(_)))?;
        let (session, space) = (socket.session, socket.space);
        let error = serde_json::to_string(error).unwrap_or_default();
        let refusal = self.encode(space, Kind::ConnectError, &error);
        self.leave(key);
        Some(self.count_refusal(session).map(|()| (session, refusal)).map_err(|_| session))
    }

    /// Removes a socket whose request to join the application has answered by closing its session.
    pub fn withdraw(&mut self, key: SocketKey) {
        if self.get(key).is_some_and(|socket| !socket.has_joined()) {
            self.leave(key);
        }
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

    /// Puts a socket into a room. Returns whether that was possible: not if the socket has not joined, or has too many rooms.
    pub fn join(&mut self, key: SocketKey, room: Room) -> bool {
        let Some(Socket { space, place: Place::Joined(joined), .. }) = self.get_mut(key) else {
            return false;
        };
        if joined.rooms.contains(&room) {
            return true;
        }
        let bytes: usize = joined.rooms.iter().map(|room| room.len()).sum();
        if bytes + room.len() > MAX_ROOM_BYTES {
            return false;
        }
        joined.rooms.push(room.clone());
        let space = *space;
        self.spaces.join(space, room, key);
        true
    }

    /// Takes a socket out of a room.
    pub fn leave_room(&mut self, key: SocketKey, room: &Room) {
        let Some(Socket { space, place: Place::Joined(joined), .. }) = self.get_mut(key) else { return };
        joined.rooms.retain(|it| it != room);
        let space = *space;
        self.spaces.leave_room(space, room, key);
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

    /// The session of a socket.
    pub fn session_of(&self, key: SocketKey) -> Option<SessionKey> {
        self.get(key).map(|socket| socket.session)
    }

    /// The namespace of a socket.
    pub fn namespace_of(&self, key: SocketKey) -> Option<&Namespace> {
        self.get(key).map(|socket| self.spaces.name(socket.space))
    }

    /// The sessions of the sockets that have joined a namespace.
    pub fn members(&self, namespace: &Namespace) -> impl Iterator<Item = SessionKey> + Clone + '_ {
        let space = self.spaces.index(namespace);
        self.sockets
            .iter()
            .filter(move |(_, socket)| Some(socket.space) == space && socket.has_joined())
            .map(|(_, socket)| socket.session)
    }

    /// The sessions of the sockets that are selected, each once.
    pub fn selected(&self, selection: &Selection) -> Vec<SessionKey> {
        let Some(space) = self.spaces.index(&selection.namespace) else { return Vec::new() };
        let in_rooms = |rooms: &[Room]| -> BTreeSet<SocketKey> {
            rooms.iter().flat_map(|room| self.spaces.in_room(space, room)).collect()
        };
        let excepted = in_rooms(&selection.except_rooms);
        let is_wanted = |key: &SocketKey| Some(*key) != selection.except && !excepted.contains(key);
        if selection.rooms.is_empty() {
            let members = self.sockets.iter().map(|(_, socket)| socket);
            let members = members.filter(|socket| socket.space == space && socket.has_joined());
            members.filter(|socket| is_wanted(&socket.key)).map(|socket| socket.session).collect()
        } else {
            let wanted = in_rooms(&selection.rooms).into_iter().filter(is_wanted);
            wanted.filter_map(|key| self.session_of(key)).collect()
        }
    }

    /// The sockets of a session.
    pub fn sockets_of(&self, session: SessionKey) -> &[SocketKey] {
        self.clients.get(&session).map_or(&[], |client| &client.sockets)
    }

    /// How many sockets there are.
    pub fn len(&self) -> usize {
        self.sockets.len()
    }

    /// The state that [`Sockets::restore`] needs to bring a socket back after hibernation; `None` if it has not joined. Events
    /// that wait for an acknowledgement are not part of it: the question is forgotten, as it is after a restart.
    pub fn snapshot(&self, key: SocketKey) -> Option<Snapshot> {
        let socket = self.get(key)?;
        let Place::Joined(joined) = &socket.place else { return None };
        Some(Snapshot {
            sid: joined.sid.clone(),
            namespace: self.spaces.name(socket.space).as_str().to_owned(),
            next_ack: joined.next_ack,
            rooms: joined.rooms.clone(),
        })
    }

    /// Brings a socket back.
    pub fn restore(&mut self, session: SessionKey, snapshot: &Snapshot) -> SocketKey {
        self.clients.entry(session).or_default();
        let joined = Joined {
            sid: snapshot.sid.clone(),
            next_ack: snapshot.next_ack,
            pending_acks: HashMap::new(),
            rooms: snapshot.rooms.clone(),
        };
        let key = self.insert(session, &snapshot.namespace, Place::Joined(joined));
        self.session_joined(session);
        if let Some(space) = self.get(key).map(|socket| socket.space) {
            for room in &snapshot.rooms {
                self.spaces.join(space, room.clone(), key);
            }
        }
        key
    }

    fn session_joined(&mut self, session: SessionKey) {
        self.session_timers.cancel((session, SessionTimer::Connect));
        if let Some(client) = self.clients.get_mut(&session) {
            client.has_joined = true;
        }
    }

    /// Refuses a session no further once it has joined: then it may be refused as often as it likes.
    fn count_refusal(&mut self, session: SessionKey) -> Result<(), MalformedPacket> {
        let Some(client) = self.clients.get_mut(&session).filter(|client| !client.has_joined) else {
            return Ok(());
        };
        client.refused += 1;
        if client.refused > MAX_REFUSED { Err(MalformedPacket("refused too often")) } else { Ok(()) }
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
        let is_in = |key: &SocketKey| {
            self.get(*key).is_some_and(|socket| self.spaces.name(socket.space).as_str() == namespace)
        };
        self.sockets_of(session).iter().copied().find(is_in)
    }

    fn insert(&mut self, session: SessionKey, namespace: &str, place: Place) -> SocketKey {
        let space = self.spaces.enter(namespace);
        let entry = self.sockets.vacant_entry();
        let key = SocketKey::new(entry.key(), self.generation);
        self.generation = self.generation.wrapping_add(1);
        entry.insert(Socket { key, session, space, place });
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

/// An event packet; its name is part of its arguments.
fn event(ack: Option<u64>) -> Kind {
    Kind::Event { name: String::new(), ack }
}
