//! Engine.IO v4: sessions over HTTP long-polling and WebSocket.
//!
//! In: requests, frames, closed sockets and the passing of time. Out: effects for the platform, and events for the
//! layer above. Out of scope: what messages mean, HTTP beyond the protocol's own status codes, and revision 3.

mod polling;
mod timing;
mod watch;
mod web_socket;

use std::collections::HashMap;
use std::time::Duration;

use slab::Slab;

pub use watch::{POLL_ABSENCE, POLL_HOLD};

use crate::config::Config;
use crate::context::Context;
use crate::effect::Effect;
use crate::frame::Frame;
use crate::handshake::{Query, Rejection};
use crate::heartbeat::Heartbeat;
use crate::input::{Event, Input};
use crate::keys::{KeyMap, RequestId, SessionKey, WebSocketId};
use crate::packet::{MalformedPacket, Packet};
use crate::session::{CloseReason, Session, Sid, Snapshot, Transport, Upgrade};
use crate::time::Time;
use crate::timers::Timers;
use timing::Timeout;

/// WebSocket close codes (RFC 6455, section 7.4.1).
mod close_code {
    pub const NORMAL: u16 = 1000;
    pub const POLICY_VIOLATION: u16 = 1008;
    pub const MESSAGE_TOO_BIG: u16 = 1009;
}

/// How long a closed session waits for the poll that takes its close packet.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(30);

/// All sessions.
pub struct Engine {
    config: Config,
    heartbeat: Heartbeat,
    sessions: Slab<Session>,
    by_sid: HashMap<Sid, SessionKey>,
    by_socket: KeyMap<WebSocketId, SessionKey>,
    by_poll: KeyMap<RequestId, SessionKey>,
    /// The number of sessions without a WebSocket: nothing brings them back after the memory is lost.
    volatile: usize,
    timeouts: Timers<(SessionKey, Timeout)>,
    next_heartbeat: Option<Time>,
    /// Whether sessions were restored, and there was no heartbeat since.
    may_owe_heartbeat: bool,
    /// A moment not later than the one at which the first silent session expires.
    next_expiry: Option<Time>,
}

