//! The answers to requests to join.

use std::collections::HashMap;

use engineio::SessionKey;
use serde::Serialize;

use super::{Event, Joined, Outgoing, Place, SessionTimer, Sockets, Waiting};
use crate::actions::ConnectError;
use crate::arguments::Arguments;
use crate::keys::SocketKey;
use crate::packet::{Kind, MalformedPacket};

/// How often a session may be refused while it is in no namespace.
const MAX_REFUSED: u32 = 8;

/// The content of the packet that lets a client in.
#[derive(Serialize)]
struct Connected<'a> {
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid: Option<&'a str>,
}

impl Sockets {
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
        let socket = self.get_mut(key)?;
        socket.place = Place::Joined(joined);
        socket.reach = space;
        self.session_joined(session);
        Some((session, welcome))
    }

    /// Takes the packets that a socket sent before it was accepted; call it before [`Sockets::accept`].
    pub fn take_waiting(&mut self, key: SocketKey) -> Vec<(Kind, Arguments<'static>)> {
        let Some(Waiting { packets, bytes }) = self.waiting(key).map(std::mem::take) else {
            return Vec::new();
        };
        self.waiting_bytes -= bytes;
        packets
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

    pub(super) fn session_joined(&mut self, session: SessionKey) {
        self.session_timers.cancel((session, SessionTimer::Connect));
        if let Some(client) = self.clients.get_mut(&session) {
            client.has_joined = true;
        }
    }

    /// Refuses a session no further once it has joined: then it may be refused as often as it likes.
    pub(super) fn count_refusal(&mut self, session: SessionKey) -> Result<(), MalformedPacket> {
        let Some(client) = self.clients.get_mut(&session).filter(|client| !client.has_joined) else {
            return Ok(());
        };
        client.refused += 1;
        if client.refused > MAX_REFUSED { Err(MalformedPacket("refused too often")) } else { Ok(()) }
    }
}
