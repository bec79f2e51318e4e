//! Engine.IO v4: sessions over HTTP long-polling and WebSocket.
//!
//! In: requests, frames, closed sockets and the passing of time. Out: effects for the platform, and events for the
//! layer above. Out of scope: what messages mean, HTTP beyond the protocol's own status codes, and revision 3.

mod effect;
mod frame;
mod handshake;
mod heartbeat;
mod packet;
pub mod payload;
mod session;

use std::collections::HashMap;
use std::time::Duration;

use slab::Slab;

pub use effect::{Effect, Response};
pub use frame::Frame;
pub use handshake::{Query, Rejection};
pub use heartbeat::Heartbeat;
pub use packet::{Data, MalformedPacket, Packet};
pub use session::{CloseReason, Sid, TransportName};

use crate::context::Context;
use crate::keys::{RequestId, SessionKey, WebSocketId};
use crate::time::Time;
use crate::timers::Timers;
use session::{Polling, Session, Transport, Upgrade};

/// WebSocket close codes (RFC 6455, section 7.4.1).
mod close_code {
    pub const NORMAL: u16 = 1000;
    pub const POLICY_VIOLATION: u16 = 1008;
    pub const MESSAGE_TOO_BIG: u16 = 1009;
}

/// How long a poll that comes during an upgrade stays open before it is sent home, so that the client can go on. It is not
/// sent home at once because the end of the upgrade may be under way on the other connection.
const NOOP_DELAY: Duration = Duration::from_millis(100);

/// How long a closed session waits for the poll that takes its close packet.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The protocol's parameters.
#[derive(Clone, Debug)]
pub struct Config {
    /// The most time between two pings, told to the client.
    pub ping_interval: Duration,
    /// How long a client may take to answer one; at most `ping_interval`.
    pub ping_timeout: Duration,
    /// The longest request body or frame in bytes that is accepted, told to the client.
    pub max_payload: usize,
    /// How long an upgrade may take.
    pub upgrade_timeout: Duration,
    /// How many bytes wait at most for a client that polls slowly or not at all.
    pub max_queue: usize,
}

/// What happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// A GET that is no WebSocket upgrade.
    Get { request: RequestId, query: Query },
    /// A POST with its body.
    Post { request: RequestId, query: Query, body: &'a str },
    /// A request with a body that is too long or no text, or with another method.
    Unacceptable { request: RequestId, query: Query, rejection: Rejection },
    /// A WebSocket upgrade; `socket` is the number that the WebSocket will have if it is accepted.
    WebSocket { request: RequestId, query: Query, socket: WebSocketId },
    /// A WebSocket frame.
    Frame { socket: WebSocketId, data: Data<'a> },
    /// A WebSocket is closed, or broken.
    SocketClosed { socket: WebSocketId },
    /// The client of a waiting request has gone away.
    RequestAborted { request: RequestId },
    /// A deadline has come. `pongs` are the last pongs that the platform has answered on the engine's behalf.
    Tick { pongs: &'a [(WebSocketId, Time)] },
}

/// What the layer above learns.
#[derive(Debug)]
pub enum Event<'a> {
    /// A session is open.
    Opened(SessionKey),
    /// A session that used to poll has changed its transport to WebSocket.
    Upgraded(SessionKey),
    /// A message came.
    Message(SessionKey, Data<'a>),
    /// A session is over; nothing more comes from it or reaches it.
    Closed(SessionKey, CloseReason),
}

/// What a sleeping WebSocket session is restored from.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Snapshot {
    sid: String,
    opened_at: u64,
}

/// All sessions.
pub struct Engine {
    config: Config,
    heartbeat: Heartbeat,
    sessions: Slab<Session>,
    by_sid: HashMap<Sid, SessionKey>,
    by_socket: HashMap<WebSocketId, SessionKey>,
    by_poll: HashMap<RequestId, SessionKey>,
    timeouts: Timers<(SessionKey, Timeout)>,
    next_heartbeat: Option<Time>,
    /// A moment not later than the one at which the first silent session expires.
    next_expiry: Option<Time>,
}

/// What a session waits for, at most so long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timeout {
    /// The end of its upgrade.
    Upgrade,
    /// The upgrade, while a poll is open that the client wants back before it goes on.
    Noop,
    /// The poll that takes its close packet.
    Close,
}