/// The consequences of one input.
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
            by_socket: KeyMap::default(),
            by_poll: KeyMap::default(),
            volatile: 0,
            timeouts: Timers::default(),
            next_heartbeat: None,
            may_owe_heartbeat: false,
            next_expiry: None,
        }
    }

    /// Returns the parameters of the protocol.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Handles one input: appends what the platform has to do to `effects`, and returns what happened in order.
    pub fn handle<'a>(
        &mut self,
        cx: &mut Context<'_>,
        input: Input<'a>,
        effects: &mut Vec<Effect>,
    ) -> Vec<Event<'a>> {
        let mut out = Outcome { effects, events: Vec::new() };
        // Note what is gone before a timeout tries to answer or close it.
        match input {
            Input::SocketClosed { socket } => self.socket_closed(socket, &mut out),
            Input::RequestAborted { request } => self.request_aborted(request, &mut out),
            _ => {}
        }
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
            Input::OversizedFrame { socket } => self.oversized_frame(socket, &mut out),
            Input::SocketClosed { .. } | Input::RequestAborted { .. } => {}
            Input::Tick { last_pong } => self.tick(cx.now, last_pong, &mut out),
        }
        out.events
    }

    /// Sends a frame to sessions, encoded once for all of them, and bytes once more for those that want base64. Returns the
    /// sessions that are closed for not fetching what was sent to them; no event follows.
    pub fn send(
        &mut self,
        sessions: impl Iterator<Item = SessionKey>,
        frame: &Frame,
        effects: &mut Vec<Effect>,
    ) -> Vec<SessionKey> {
        let (least, most) = sessions.size_hint();
        let mut sockets = Vec::with_capacity(most.unwrap_or(least).min(self.sessions.len()));
        let (mut base64, mut closed) = (Vec::new(), Vec::new());
        let is_binary = matches!(frame, Frame::Binary(_));
        let mut out = Outcome { effects, events: Vec::new() };
        for key in sessions {
            let Some(session) = self.sessions.get_mut(key.0) else { continue };
            match &mut session.transport {
                Transport::WebSocket(socket) if is_binary && session.base64 => base64.push(*socket),
                Transport::WebSocket(socket) => sockets.push(*socket),
                Transport::Closing { .. } => {}
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
        if !base64.is_empty() {
            out.effects.push(Effect::Send { sockets: base64, frame: frame.clone().into_text() });
        }
        closed
    }

    /// Returns whether the transport of a session can take a packet now: a WebSocket can, and a client whose poll waits.
    pub fn is_writable(&self, key: SessionKey) -> bool {
        match self.sessions.get(key.0).map(|session| &session.transport) {
            Some(Transport::WebSocket(_)) => true,
            Some(Transport::Polling(polling)) => polling.poll.is_some(),
            Some(Transport::Closing { .. }) | None => false,
        }
    }

    /// Closes a session once what was sent to it is delivered. No event follows: the caller knows.
    pub fn close_session(&mut self, now: Time, key: SessionKey, effects: &mut Vec<Effect>) {
        let Some(session) = self.sessions.get_mut(key.0) else { return };
        match &mut session.transport {
            Transport::Closing { .. } => return,
            Transport::Polling(polling) if polling.poll.is_none() => {
                let upgrade = polling.upgrade;
                session.transport = Transport::Closing { rest: polling.take_queue(), upgrade };
                self.timeouts.set((key, Timeout::Close), now + CLOSE_TIMEOUT);
                self.timeouts.cancel((key, Timeout::Watch));
                // After the probe the client does not poll any more: it is told at the end of its upgrade.
                if !matches!(upgrade, Upgrade::Probed(_)) {
                    self.abandon_upgrade(key, close_code::NORMAL, effects);
                }
                return;
            }
            Transport::Polling(_) | Transport::WebSocket(_) => {}
        }
        let mut out = Outcome { effects, events: Vec::new() };
        self.close(key, CloseReason::ForcedClose, &mut out);
    }

    /// How many sessions there are, closing ones included.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there are sessions that would be lost with the memory: those that poll.
    pub fn has_volatile_sessions(&self) -> bool {
        self.volatile > 0
    }

    /// A session that would outlive the memory, if there is one.
    pub fn durable_session(&self) -> Option<SessionKey> {
        if self.sessions.len() == self.volatile {
            return None;
        }
        self.by_socket.values().copied().find(|&key| self.web_socket_of(key).is_some())
    }

    /// The WebSocket of a session, if that is its transport.
    pub fn web_socket_of(&self, key: SessionKey) -> Option<WebSocketId> {
        match self.sessions.get(key.0)?.transport {
            Transport::WebSocket(socket) => Some(socket),
            Transport::Polling(_) | Transport::Closing { .. } => None,
        }
    }

    /// Returns the state from which [`Engine::restore`] restores a WebSocket session after hibernation.
    pub fn snapshot(&self, key: SessionKey) -> Option<Snapshot> {
        let session = self.sessions.get(key.0)?;
        Some(Snapshot {
            sid: session.sid.as_str().to_owned(),
            opened_at: session.opened_at.as_millis(),
            base64: session.base64,
        })
    }

    /// Brings back a session whose WebSocket outlived the object's memory.
    ///
    /// `heard_at` is when its peer was last heard of, as far as the platform knows.
    pub fn restore(
        &mut self,
        now: Time,
        socket: WebSocketId,
        heard_at: Option<Time>,
        snapshot: Snapshot,
    ) -> SessionKey {
        let opened_at = snapshot.opened_at();
        let sid = Sid::new(snapshot.sid);
        let session = Session {
            sid: sid.clone(),
            opened_at,
            heard_at: heard_at.map_or(opened_at, |heard_at| heard_at.max(opened_at)),
            base64: snapshot.base64,
            transport: Transport::WebSocket(socket),
        };
        let key = SessionKey(self.sessions.insert(session));
        self.by_sid.insert(sid, key);
        self.by_socket.insert(socket, key);
        self.next_heartbeat.get_or_insert(self.heartbeat.after(now));
        self.may_owe_heartbeat = true;
        key
    }

    /// The alarm has gone off, and [`Input::Tick`] follows. An object that it has woken up does not remember what it set it for:
    /// it may be a heartbeat, which is due only just now.
    pub fn alarm_fired(&mut self, now: Time) {
        if self.may_owe_heartbeat {
            self.next_heartbeat = Some(now);
        }
    }

    fn open(
        &mut self,
        cx: &mut Context<'_>,
        query: &Query,
        transport: Transport,
        out: &mut Outcome<'_, '_>,
    ) -> SessionKey {
        let sid = Sid::new(cx.unguessable_id());
        self.volatile += usize::from(!matches!(transport, Transport::WebSocket(_)));
        let session = Session {
            sid: sid.clone(),
            opened_at: cx.now,
            heard_at: cx.now,
            base64: query.base64,
            transport,
        };
        let key = SessionKey(self.sessions.insert(session));
        self.by_sid.insert(sid, key);
        self.next_heartbeat.get_or_insert(self.heartbeat.after(cx.now));
        let expiry = self.heartbeat.expiry(cx.now);
        self.next_expiry = Some(self.next_expiry.map_or(expiry, |earlier| earlier.min(expiry)));
        out.events.push(Event::Opened(key));
        key
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
                if !matches!(session.transport, Transport::Closing { .. }) {
                    out.events.push(Event::Message(key, data));
                }
            }
            Packet::Close => self.close(key, CloseReason::TransportClose, out),
            Packet::Pong(_) | Packet::Noop => {}
            Packet::Open(_) | Packet::Ping(_) | Packet::Upgrade => return Err(MalformedPacket),
        }
        Ok(())
    }

    /// Ends a session now: tells the client where it can still be told, and the layer above.
    fn close(&mut self, key: SessionKey, reason: CloseReason, out: &mut Outcome<'_, '_>) {
        let announced = match &mut self.sessions[key.0].transport {
            Transport::WebSocket(socket) => {
                let socket = *socket;
                self.close_socket(socket, close_code::NORMAL, out.effects);
                true
            }
            Transport::Polling(polling) => {
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
                true
            }
            Transport::Closing { .. } => false,
        };
        self.forget(key, out.effects);
        if announced {
            out.events.push(Event::Closed(key, reason));
        }
    }

    fn close_socket(&mut self, socket: WebSocketId, code: u16, effects: &mut Vec<Effect>) {
        if self.by_socket.remove(&socket).is_some() {
            effects.push(Effect::Close { socket, code });
        }
    }

    /// Frees everything that a session held.
    fn forget(&mut self, key: SessionKey, effects: &mut Vec<Effect>) {
        self.abandon_upgrade(key, close_code::NORMAL, effects);
        for timeout in [Timeout::Close, Timeout::Watch] {
            self.timeouts.cancel((key, timeout));
        }
        let session = self.sessions.remove(key.0);
        self.by_sid.remove(&session.sid);
        self.volatile -= usize::from(!matches!(session.transport, Transport::WebSocket(_)));
        match session.transport {
            Transport::Polling(polling) => {
                if let Some(request) = polling.poll {
                    self.by_poll.remove(&request);
                }
            }
            Transport::WebSocket(socket) => {
                self.by_socket.remove(&socket);
            }
            Transport::Closing { .. } => {}
        }
        if self.sessions.is_empty() {
            self.next_heartbeat = None;
            self.next_expiry = None;
        }
    }
}
