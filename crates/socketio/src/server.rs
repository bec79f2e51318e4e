//! Joins the layers: from the platform through [`engineio`] and `sockets` up to the application, and down again.

mod perform;
mod stored;

use std::collections::{BTreeSet, VecDeque};

use engineio::{
    self as engine, Address, CloseReason, Context, Data, Engine, Input, Rejection, RequestId, SessionKey,
    Time, WebSocketId,
};

use crate::actions::{Ack, Actions};
use crate::application::{Application, Departure, Event, JoinRequest, UnreadableEvent};
use crate::arguments::Arguments;
use crate::config::Config;
use crate::connections::Connections;
use crate::handshake::{Handshake, HandshakeParts};
use crate::keys::SocketKey;
use crate::packet::Kind;
use crate::service::{Outcome, Service};
use crate::sockets::{self, Due, Message, Received, Sockets};

/// Engine.IO, Socket.IO and an application, joined.
pub struct Server<A: Application> {
    engine: Engine,
    sockets: Sockets,
    application: A,
    connections: Connections,
    handshake_parts: HandshakeParts,
    max_connections: u32,
    /// Sockets that are gone, and that the application does not know of yet.
    departures: VecDeque<(SocketKey, Departure)>,
    /// Packets that waited for their sockets to be accepted.
    resumed: VecDeque<(SocketKey, Kind, Arguments<'static>)>,
    /// The sockets whose clients are watched.
    watched: BTreeSet<SocketKey>,
    /// Sessions whose stored state is out of date.
    changed: BTreeSet<SessionKey>,
    /// The session whose stored state says that the memory holds more than WebSockets bring back.
    witness: Option<SessionKey>,
}

impl<A: Application> Server<A> {
    /// Returns a server without clients.
    pub fn new(engine: engine::Config, sockets: Config, application: A) -> Self {
        Self {
            engine: Engine::new(engine),
            handshake_parts: sockets.handshake,
            sockets: Sockets::new(sockets),
            application,
            connections: Connections::default(),
            max_connections: u32::MAX,
            departures: VecDeque::new(),
            resumed: VecDeque::new(),
            watched: BTreeSet::new(),
            changed: BTreeSet::new(),
            witness: None,
        }
    }

    /// Limits how many sessions there may be from one address.
    #[must_use]
    pub fn with_max_connections(mut self, max_connections: u32) -> Self {
        self.max_connections = max_connections;
        self
    }

