//! WebSockets, and the upgrade to them.
//!
//! See the Engine.IO protocol, revision 4, sections "WebSocket" and "Upgrade".

use super::timing::Timeout;
use super::{Engine, Outcome, close_code};
use crate::context::Context;
use crate::effect::Effect;
use crate::frame::Frame;
use crate::handshake::{self, Query, Rejection};
use crate::input::Event;
use crate::keys::{RequestId, SessionKey, WebSocketId};
use crate::packet::{Data, Packet};
use crate::session::{CloseReason, Polling, Transport, TransportName, Upgrade};
use crate::time::Time;

impl Engine {
    /// Returns the session whose transport is a WebSocket, or that is upgrading to it.
    pub fn session_of(&self, socket: WebSocketId) -> Option<SessionKey> {
        self.by_socket.get(&socket).copied()
    }

    pub(super) fn web_socket(
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
                let key = self.open(cx, query, Transport::WebSocket(socket), out);
                self.by_socket.insert(socket, key);
                let open =
                    handshake::open_packet(&self.config, &self.sessions[key.0].sid, TransportName::WebSocket);
                out.effects.push(Effect::Accept { request, socket });
                out.effects.push(Effect::send_one(socket, Packet::Open(&open).into()));
            }
            Ok(Some(key)) => {
                out.effects.push(Effect::Accept { request, socket });
                let session = &mut self.sessions[key.0];
                match &mut session.transport {
                    Transport::Polling(polling) if polling.upgrade == Upgrade::None => {
                        session.base64 |= query.base64;
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

    pub(super) fn frame<'a>(
        &mut self,
        now: Time,
        socket: WebSocketId,
        data: Data<'a>,
        out: &mut Outcome<'_, 'a>,
    ) {
        let Some(&key) = self.by_socket.get(&socket) else { return };
        let length = match &data {
            Data::Text(text) => text.len(),
            Data::Binary(bytes) => bytes.len(),
        };
        if length > self.config.max_payload {
            return self.oversized_frame(socket, out);
        }
        let packet = match data {
            Data::Text(text) => Packet::decode(text),
            Data::Binary(bytes) => Ok(Packet::Message(Data::Binary(bytes))),
        };
        if !matches!(self.sessions[key.0].transport, Transport::WebSocket(_)) {
            return match packet {
                Ok(Packet::Ping("probe")) => self.probe(now, key, socket, out),
                Ok(Packet::Upgrade) => self.complete_upgrade(now, key, socket, out),
                _ => self.abandon_upgrade(key, close_code::NORMAL, out.effects),
            };
        }
        let handled = packet.and_then(|packet| self.packet(now, key, packet, out));
        if handled.is_err() {
            self.close(key, CloseReason::ParseError, out);
        }
    }

    /// A frame that is too long ends an upgrade, or the session if it is of its transport.
    pub(super) fn oversized_frame(&mut self, socket: WebSocketId, out: &mut Outcome<'_, '_>) {
        let Some(&key) = self.by_socket.get(&socket) else { return };
        if !matches!(self.sessions[key.0].transport, Transport::WebSocket(_)) {
            return self.abandon_upgrade(key, close_code::MESSAGE_TOO_BIG, out.effects);
        }
        self.close_socket(socket, close_code::MESSAGE_TOO_BIG, out.effects);
        self.close(key, CloseReason::TransportError, out);
    }

    /// The WebSocket works: polls are sent home, so that the client can change over to it.
    fn probe(&mut self, now: Time, key: SessionKey, socket: WebSocketId, out: &mut Outcome<'_, '_>) {
        let session = &mut self.sessions[key.0];
        session.heard_at = now;
        out.effects.push(Effect::send_one(socket, Packet::Pong("probe").into()));
        if let Transport::Polling(polling) = &mut session.transport {
            polling.upgrade = Upgrade::Probed(socket);
            if let Some(request) = polling.poll.take() {
                self.by_poll.remove(&request);
                out.effects.push(Effect::poll_response(request, &[Packet::Noop.into()]));
            }
        }
    }

    fn complete_upgrade(
        &mut self,
        now: Time,
        key: SessionKey,
        socket: WebSocketId,
        out: &mut Outcome<'_, '_>,
    ) {
        let session = &mut self.sessions[key.0];
        session.heard_at = now;
        let before = std::mem::replace(&mut session.transport, Transport::WebSocket(socket));
        self.volatile -= usize::from(!matches!(before, Transport::WebSocket(_)));
        let base64 = session.base64;
        let send = |frame: Frame| Effect::send_one(socket, if base64 { frame.into_text() } else { frame });
        self.cancel_upgrade_timeouts(key);
        self.timeouts.cancel((key, Timeout::Watch));
        match before {
            Transport::Polling(mut polling) => {
                if let Some(request) = polling.poll.take() {
                    // It came after the probe, and whoever sent it did not wait for it: it is of the transport that is gone.
                    self.by_poll.remove(&request);
                    out.effects.push(Effect::reject(request, Rejection::BadRequest));
                }
                out.effects.extend(polling.take_queue().into_iter().map(send));
                out.events.push(Event::Upgraded(key));
            }
            // The session was closed between probe and upgrade, of which the layer above knows.
            Transport::Closing { rest, .. } => {
                out.effects.extend(rest.into_iter().map(send));
                self.close_socket(socket, close_code::NORMAL, out.effects);
                self.forget(key, out.effects);
            }
            Transport::WebSocket(_) => {}
        }
    }

    /// Gives up the upgrade; the session goes on polling.
    pub(super) fn abandon_upgrade(&mut self, key: SessionKey, code: u16, effects: &mut Vec<Effect>) {
        self.cancel_upgrade_timeouts(key);
        if let Transport::Polling(Polling { upgrade, .. }) | Transport::Closing { upgrade, .. } =
            &mut self.sessions[key.0].transport
            && let Some(socket) = std::mem::take(upgrade).socket()
        {
            self.close_socket(socket, code, effects);
        }
    }

    pub(super) fn socket_closed(&mut self, socket: WebSocketId, out: &mut Outcome<'_, '_>) {
        let Some(key) = self.by_socket.remove(&socket) else { return };
        match self.sessions[key.0].transport {
            Transport::WebSocket(_) => {
                self.forget(key, out.effects);
                out.events.push(Event::Closed(key, CloseReason::TransportClose));
            }
            Transport::Polling(_) | Transport::Closing { .. } => {
                self.abandon_upgrade(key, close_code::NORMAL, out.effects);
            }
        }
    }

    fn cancel_upgrade_timeouts(&mut self, key: SessionKey) {
        for timeout in [Timeout::Upgrade, Timeout::Noop] {
            self.timeouts.cancel((key, timeout));
        }
    }
}