/// What one input leads to.
struct Outcome<'e, 'a> {
    effects: &'e mut Vec<Effect>,
    events: Vec<Event<'a>>,
}

impl Engine {
    /// An engine without sessions.
    pub fn new(config: Config) -> Self {
        let heartbeat = Heartbeat::new(&config);
        Self {
            config,
            heartbeat,
            sessions: Slab::new(),
            by_sid: HashMap::new(),
            by_socket: HashMap::new(),
            by_poll: HashMap::new(),
            timeouts: Timers::default(),
            next_heartbeat: None,
            next_expiry: None,
        }
    }

    /// Handles one input: appends what the platform has to do to `effects`, and returns what happened in order.
    pub fn handle<'a>(
        &mut self,
        cx: &mut Context<'_>,
        input: Input<'a>,
        effects: &mut Vec<Effect>,
    ) -> Vec<Event<'a>> {
        let mut out = Outcome { effects, events: Vec::new() };
        self.run_timeouts(cx.now, &mut out);
        match input {
            Input::Get { request, query } => self.get(cx, request, &query, &mut out),
            Input::Post { request, query, body } => self.post(cx.now, request, &query, body, &mut out),
            Input::Unacceptable { request, query, rejection } => {
                self.unacceptable(cx.now, request, &query, rejection, &mut out);
            }
            Input::WebSocket { request, query, socket } => {
                self.web_socket(cx, request, &query, socket, &mut out);
            }
            Input::Frame { socket, data } => self.frame(cx.now, socket, data, &mut out),
            Input::SocketClosed { socket } => self.socket_closed(socket, &mut out),
            Input::RequestAborted { request } => {
                if let Some(key) = self.by_poll.remove(&request) {
                    if let Transport::Polling(polling) = &mut self.sessions[key.0].transport {
                        polling.poll = None;
                    }
                    self.close(key, CloseReason::TransportClose, &mut out);
                }
            }
            Input::Tick { pongs } => self.tick(cx.now, pongs, &mut out),
        }
        out.events
    }

    /// Sends a frame to sessions, encoded once for all of them. Returns the sessions that are closed for not fetching
    /// what was sent to them; no event follows.
    pub fn send(
        &mut self,
        sessions: impl Iterator<Item = SessionKey>,
        frame: &Frame,
        effects: &mut Vec<Effect>,
    ) -> Vec<SessionKey> {
        let mut sockets = Vec::with_capacity(self.sessions.len());
        let mut closed = Vec::new();
        let mut out = Outcome { effects, events: Vec::new() };
        for key in sessions {
            let Some(session) = self.sessions.get_mut(key.0) else { continue };
            match &mut session.transport {
                Transport::WebSocket(socket) => sockets.push(*socket),
                Transport::Closing(_) => {}
                Transport::Polling(polling) => {
                    polling.push(frame.clone());
                    if let Some(request) = polling.poll.take() {
                        self.by_poll.remove(&request);
                        out.effects.push(Effect::poll_response(request, &polling.take_queue()));
                    } else if polling.queued_bytes > self.config.max_queue {
                        self.close(key, CloseReason::QueueOverflow, &mut out);
                        closed.push(key);
                    }
                }
            }
        }
        if !sockets.is_empty() {
            out.effects.push(Effect::Send { sockets, frame: frame.clone() });
        }
        closed
    }

    /// Closes a session once what was sent to it is delivered. No event follows: the caller knows.
    pub fn close_session(&mut self, now: Time, key: SessionKey, effects: &mut Vec<Effect>) {
        let Some(session) = self.sessions.get_mut(key.0) else { return };
        match &mut session.transport {
            Transport::Closing(_) => return,
            Transport::Polling(polling) if polling.poll.is_none() => {
                let upgrading = polling.upgrade.socket();
                session.transport = Transport::Closing(polling.take_queue());
                self.cancel_timeouts(key);
                self.timeouts.set((key, Timeout::Close), now + CLOSE_TIMEOUT);
                if let Some(socket) = upgrading {
                    self.close_socket(socket, close_code::NORMAL, effects);
                }
                return;
            }
            Transport::Polling(_) | Transport::WebSocket(_) => {}
        }
        let mut out = Outcome { effects, events: Vec::new() };
        self.close(key, CloseReason::ForcedClose, &mut out);
    }

    /// The earliest moment at which [`Input::Tick`] is due.
    pub fn next_deadline(&self) -> Option<Time> {
        [self.timeouts.next(), self.next_heartbeat()].into_iter().flatten().min()
    }

    /// The earliest moment at which everybody is pinged, or a silent session expires.
    pub fn next_heartbeat(&self) -> Option<Time> {
        [self.next_heartbeat, self.next_expiry].into_iter().flatten().min()
    }

    /// How many sessions there are, closing ones included.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// The WebSocket of a session, if that is its transport.
    pub fn web_socket_of(&self, key: SessionKey) -> Option<WebSocketId> {
        match self.sessions.get(key.0)?.transport {
            Transport::WebSocket(socket) => Some(socket),
            Transport::Polling(_) | Transport::Closing(_) => None,
        }
    }

    /// What [`Engine::restore`] needs to bring a WebSocket session back after the object slept.
    pub fn snapshot(&self, key: SessionKey) -> Option<Snapshot> {
        let session = self.sessions.get(key.0)?;
        Some(Snapshot { sid: session.sid.as_str().to_owned(), opened_at: session.opened_at.as_millis() })
    }

    /// Brings back a session whose WebSocket outlived the object's memory.
    pub fn restore(&mut self, now: Time, socket: WebSocketId, snapshot: Snapshot) -> SessionKey {
        let sid = Sid::new(snapshot.sid);
        let session = Session {
            sid: sid.clone(),
            opened_at: Time::from_millis(snapshot.opened_at),
            heard_at: now,
            transport: Transport::WebSocket(socket),
        };
        let key = SessionKey(self.sessions.insert(session));
        self.by_sid.insert(sid, key);
        self.by_socket.insert(socket, key);
        self.next_heartbeat.get_or_insert(self.heartbeat.after(now));
        key
    }

    fn open(&mut self, cx: &mut Context<'_>, transport: Transport, out: &mut Outcome<'_, '_>) -> SessionKey {
        let sid = Sid::new(cx.unguessable_id());
        let session = Session { sid: sid.clone(), opened_at: cx.now, heard_at: cx.now, transport };
        let key = SessionKey(self.sessions.insert(session));
        self.by_sid.insert(sid, key);
        self.next_heartbeat.get_or_insert(self.heartbeat.after(cx.now));
        let expiry = self.heartbeat.expiry(cx.now);
        self.next_expiry = Some(self.next_expiry.map_or(expiry, |earlier| earlier.min(expiry)));
        out.events.push(Event::Opened(key));
        key
    }

    fn get(&mut self, cx: &mut Context<'_>, request: RequestId, query: &Query, out: &mut Outcome<'_, '_>) {
        let rejection = match self.session_for_polling(cx.now, query, out) {
            Ok(Some(key)) => return self.poll(cx.now, key, request, out),
            Ok(None) => match query.require_polling_handshake() {
                Ok(()) => {
                    let key = self.open(cx, Transport::Polling(Polling::default()), out);
                    let sid = &self.sessions[key.0].sid;
                    let open = handshake::open_packet(&self.config, sid, TransportName::Polling);
                    return out.effects.push(Effect::poll_response(request, &[Packet::Open(&open).into()]));
                }
                Err(rejection) => rejection,
            },
            Err(rejection) => rejection,
        };
        out.effects.push(Effect::reject(request, rejection));
    }

    fn post<'a>(
        &mut self,
        now: Time,
        request: RequestId,
        query: &Query,
        body: &'a str,
        out: &mut Outcome<'_, 'a>,
    ) {
        let rejection = match self.session_for_polling(now, query, out) {
            Ok(None) => Rejection::BadHandshakeMethod,
            Ok(Some(_)) if body.len() > self.config.max_payload => Rejection::PayloadTooLarge,
            Ok(Some(key)) => match self.payload(now, key, body, out) {
                Ok(()) => return out.effects.push(Effect::data_response(request)),
                Err(MalformedPacket) => {
                    self.close(key, CloseReason::ParseError, out);
                    Rejection::BadRequest
                }
            },
            Err(rejection) => rejection,
        };
        out.effects.push(Effect::reject(request, rejection));
    }

    /// Refuses a request that is unfit for any session. A session that sends a body that is no text is broken and
    /// closed; one that sends too much or uses another method gets another chance.
    fn unacceptable(
        &mut self,
        now: Time,
        request: RequestId,
        query: &Query,
        rejection: Rejection,
        out: &mut Outcome<'_, '_>,
    ) {
        let rejection = match self.session_for_polling(now, query, out) {
            Ok(None) => Rejection::BadHandshakeMethod,
            Ok(Some(key)) => {
                if rejection == Rejection::BadRequest {
                    self.close(key, CloseReason::TransportError, out);
                }
                rejection
            }
            Err(rejection) => rejection,
        };
        out.effects.push(Effect::reject(request, rejection));
    }

    /// Finds the polling session that a request belongs to; none for a request that opens one.
    fn session_for_polling(
        &mut self,
        now: Time,
        query: &Query,
        out: &mut Outcome<'_, '_>,
    ) -> Result<Option<SessionKey>, Rejection> {
        let transport = query.transport()?;
        let Some(key) = self.session(now, query, out)? else { return Ok(None) };
        match (&self.sessions[key.0].transport, transport) {
            (Transport::Polling(_) | Transport::Closing(_), TransportName::Polling) => Ok(Some(key)),
            _ => Err(Rejection::BadRequest),
        }
    }

    /// Finds the live session that `sid` names; none when there is no `sid`.
    fn session(
        &mut self,
        now: Time,
        query: &Query,
        out: &mut Outcome<'_, '_>,
    ) -> Result<Option<SessionKey>, Rejection> {
        let Some(sid) = &query.sid else { return Ok(None) };
        let key = *self.by_sid.get(&Sid::new(sid.clone())).ok_or(Rejection::UnknownSid)?;
        if self.is_expired(key, now) {
            self.close(key, CloseReason::PingTimeout, out);
            return Err(Rejection::UnknownSid);
        }
        Ok(Some(key))
    }

    /// Whether a polling session has been silent for too long. Of a WebSocket only the platform knows.
    fn is_expired(&self, key: SessionKey, now: Time) -> bool {
        let session = &self.sessions[key.0];
        !matches!(session.transport, Transport::WebSocket(_))
            && self.heartbeat.expiry(session.heard_at) <= now
    }

    fn poll(&mut self, now: Time, key: SessionKey, request: RequestId, out: &mut Outcome<'_, '_>) {
        let session = &mut self.sessions[key.0];
        match &mut session.transport {
            Transport::Polling(polling) => {
                if polling.poll.is_some() {
                    self.close(key, CloseReason::TransportError, out);
                    out.effects.push(Effect::reject(request, Rejection::BadRequest));
                } else if !polling.queue.is_empty() {
                    out.effects.push(Effect::poll_response(request, &polling.take_queue()));
                } else {
                    if matches!(polling.upgrade, Upgrade::Probed(_)) {
                        self.timeouts.set((key, Timeout::Noop), now + NOOP_DELAY);
                    }
                    polling.poll = Some(request);
                    self.by_poll.insert(request, key);
                }
            }
            Transport::Closing(rest) => {
                let mut frames = std::mem::take(rest);
                frames.push(Packet::Close.into());
                out.effects.push(Effect::poll_response(request, &frames));
                self.forget(key);
            }
            Transport::WebSocket(_) => out.effects.push(Effect::reject(request, Rejection::BadRequest)),
        }
    }

    fn payload<'a>(
        &mut self,
        now: Time,
        key: SessionKey,
        body: &'a str,
        out: &mut Outcome<'_, 'a>,
    ) -> Result<(), MalformedPacket> {
        for packet in payload::decode(body) {
            // A packet may have ended the session; what comes after it is nobody's.
            if !self.sessions.contains(key.0) {
                return Ok(());
            }
            self.packet(now, key, packet?, out)?;
        }
        Ok(())
    }

    fn packet<'a>(
        &mut self,
        now: Time,
        key: SessionKey,
        packet: Packet<'a>,
        out: &mut Outcome<'_, 'a>,
    ) -> Result<(), MalformedPacket> {
        let session = &mut self.sessions[key.0];
        session.heard_at = now;
        match packet {
            Packet::Message(data) => {
                if !matches!(session.transport, Transport::Closing(_)) {
                    out.events.push(Event::Message(key, data));
                }
            }
            Packet::Close => self.close(key, CloseReason::TransportClose, out),
            Packet::Pong(_) | Packet::Noop => {}
            Packet::Open(_) | Packet::Ping(_) | Packet::Upgrade => return Err(MalformedPacket),
        }
        Ok(())
    }

    fn web_socket(
        &mut self,
        cx: &mut Context<'_>,
        request: RequestId,
        query: &Query,
        socket: WebSocketId,
        out: &mut Outcome<'_, '_>,
    ) {
        let found = match query.transport() {
            Ok(TransportName::WebSocket) => self.session(cx.now, query, out),
            Ok(TransportName::Polling) => Err(Rejection::BadRequest),
            Err(rejection) => Err(rejection),
        };
        match found.and_then(|key| query.require_revision_4().map(|()| key)) {
            Err(rejection) => out.effects.push(Effect::reject(request, rejection)),
            Ok(None) => {
                let key = self.open(cx, Transport::WebSocket(socket), out);
                self.by_socket.insert(socket, key);
                let open =
                    handshake::open_packet(&self.config, &self.sessions[key.0].sid, TransportName::WebSocket);
                out.effects.push(Effect::Accept { request, socket });
                out.effects.push(Effect::send_one(socket, Packet::Open(&open).into()));
            }
            Ok(Some(key)) => {
                out.effects.push(Effect::Accept { request, socket });
                match &mut self.sessions[key.0].transport {
                    Transport::Polling(polling) if polling.upgrade == Upgrade::None => {
                        polling.upgrade = Upgrade::Opened(socket);
                        self.by_socket.insert(socket, key);
                        self.timeouts.set((key, Timeout::Upgrade), cx.now + self.config.upgrade_timeout);
                    }
                    // The session stays whole: only the WebSocket that came too late is turned away.
                    _ => out.effects.push(Effect::Close { socket, code: close_code::NORMAL }),
                }
            }
        }
    }

    fn frame<'a>(&mut self, now: Time, socket: WebSocketId, data: Data<'a>, out: &mut Outcome<'_, 'a>) {
        let Some(&key) = self.by_socket.get(&socket) else { return };
        let (packet, length) = match data {
            Data::Text(text) => (Packet::decode(text), text.len()),
            Data::Binary(bytes) => {
                let length = bytes.len();
                (Ok(Packet::Message(Data::Binary(bytes))), length)
            }
        };
        let too_big = length > self.config.max_payload;
        let session = &mut self.sessions[key.0];
        if let Transport::Polling(polling) = &mut session.transport {
            if too_big {
                return self.abandon_upgrade(key, close_code::MESSAGE_TOO_BIG, out);
            }
            return match packet {
                Ok(Packet::Ping("probe")) => {
                    polling.upgrade = Upgrade::Probed(socket);
                    session.heard_at = now;
                    out.effects.push(Effect::send_one(socket, Packet::Pong("probe").into()));
                    if let Some(request) = polling.poll.take() {
                        self.by_poll.remove(&request);
                        out.effects.push(Effect::poll_response(request, &[Packet::Noop.into()]));
                    }
                }
                Ok(Packet::Upgrade) => self.complete_upgrade(now, key, socket, out),
                _ => self.abandon_upgrade(key, close_code::NORMAL, out),
            };
        }
        if too_big {
            self.detach_socket(key, close_code::MESSAGE_TOO_BIG, out);
            return self.close(key, CloseReason::TransportError, out);
        }
        let handled = packet.and_then(|packet| self.packet(now, key, packet, out));
        if handled.is_err() {
            self.close(key, CloseReason::ParseError, out);
        }
    }

    fn complete_upgrade(
        &mut self,
        now: Time,
        key: SessionKey,
        socket: WebSocketId,
        out: &mut Outcome<'_, '_>,
    ) {
        self.cancel_timeouts(key);
        let session = &mut self.sessions[key.0];
        session.heard_at = now;
        let before = std::mem::replace(&mut session.transport, Transport::WebSocket(socket));
        let Transport::Polling(mut polling) = before else { return };
        if let Some(request) = polling.poll.take() {
            // It came after the probe, and whoever sent it did not wait for it: it is of the transport that is gone.
            self.by_poll.remove(&request);
            out.effects.push(Effect::reject(request, Rejection::BadRequest));
        }
        for frame in polling.take_queue() {
            out.effects.push(Effect::send_one(socket, frame));
        }
        out.events.push(Event::Upgraded(key));
    }

    /// Gives up the upgrade; the session goes on polling.
    fn abandon_upgrade(&mut self, key: SessionKey, code: u16, out: &mut Outcome<'_, '_>) {
        self.cancel_timeouts(key);
        if let Transport::Polling(polling) = &mut self.sessions[key.0].transport
            && let Some(socket) = std::mem::take(&mut polling.upgrade).socket()
        {
            self.close_socket(socket, code, out.effects);
        }
    }

    fn socket_closed(&mut self, socket: WebSocketId, out: &mut Outcome<'_, '_>) {
        let Some(key) = self.by_socket.remove(&socket) else { return };
        match &mut self.sessions[key.0].transport {
            Transport::Polling(polling) => {
                polling.upgrade = Upgrade::None;
                self.cancel_timeouts(key);
            }
            Transport::WebSocket(_) => {
                self.forget(key);
                out.events.push(Event::Closed(key, CloseReason::TransportClose));
            }
            Transport::Closing(_) => {}
        }
    }

    fn tick(&mut self, now: Time, pongs: &[(WebSocketId, Time)], out: &mut Outcome<'_, '_>) {
        for (socket, at) in pongs {
            if let Some(key) = self.by_socket.get(socket) {
                let session = &mut self.sessions[key.0];
                session.heard_at = session.heard_at.max(*at);
            }
        }
        if self.next_expiry.is_some_and(|at| at <= now) || self.next_heartbeat.is_some_and(|at| at <= now) {
            self.expire(now, out);
        }
        if self.next_heartbeat.is_some_and(|at| at <= now) {
            self.beat(now, out);
        }
    }

    /// Closes the sessions whose peers have been silent for too long.
    fn expire(&mut self, now: Time, out: &mut Outcome<'_, '_>) {
        let heartbeat = self.heartbeat;
        let mut expired = Vec::new();
        let mut next = None;
        for (index, session) in &self.sessions {
            let expiry = heartbeat.expiry(session.heard_at);
            if expiry <= now {
                expired.push(SessionKey(index));
            } else if next.is_none_or(|earliest| expiry < earliest) {
                next = Some(expiry);
            }
        }
        for key in expired {
            self.close(key, CloseReason::PingTimeout, out);
        }
        // An expiry after the next heartbeat is found by that heartbeat: no wake-up of its own.
        self.next_expiry = next.filter(|&at| at < heartbeat.after(now));
    }

    /// Pings everyone at once.
    fn beat(&mut self, now: Time, out: &mut Outcome<'_, '_>) {
        self.next_heartbeat = (!self.sessions.is_empty()).then(|| self.heartbeat.after(now));
        let heartbeat = self.heartbeat;
        let keys: Vec<_> = self
            .sessions
            .iter()
            .filter(|(_, session)| heartbeat.concerns(session.opened_at, now))
            .map(|(index, _)| SessionKey(index))
            .collect();
        let closed = self.send(keys.into_iter(), &Packet::Ping("").into(), out.effects);
        out.events.extend(closed.into_iter().map(|key| Event::Closed(key, CloseReason::QueueOverflow)));
    }

    fn run_timeouts(&mut self, now: Time, out: &mut Outcome<'_, '_>) {
        while let Some((key, timeout)) = self.timeouts.pop_due(now) {
            match (timeout, &mut self.sessions[key.0].transport) {
                (Timeout::Upgrade, _) => self.abandon_upgrade(key, close_code::POLICY_VIOLATION, out),
                (Timeout::Noop, Transport::Polling(polling)) => {
                    if let Some(request) = polling.poll.take() {
                        self.by_poll.remove(&request);
                        out.effects.push(Effect::poll_response(request, &[Packet::Noop.into()]));
                    }
                }
                (Timeout::Noop, _) => {}
                (Timeout::Close, _) => self.forget(key),
            }
        }
    }

    fn cancel_timeouts(&mut self, key: SessionKey) {
        for timeout in [Timeout::Upgrade, Timeout::Noop, Timeout::Close] {
            self.timeouts.cancel((key, timeout));
        }
    }

    /// Ends a session now: tells the client where it can still be told, and the layer above.
    fn close(&mut self, key: SessionKey, reason: CloseReason, out: &mut Outcome<'_, '_>) {
        let announced = match &mut self.sessions[key.0].transport {
            Transport::WebSocket(_) => {
                self.detach_socket(key, close_code::NORMAL, out);
                true
            }
            Transport::Polling(polling) => {
                let upgrading = polling.upgrade.socket();
                if let Some(request) = polling.poll.take() {
                    self.by_poll.remove(&request);
                    // A client that closed the session itself only needs its poll back.
                    let last = match reason {
                        CloseReason::TransportClose => Packet::Noop,
                        _ => Packet::Close,
                    };
                    let mut frames = polling.take_queue();
                    frames.push(last.into());
                    out.effects.push(Effect::poll_response(request, &frames));
                }
                if let Some(socket) = upgrading {
                    self.close_socket(socket, close_code::NORMAL, out.effects);
                }
                true
            }
            Transport::Closing(_) => false,
        };
        self.forget(key);
        if announced {
            out.events.push(Event::Closed(key, reason));
        }
    }

    fn detach_socket(&mut self, key: SessionKey, code: u16, out: &mut Outcome<'_, '_>) {
        if let Transport::WebSocket(socket) = self.sessions[key.0].transport {
            self.close_socket(socket, code, out.effects);
        }
    }

    fn close_socket(&mut self, socket: WebSocketId, code: u16, effects: &mut Vec<Effect>) {
        if self.by_socket.remove(&socket).is_some() {
            effects.push(Effect::Close { socket, code });
        }
    }

    /// Frees everything that a session held.
    fn forget(&mut self, key: SessionKey) {
        let session = self.sessions.remove(key.0);
        self.by_sid.remove(&session.sid);
        self.cancel_timeouts(key);
        match session.transport {
            Transport::Polling(polling) => {
                if let Some(request) = polling.poll {
                    self.by_poll.remove(&request);
                }
            }
            Transport::WebSocket(socket) => {
                self.by_socket.remove(&socket);
            }
            Transport::Closing(_) => {}
        }
        if self.sessions.is_empty() {
            self.next_heartbeat = None;
            self.next_expiry = None;
        }
    }
}
