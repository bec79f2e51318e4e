//! Joins the layers: down from the platform through [`engineio`] and `sockets` to the application, and up again.
//!
//! Nothing here knows a clock, a network or Cloudflare. The shell turns what happens into inputs and carries out effects.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::application::{
    Ack, Action, Actions, Application, Departure, Event, Recipients, Rejected, UnreadableEvent,
};
use crate::config::Config;
use crate::connections::Connections;
use crate::keys::{NamespaceId, SocketKey};
use crate::sockets::{self, Due, Message, Outgoing, Received, Sockets};
use engineio::{
    self as engine, Address, CloseReason, Context, Data, Engine, Frame, Input, Rejection, RequestId,
    SessionKey, Time, WebSocketId,
};

/// What a Durable Object's shell drives.
pub trait Service {
    /// Handles one input.
    fn handle(&mut self, cx: &mut Context<'_>, input: Input<'_>) -> Outcome;

    /// The earliest moment at which [`Input::Tick`] is due.
    fn next_deadline(&self) -> Option<Time>;

    /// The part of [`Service::next_deadline`] that is worth waking up for, but not worth staying awake for.
    fn next_heartbeat(&self) -> Option<Time>;

    /// Brings back what a WebSocket that outlived the object's memory stands for, from what was stored with it.
    ///
    /// `heard_at` is when its client was last heard of, as far as the platform knows. Returns whether that was possible; if
    /// not, the WebSocket is of no use any more.
    fn restore(&mut self, now: Time, socket: WebSocketId, heard_at: Option<Time>, stored: &str) -> bool;

    /// The alarm has gone off; [`Input::Tick`] follows.
    fn alarm_fired(&mut self, now: Time);
}

/// What one input leads to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// What goes out, in order.
    pub effects: Vec<engine::Effect>,
    /// What to store with WebSockets for [`Service::restore`], in place of what was stored before.
    pub stored: Vec<(WebSocketId, String)>,
    /// What the operator should know.
    pub log: Vec<String>,
}

/// Engine.IO, Socket.IO and an application, joined.
pub struct Server<A: Application> {
    engine: Engine,
    sockets: Sockets,
    application: A,
    connections: Connections,
    max_connections: u32,
    /// Sockets that are gone, and that the application does not know of yet.
    departures: VecDeque<(SocketKey, Departure)>,
    /// The sockets whose clients are watched.
    watched: BTreeSet<SocketKey>,
    /// Sessions whose stored state is out of date.
    changed: BTreeSet<SessionKey>,
    /// The session whose stored state says that the memory holds more than WebSockets bring back.
    witness: Option<SessionKey>,
}

#[derive(Serialize)]
struct StoredSession<'a, M> {
    session: engine::Snapshot,
    address: Option<&'a Address>,
    sockets: Vec<StoredSocket<&'a M>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_witness: bool,
}

#[derive(Deserialize)]
struct RestoredSession<M> {
    session: engine::Snapshot,
    address: Option<Address>,
    sockets: Vec<StoredSocket<M>>,
    #[serde(default)]
    is_witness: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredSocket<M> {
    socket: sockets::Snapshot,
    member: M,
}

impl<A: Application> Server<A> {
    /// A server without clients. The namespaces of `sockets` are those of the application.
    pub fn new(engine: engine::Config, sockets: Config, application: A) -> Self {
        Self {
            engine: Engine::new(engine),
            sockets: Sockets::new(sockets),
            application,
            connections: Connections::default(),
            max_connections: u32::MAX,
            departures: VecDeque::new(),
            watched: BTreeSet::new(),
            changed: BTreeSet::new(),
            witness: None,
        }
    }

    /// The same server, with at most so many sessions from one address.
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
                if let Some(address) = cx.address {
                    self.connections.opened(session, address.clone());
                }
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

