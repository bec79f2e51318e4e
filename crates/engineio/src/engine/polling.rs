//! HTTP long-polling: what clients send by POST and fetch by GET.
//!
//! See the Engine.IO protocol, revision 4, section "HTTP long-polling".

use std::time::Duration;

use super::timing::Timeout;
use super::{Engine, Outcome};
use crate::context::Context;
use crate::effect::Effect;
use crate::handshake::{self, Query, Rejection};
use crate::keys::{RequestId, SessionKey};
use crate::packet::{MalformedPacket, Packet};
use crate::payload;
use crate::session::{CloseReason, Polling, Transport, TransportName, Upgrade};
use crate::time::Time;

/// How long a poll that comes during an upgrade stays open before it is sent home, so that the client can go on. It is not
/// sent home at once because the end of the upgrade may be under way on the other connection.
const NOOP_DELAY: Duration = Duration::from_millis(100);

impl Engine {
    pub(super) fn get(
        &mut self,
        cx: &mut Context<'_>,
        request: RequestId,
        query: &Query,
        out: &mut Outcome<'_, '_>,
    ) {
        let rejection = match self.session_for_polling(cx.now, query, out) {
            Ok(Some(key)) => return self.poll(cx.now, key, request, out),
            Ok(None) => match query.require_polling_handshake() {
                Ok(()) => {
                    let key = self.open(cx, query, Transport::Polling(Polling::default()), out);
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

    pub(super) fn post<'a>(
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
    pub(super) fn unacceptable(
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

    pub(super) fn request_aborted(&mut self, request: RequestId, out: &mut Outcome<'_, '_>) {
        let Some(key) = self.by_poll.remove(&request) else { return };
        if let Transport::Polling(polling) = &mut self.sessions[key.0].transport {
            polling.poll = None;
        }
        self.close(key, CloseReason::TransportError, out);
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
            (Transport::Polling(_) | Transport::Closing { .. }, TransportName::Polling) => Ok(Some(key)),
            _ => Err(Rejection::BadRequest),
        }
    }

    fn poll(&mut self, now: Time, key: SessionKey, request: RequestId, out: &mut Outcome<'_, '_>) {
        self.note_poll(now, key);
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
            Transport::Closing { rest, .. } => {
                let mut frames = std::mem::take(rest);
                frames.push(Packet::Close.into());
                out.effects.push(Effect::poll_response(request, &frames));
                self.forget(key, out.effects);
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
}