    /// Lets the application do something that did not come over a socket, and carries out what follows from it.
    pub fn apply<T>(
        &mut self,
        cx: &mut Context<'_>,
        command: impl FnOnce(&mut A, &mut Context<'_>, &mut Actions) -> T,
    ) -> (T, Outcome) {
        let mut out = Outcome::default();
        let mut actions = Actions::default();
        let result = command(&mut self.application, cx, &mut actions);
        self.perform(cx, actions, &mut out);
        self.settle(cx, &mut out);
        (result, out)
    }

    /// The application.
    pub fn application(&self) -> &A {
        &self.application
    }

    /// Returns the longest request body or frame in bytes that is accepted.
    pub fn max_payload(&self) -> usize {
        self.engine.config().max_payload
    }

    /// How many Engine.IO sessions there are.
    pub fn session_count(&self) -> usize {
        self.engine.session_count()
    }

    /// How many Socket.IO sockets there are.
    pub fn socket_count(&self) -> usize {
        self.sockets.len()
    }

    fn session_event(&mut self, cx: &mut Context<'_>, event: engine::Event<'_>, out: &mut Outcome) {
        match event {
            engine::Event::Opened(session) => {
                self.sockets.opened(cx.now, session);
                self.connections.opened(session, Handshake::of(cx, self.handshake_parts));
                self.changed.insert(session);
            }
            engine::Event::Upgraded(session) => {
                self.changed.insert(session);
            }
            engine::Event::Message(session, data) => self.message(cx, session, data, out),
            engine::Event::Closed(session, CloseReason::Absent { since }) => {
                self.session_closed(session, Departure::Absent { since });
            }
            engine::Event::Closed(session, _) => self.session_closed(session, Departure::Lost),
        }
    }

    /// Returns the request that the input is if it would open one session too many from its address.
    fn refuse_for_number(&self, address: Option<&Address>, input: &Input<'_>) -> Option<RequestId> {
        let (Input::Get { request, query } | Input::WebSocket { request, query, .. }) = input else {
            return None;
        };
        let is_full = query.sid.is_none() && self.connections.count(address?) >= self.max_connections;
        is_full.then_some(*request)
    }

    fn session_closed(&mut self, session: SessionKey, how: Departure) {
        self.connections.closed(session);
        let lost = self.sockets.closed(session);
        self.departures.extend(lost.into_iter().map(|socket| (socket, how)));
        self.changed.remove(&session);
        self.witness = self.witness.filter(|&witness| witness != session);
    }

    fn message(&mut self, cx: &mut Context<'_>, session: SessionKey, data: Data<'_>, out: &mut Outcome) {
        let message = match data {
            Data::Text(text) => Message::Text(text),
            Data::Binary(bytes) => Message::Binary(bytes),
        };
        let Self { sockets, application, .. } = self;
        match sockets.receive(cx.now, session, message, |name| application.has_namespace(name)) {
            Ok(Received::Nothing) => {}
            Ok(Received::Reply(packet)) => self.send(std::iter::once(session), &packet, out),
            Ok(Received::Event(event)) => self.socket_event(cx, event, out),
            Err(_) => self.close(cx.now, session, out),
        }
        // The next message of the same payload must find the application up to date.
        self.catch_up(cx, out);
    }

    fn socket_event(&mut self, cx: &mut Context<'_>, event: sockets::Event<'_>, out: &mut Outcome) {
        let mut actions = Actions::default();
        match event {
            sockets::Event::AskedToJoin { socket, auth } => {
                let session = self.sockets.session_of(socket);
                self.changed.extend(session);
                let handshake = session.and_then(|session| self.connections.handshake(session));
                if let (Some(namespace), Some(handshake)) = (self.sockets.namespace_of(socket), handshake) {
                    let request = JoinRequest { namespace, auth, handshake };
                    self.application.asked_to_join(cx, socket, request, &mut actions);
                }
            }
            sockets::Event::Sent { socket, name, arguments, ack } => {
                let event = Event { name, arguments, ack: ack.map(Ack) };
                self.application.event(cx, socket, event, &mut actions);
            }
            sockets::Event::Unreadable { socket, name, ack, reason } => {
                let event = UnreadableEvent { name, ack: ack.map(Ack), reason };
                self.application.unreadable(cx, socket, event, &mut actions);
            }
            sockets::Event::Acked { socket, tag, arguments } => {
                self.application.answered(cx, socket, tag, Some(arguments), &mut actions);
            }
            sockets::Event::AckTimedOut { socket, tag } => {
                self.application.answered(cx, socket, tag, None, &mut actions);
            }
            sockets::Event::Disconnected { session, socket } => {
                self.changed.insert(session);
                self.departures.push_back((socket, Departure::Left));
                self.update_watch(cx.now, session);
            }
        }
        self.perform(cx, actions, out);
    }

    /// Handles what waits: packets of sockets that were accepted, and departures. Each may lead to more of the other.
    fn catch_up(&mut self, cx: &mut Context<'_>, out: &mut Outcome) {
        while !self.resumed.is_empty() || !self.departures.is_empty() {
            self.resume(cx, out);
            self.announce_departures(cx, out);
        }
    }

    /// Handles the packets that waited for their sockets to be accepted.
    fn resume(&mut self, cx: &mut Context<'_>, out: &mut Outcome) {
        while let Some((socket, kind, arguments)) = self.resumed.pop_front() {
            let Some(session) = self.sockets.session_of(socket) else { continue };
            match self.sockets.resume(socket, kind, arguments) {
                Ok(Some(event)) => self.socket_event(cx, event, out),
                Ok(None) => {}
                Err(_) => self.close(cx.now, session, out),
            }
        }
    }

    /// Watches a session for as long as one of its sockets is watched.
    fn update_watch(&mut self, now: Time, session: SessionKey) {
        let is_wanted = self.sockets.sockets_of(session).iter().any(|socket| self.watched.contains(socket));
        self.engine.watch(now, session, is_wanted);
    }

    fn note_closed(&mut self, closed: Vec<SessionKey>) {
        for session in closed {
            self.session_closed(session, Departure::Lost);
        }
    }

    /// Closes a session that broke the protocol or is no longer wanted.
    fn close(&mut self, now: Time, session: SessionKey, out: &mut Outcome) {
        self.engine.close_session(now, session, &mut out.effects);
        self.session_closed(session, Departure::Lost);
    }

    fn announce_departures(&mut self, cx: &mut Context<'_>, out: &mut Outcome) {
        while let Some((socket, how)) = self.departures.pop_front() {
            self.watched.remove(&socket);
            let mut actions = Actions::default();
            self.application.left(cx, socket, how, &mut actions);
            self.perform(cx, actions, out);
        }
    }

    /// Brings the application and what is stored up to date after everything else.
    fn settle(&mut self, cx: &mut Context<'_>, out: &mut Outcome) {
        self.catch_up(cx, out);
        self.choose_witness();
        for session in std::mem::take(&mut self.changed) {
            if let Some(socket) = self.engine.web_socket_of(session)
                && let Some(state) = self.stored_state(session)
            {
                out.stored.push((socket, state));
            }
        }
    }

    /// Marks the stored state of one session while sessions poll or the application is unsettled. If the memory is lost then, the
    /// mark says that clients have to be told. Only those with a WebSocket are left: without one, no mark is needed.
    fn choose_witness(&mut self) {
        let is_needed = self.engine.has_volatile_sessions() || self.application.is_unsettled();
        let witness = match self.witness {
            Some(witness) if is_needed => Some(witness),
            None if is_needed => self.engine.durable_session(),
            _ => None,
        };
        if witness != self.witness {
            self.changed.extend(witness.into_iter().chain(self.witness));
            self.witness = witness;
        }
    }
}

impl<A: Application> Service for Server<A> {
    fn handle(&mut self, cx: &mut Context<'_>, input: Input<'_>) -> Outcome {
        let mut out = Outcome::default();
        if let Some(request) = self.refuse_for_number(cx.address, &input) {
            let rejection = Rejection::TooManyConnections;
            let response = engine::Response::from(rejection);
            out.effects.push(engine::Effect::Respond { request, response });
            return out;
        }
        for event in self.engine.handle(cx, input, &mut out.effects) {
            self.session_event(cx, event, &mut out);
        }
        while let Some(due) = self.sockets.pop_due(cx.now) {
            match due {
                Due::Close(session) => self.close(cx.now, session, &mut out),
                Due::Event(event) => self.socket_event(cx, event, &mut out),
            }
        }
        if self.application.next_deadline().is_some_and(|at| at <= cx.now) {
            let mut actions = Actions::default();
            self.application.tick(cx, &mut actions);
            self.perform(cx, actions, &mut out);
        }
        self.settle(cx, &mut out);
        out
    }

    fn next_deadline(&self) -> Option<Time> {
        let layers =
            [self.engine.next_deadline(), self.sockets.next_deadline(), self.application.next_deadline()];
        layers.into_iter().flatten().min()
    }

    fn next_heartbeat(&self) -> Option<Time> {
        self.engine.next_heartbeat()
    }

    fn restore(&mut self, now: Time, socket: WebSocketId, heard_at: Option<Time>, stored: &str) -> bool {
        self.restore_session(now, socket, heard_at, stored)
    }

    /// Removes the sockets of the session: recovered, they would be too large again.
    fn state_refused(&mut self, cx: &mut Context<'_>, socket: WebSocketId) -> Outcome {
        let mut out = Outcome::default();
        if let Some(session) = self.engine.session_of(socket) {
            self.engine.close_session(cx.now, session, &mut out.effects);
            self.session_closed(session, Departure::Removed);
        }
        self.settle(cx, &mut out);
        out
    }

    fn alarm_fired(&mut self, now: Time) {
        self.engine.alarm_fired(now);
    }
}