    /// The request that would open one session too many from its address, if the input is one.
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
        match self.sockets.receive(cx.now, session, message) {
            Ok(Received::Nothing) => {}
            Ok(Received::Reply(packet)) => self.send(std::iter::once(session), packet, out),
            Ok(Received::Event(event)) => self.socket_event(cx, event, out),
            Err(_) => self.close(cx.now, session, out),
        }
        // The next message of the same payload must find the application up to date.
        self.announce_departures(cx, out);
    }

    fn socket_event(&mut self, cx: &mut Context<'_>, event: sockets::Event<'_>, out: &mut Outcome) {
        let mut actions = Actions::default();
        match event {
            sockets::Event::Connect { session, namespace, auth } => {
                match self.application.admit(cx, namespace, auth) {
                    Ok(member) => actions = self.admit(cx, (session, namespace), auth, member, out),
                    Err(Rejected::Refuse(error)) => {
                        let error = serde_json::to_string(&error).unwrap_or_default();
                        match self.sockets.refuse(session, namespace, &error) {
                            Ok(refusal) => self.send(std::iter::once(session), refusal, out),
                            Err(_) => self.close(cx.now, session, out),
                        }
                    }
                    Err(Rejected::Close { log }) => {
                        out.log.extend(log);
                        self.close(cx.now, session, out);
                    }
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

    /// Lets a session into a namespace, back into an earlier session of the client where that can be recovered.
    fn admit(
        &mut self,
        cx: &mut Context<'_>,
        (session, namespace): (SessionKey, NamespaceId),
        auth: &str,
        mut member: A::Member,
        out: &mut Outcome,
    ) -> Actions {
        let mut actions = Actions::default();
        self.changed.insert(session);
        let Some(recovery) = self.application.recover(cx, namespace, auth, &mut member) else {
            let sid = cx.unguessable_id();
            let private_id = self.application.private_id(cx, &mut member, &sid);
            let (socket, welcome) = self.sockets.accept(session, namespace, sid, private_id.as_deref());
            self.send(std::iter::once(session), welcome, out);
            self.application.joined(cx, socket, namespace, member, &mut actions);
            return actions;
        };
        let private_id = Some(recovery.private_id.as_str());
        let (socket, welcome) = self.sockets.accept(session, namespace, recovery.sid, private_id);
        self.send(std::iter::once(session), welcome, out);
        for event in &recovery.missed {
            let packet = self.sockets.event(namespace, event);
            self.send(std::iter::once(session), packet, out);
        }
        self.application.rejoined(cx, socket, namespace, member, &mut actions);
        let replaced = recovery.replaces.and_then(|socket| self.sockets.session_of(socket));
        if let Some(replaced) = replaced.filter(|&replaced| replaced != session) {
            self.close(cx.now, replaced, out);
        }
        actions
    }

    /// Carries out what the application wants done.
    fn perform(&mut self, cx: &mut Context<'_>, actions: Actions, out: &mut Outcome) {
        for action in actions {
            match action {
                Action::Emit { to: Recipients::Socket(socket), event } => {
                    if let Some((session, packet)) = self.sockets.event_to(socket, &event) {
                        self.send(std::iter::once(session), packet, out);
                    }
                }
                Action::Emit { to: Recipients::Sockets(keys), event } => {
                    let Some(namespace) = keys.iter().find_map(|&key| self.sockets.namespace_of(key)) else {
                        continue;
                    };
                    let packet = self.sockets.event(namespace, &event);
                    let sessions: Vec<_> =
                        keys.into_iter().filter_map(|key| self.sockets.session_of(key)).collect();
                    self.send(sessions.into_iter(), packet, out);
                }
                Action::Emit { to: Recipients::Everyone(namespace), event } => {
                    let packet = self.sockets.event(namespace, &event);
                    let Self { engine, sockets, .. } = self;
                    let closed = send(engine, sockets.members(namespace), &packet, &mut out.effects);
                    self.note_closed(closed);
                }
                Action::Ask { to, event, request } => {
                    match self.sockets.event_with_ack(cx.now, to, &event, request) {
                        Ok(Some((session, packet))) => {
                            // Ids count on across a sleep, so that no late answer is taken for another one.
                            self.changed.insert(session);
                            self.send(std::iter::once(session), packet, out);
                        }
                        Ok(None) => {}
                        Err((session, _)) => self.close(cx.now, session, out),
                    }
                }
                Action::Answer { to, ack, answer } => {
                    if let Some((session, packet)) = self.sockets.ack(to, ack.0, &answer) {
                        self.send(std::iter::once(session), packet, out);
                    }
                }
                Action::Disconnect { socket } => {
                    if let Some((session, packet)) = self.sockets.disconnect(socket) {
                        self.send(std::iter::once(session), packet, out);
                        self.changed.insert(session);
                        self.departures.push_back((socket, Departure::Removed));
                        self.update_watch(cx.now, session);
                    }
                }
                Action::Close { socket } => {
                    if let Some(session) = self.sockets.session_of(socket) {
                        self.close(cx.now, session, out);
                    }
                }
                Action::Keep { socket } => self.changed.extend(self.sockets.session_of(socket)),
                Action::Watch { socket, is_wanted } => {
                    if let Some(session) = self.sockets.session_of(socket) {
                        if is_wanted {
                            self.watched.insert(socket);
                        } else {
                            self.watched.remove(&socket);
                        }
                        self.update_watch(cx.now, session);
                    }
                }
                Action::Log(line) => out.log.push(line),
            }
        }
    }

    /// Watches a session for as long as one of its sockets is watched.
    fn update_watch(&mut self, now: Time, session: SessionKey) {
        let is_wanted = self.sockets.sockets_of(session).iter().any(|socket| self.watched.contains(socket));
        self.engine.watch(now, session, is_wanted);
    }

    fn send(&mut self, to: impl Iterator<Item = SessionKey> + Clone, packet: Outgoing, out: &mut Outcome) {
        let closed = send(&mut self.engine, to, &packet, &mut out.effects);
        self.note_closed(closed);
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
        self.announce_departures(cx, out);
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

    fn stored_state(&self, session: SessionKey) -> Option<String> {
        let sockets = self.sockets.sockets_of(session).iter();
        let stored = StoredSession {
            session: self.engine.snapshot(session)?,
            address: self.connections.address_of(session),
            sockets: sockets
                .filter_map(|&key| {
                    let (socket, member) = self.sockets.snapshot(key).zip(self.application.member(key))?;
                    Some(StoredSocket { socket, member })
                })
                .collect(),
            is_witness: self.witness == Some(session),
        };
        serde_json::to_string(&stored).ok()
    }
}

/// Sends a packet and its attachments. Returns the sessions that were closed because they do not fetch what they get.
fn send(
    engine: &mut Engine,
    to: impl Iterator<Item = SessionKey> + Clone,
    packet: &Outgoing,
    effects: &mut Vec<engine::Effect>,
) -> Vec<SessionKey> {
    let mut closed = engine.send(to.clone(), &Frame::message(&packet.text), effects);
    for attachment in &packet.attachments {
        closed.extend(engine.send(to.clone(), &Frame::binary(attachment.clone()), effects));
    }
    closed
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
        let Ok(stored) = serde_json::from_str::<RestoredSession<A::Member>>(stored) else {
            self.application.others_lost(now);
            return false;
        };
        let opened_at = stored.session.opened_at();
        let session = self.engine.restore(now, socket, heard_at, stored.session);
        // What is left of the time to join, not all of it again: the object may sleep many times.
        self.sockets.opened(opened_at, session);
        if stored.is_witness {
            self.application.others_lost(now);
            // The mark stays until the application has settled. If there were two, one goes.
            self.changed.extend(self.witness.replace(session));
        }
        if let Some(address) = stored.address {
            self.connections.opened(session, address);
        }
        for StoredSocket { socket, member } in stored.sockets {
            if let Some(key) = self.sockets.restore(session, socket) {
                self.application.restored(key, member);
            }
        }
        true
    }

    fn alarm_fired(&mut self, now: Time) {
        self.engine.alarm_fired(now);
    }
}
