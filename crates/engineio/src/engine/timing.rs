//! Heartbeats, expiries and timeouts.

use super::{Engine, Outcome, close_code};
use crate::effect::Effect;
use crate::input::{Event, LastPong};
use crate::keys::SessionKey;
use crate::packet::Packet;
use crate::session::{CloseReason, Transport};
use crate::time::Time;

/// The timeouts of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Timeout {
    /// The end of its upgrade.
    Upgrade,
    /// The upgrade, while a poll is open that the client wants back before it goes on.
    Noop,
    /// The poll that takes its close packet.
    Close,
    /// The next poll of a watched session, or its next packet to an open one.
    Watch,
}

impl Engine {
    /// The earliest moment at which [`super::Input::Tick`] is due.
    pub fn next_deadline(&self) -> Option<Time> {
        [self.timeouts.next(), self.next_heartbeat()].into_iter().flatten().min()
    }

    /// The earliest moment at which everybody is pinged, or a silent session expires.
    pub fn next_heartbeat(&self) -> Option<Time> {
        [self.next_heartbeat, self.next_expiry].into_iter().flatten().min()
    }

    pub(super) fn tick(&mut self, now: Time, last_pong: LastPong<'_>, out: &mut Outcome<'_, '_>) {
        if self.next_heartbeat().is_some_and(|at| at <= now) {
            self.note_pongs(last_pong);
            self.expire(now, out);
        }
        if self.next_heartbeat.is_some_and(|at| at <= now) {
            self.beat(now, out);
        }
    }

    /// Counts the pongs that never reached the engine as signs of life.
    fn note_pongs(&mut self, last_pong: LastPong<'_>) {
        for (_, session) in &mut self.sessions {
            if let Transport::WebSocket(socket) = session.transport
                && let Some(at) = last_pong(socket)
            {
                session.heard_at = session.heard_at.max(at);
            }
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
        // An expiry after the next heartbeat is found by that heartbeat: no wake-up of its own. And after a crowd that leaves one
        // by one the sessions are not looked through for each.
        self.next_expiry =
            next.map(|at| at.max(now + heartbeat.patience())).filter(|&at| at < heartbeat.after(now));
    }

    /// Pings everyone at once.
    fn beat(&mut self, now: Time, out: &mut Outcome<'_, '_>) {
        self.may_owe_heartbeat = false;
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

    pub(super) fn run_timeouts(&mut self, now: Time, out: &mut Outcome<'_, '_>) {
        while let Some((key, timeout)) = self.timeouts.pop_due(now) {
            match (timeout, &mut self.sessions[key.0].transport) {
                (Timeout::Upgrade, _) => self.abandon_upgrade(key, close_code::POLICY_VIOLATION, out.effects),
                (Timeout::Noop, Transport::Polling(polling)) => {
                    if let Some(request) = polling.poll.take() {
                        self.by_poll.remove(&request);
                        out.effects.push(Effect::poll_response(request, &[Packet::Noop.into()]));
                    }
                }
                (Timeout::Noop, _) => {}
                (Timeout::Close, _) => self.forget(key, out.effects),
                (Timeout::Watch, _) => self.look_after(now, key, out),
            }
        }
    }
}
