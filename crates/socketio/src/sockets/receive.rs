//! Messages from clients, and the events that they amount to.

use std::borrow::Cow;
use std::time::Duration;

use engineio::{SessionKey, Time};

use super::{Event, Outgoing, Place, SessionTimer, Sockets, Waiting, find};
use crate::arguments::Arguments;
use crate::keys::SocketKey;
use crate::packet::{Kind, MalformedPacket, Packet};
use crate::reassembly::Reassembly;

/// How long the next attachment of a binary packet may take.
const ATTACHMENT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest name of a namespace, in bytes. A name that does not exist is sent back.
const MAX_NAMESPACE_BYTES: usize = 256;

/// How many namespaces a session may be in or ask to join.
const MAX_NAMESPACES: usize = 64;

/// The most packets of a session that wait for its requests to join to be answered.
const MAX_WAITING: usize = 16;

/// The most bytes of a session that wait.
const MAX_WAITING_BYTES: usize = 64 * 1024;

/// The most bytes of all sessions that wait: those of 128 sessions at their limit.
const MAX_ALL_WAITING_BYTES: usize = 128 * MAX_WAITING_BYTES;

/// A message as it came from a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Message<'a> {
    /// A packet, or the first part of a binary one.
    Text(&'a str),
    /// An attachment.
    Binary(Cow<'a, [u8]>),
}

/// The meaning of a message.
#[derive(Debug)]
pub enum Received<'a> {
    /// Nothing for now.
    Nothing,
    /// An event for the application.
    Event(Event<'a>),
    /// A packet for the session that sent it.
    Reply(Outgoing),
}

impl Sockets {
    /// Takes a message of a session. `has_namespace` tells whether a namespace exists.
    ///
    /// # Errors
    /// The message violates the protocol, and the session has to be closed.
    pub fn receive<'a>(
        &mut self,
        now: Time,
        session: SessionKey,
        message: Message<'a>,
        has_namespace: impl Fn(&str) -> bool,
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
                    if packet.kind == Kind::Connect {
                        return self.connect(session, &packet.namespace, packet.json, has_namespace);
                    }
                    let socket = find(&self.sockets, &self.spaces, client, &packet.namespace);
                    return self.dispatch(session, socket, packet.kind, arguments);
                }
                if !client.has_joined {
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
                let socket = self.socket_in(session, &namespace);
                self.dispatch(session, socket, kind, arguments)
            }
            (Message::Text(_), Some(_)) => Err(MalformedPacket("text in place of an attachment")),
            (Message::Binary(_), None) => Err(MalformedPacket("an attachment without packet")),
        }
    }

    fn connect<'a>(
        &mut self,
        session: SessionKey,
        namespace: &str,
        auth: &'a str,
        has_namespace: impl Fn(&str) -> bool,
    ) -> Result<Received<'a>, MalformedPacket> {
        if !has_namespace(namespace) {
            self.count_refusal(session)?;
            return Ok(Received::Reply(unknown_namespace(namespace)));
        }
        if self.socket_in(session, namespace).is_some() {
            return Err(MalformedPacket("already in this namespace"));
        }
        if self.sockets_of(session).len() >= MAX_NAMESPACES {
            return Err(MalformedPacket("in too many namespaces"));
        }
        let socket = self.insert(session, namespace, Place::Asking(Waiting::default()));
        Ok(Received::Event(Event::AskedToJoin { socket, auth }))
    }

    #[inline]
    fn dispatch<'a>(
        &mut self,
        session: SessionKey,
        socket: Option<SocketKey>,
        kind: Kind,
        arguments: Arguments<'a>,
    ) -> Result<Received<'a>, MalformedPacket> {
        let socket = socket.ok_or(MalformedPacket("not in this namespace"))?;
        if kind == Kind::Disconnect {
            if self.waiting(socket).is_some() {
                // To ask again and again is to be refused again and again.
                self.count_refusal(session)?;
            }
            self.leave(socket);
            return Ok(Received::Event(Event::Disconnected { session, socket }));
        }
        if self.waiting(socket).is_some() {
            self.wait(session, socket, kind, arguments)?;
            return Ok(Received::Nothing);
        }
        Ok(self.event_of(socket, kind, arguments)?.map_or(Received::Nothing, Received::Event))
    }

    /// Keeps a packet until the socket's request to join is answered.
    fn wait(
        &mut self,
        session: SessionKey,
        socket: SocketKey,
        kind: Kind,
        arguments: Arguments<'_>,
    ) -> Result<(), MalformedPacket> {
        let name = match &kind {
            Kind::Event { name, .. } | Kind::Unreadable { name, .. } => name.len(),
            _ => 0,
        };
        let size = arguments.size() + name;
        let (mut packets, mut bytes) = (0, 0);
        for &key in self.sockets_of(session) {
            if let Some(Place::Asking(waiting)) = self.get(key).map(|socket| &socket.place) {
                packets += waiting.packets.len();
                bytes += waiting.bytes;
            }
        }
        if packets >= MAX_WAITING
            || bytes + size > MAX_WAITING_BYTES
            || self.waiting_bytes + size > MAX_ALL_WAITING_BYTES
        {
            return Err(MalformedPacket("too much before joining"));
        }
        if let Some(waiting) = self.waiting(socket) {
            waiting.packets.push((kind, arguments.into_owned()));
            waiting.bytes += size;
            self.waiting_bytes += size;
        }
        Ok(())
    }

    /// Returns what a packet of a socket that has joined amounts to, if anything.
    #[inline]
    pub(super) fn event_of<'a>(
        &mut self,
        socket: SocketKey,
        kind: Kind,
        arguments: Arguments<'a>,
    ) -> Result<Option<Event<'a>>, MalformedPacket> {
        Ok(Some(match kind {
            Kind::Event { name, ack } => Event::Sent { socket, name, arguments, ack },
            Kind::Unreadable { name, ack, reason } => Event::Unreadable { socket, name, ack, reason },
            Kind::Ack { id } => {
                // An answer that comes too late, or twice, or to nothing is ignored, as the reference does.
                let Some(tag) = self.take_pending_ack(socket, id) else { return Ok(None) };
                Event::Acked { socket, tag, arguments }
            }
            Kind::Connect | Kind::ConnectError | Kind::Disconnect => {
                return Err(MalformedPacket("not in this state"));
            }
        }))
    }
}

/// The answer to a session that asks to join a namespace that does not exist.
fn unknown_namespace(name: &str) -> Outgoing {
    let packet = Packet {
        kind: Kind::ConnectError,
        namespace: Cow::Borrowed(name),
        json: r#"{"message":"Invalid namespace"}"#,
        attachments: 0,
    };
    Outgoing { text: packet.to_string(), attachments: Vec::new() }
}
