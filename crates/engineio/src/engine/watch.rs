//! Noticing within seconds that a polling client has died.
//!
//! A client that polls can die without a sign: the platform does not report the end of every open poll. The heartbeat notices,
//! but only after `ping_interval` + `ping_timeout`. The polls of a watched session are therefore answered after [`POLL_HOLD`] at
//! the latest. Every client follows an answer with the next poll at once; a session in which none comes within
//! [`POLL_ABSENCE`] is closed.
//!
//! A watch costs a request every few seconds and keeps the object awake, so the application asks for it only while it matters.
//! A WebSocket needs none: the platform reports its end.

use std::time::Duration;

use super::timing::Timeout;
use super::{Engine, Outcome};
use crate::effect::Effect;
use crate::keys::SessionKey;
use crate::packet::Packet;
use crate::session::{CloseReason, Transport, Upgrade};
use crate::time::Time;

/// How long a poll of a watched session stays open at most.
pub const POLL_HOLD: Duration = Duration::from_secs(5);

/// How long a watched session may be without a poll after that. A client that takes longer to download one answer loses its
/// session, and comes back by a recovery.
pub const POLL_ABSENCE: Duration = Duration::from_secs(5);

impl Engine {
    /// Begins or ends the watch over a session that polls. It ends by itself when the session changes to WebSocket.
    pub fn watch(&mut self, now: Time, key: SessionKey, is_wanted: bool) {
        let Some(session) = self.sessions.get_mut(key.0) else { return };
        let Transport::Polling(polling) = &mut session.transport else { return };
        if polling.watched_since.is_some() == is_wanted {
            return;
        }
        polling.watched_since = is_wanted.then_some(now);
        if is_wanted {
            self.timeouts.set((key, Timeout::Watch), now + POLL_HOLD);
        } else {
            self.timeouts.cancel((key, Timeout::Watch));
        }
    }

    /// A poll has come: the watch begins anew.
    pub(super) fn note_poll(&mut self, now: Time, key: SessionKey) {
        if let Transport::Polling(polling) = &mut self.sessions[key.0].transport
            && let Some(since) = &mut polling.watched_since
        {
            *since = now;
            self.timeouts.set((key, Timeout::Watch), now + POLL_HOLD);
        }
    }

    /// Answers the poll that a watched session has had open for long enough, or closes the session that has none.
    pub(super) fn look_after(&mut self, now: Time, key: SessionKey, out: &mut Outcome<'_, '_>) {
        let session = &mut self.sessions[key.0];
        let Transport::Polling(polling) = &mut session.transport else { return };
        let Some(since) = polling.watched_since else { return };
        // Its posts show that it is alive as well.
        let since = since.max(session.heard_at);
        let look_again_at = if let Some(request) = polling.poll.take() {
            self.by_poll.remove(&request);
            out.effects.push(Effect::poll_response(request, &[Packet::Noop.into()]));
            now + POLL_ABSENCE
        } else if polling.upgrade != Upgrade::None {
            // A client stops polling to change over. The upgrade has a timeout of its own.
            now + POLL_HOLD
        } else {
            since + POLL_HOLD + POLL_ABSENCE
        };
        if look_again_at <= now {
            self.close(key, CloseReason::Absent { since }, out);
        } else {
            self.timeouts.set((key, Timeout::Watch), look_again_at);
        }
    }
}
