//! Announcements of the users who are online.
//!
//! A user is online while any of their sockets is connected, and for a few seconds after the last one was lost. Changes of the
//! list are announced to everyone, but coalesced, so that many changes do not cost as many announcements.

use std::rc::Rc;
use std::time::Duration;

use engineio::{Context, Time, Timers};
use socketio::{Actions, Namespace, Recipients, SocketKey};

use super::member::{GRACE, Members, Whereabouts};
use super::parts::{Departed, Part};
use super::{Chat, Settings};
use crate::storage::{Storage, StorageError};

/// How long the first change waits for others to join it.
const COALESCE: Duration = Duration::from_millis(50);

/// How much longer the pause between two announcements gets with every user who is online: the cost of an announcement grows
/// with the square of their number.
const PAUSE_PER_USER: Duration = Duration::from_millis(2);

/// The timers of lost users and of the next announcement.
#[derive(Default)]
pub struct Presence {
    grace: Timers<Rc<str>>,
    announced_at: Option<Time>,
    announce_at: Option<Time>,
}

impl Presence {
    /// Schedules an announcement in case that sockets of unknown users were lost with the memory. They get the time to come
    /// back: the last list still names those who do not.
    pub fn others_lost(&mut self, now: Time) {
        self.announce_by(now + GRACE);
    }

    /// Whether the list that was announced last is about to change.
    pub fn is_unsettled(&self) -> bool {
        self.deadline().is_some()
    }

    /// Schedules an announcement if users have come or gone.
    fn note_change(&mut self, now: Time, members: &mut Members) {
        if members.take_change() {
            let pause = PAUSE_PER_USER * u32::try_from(members.online()).unwrap_or(u32::MAX);
            let soonest = now + COALESCE;
            let at = self.announced_at.map_or(soonest, |before| soonest.max(before + pause));
            self.announce_by(at);
        }
    }

    fn announce_by(&mut self, at: Time) {
        self.announce_at = Some(self.announce_at.map_or(at, |earlier| earlier.min(at)));
    }

    fn deadline(&self) -> Option<Time> {
        [self.grace.next(), self.announce_at].into_iter().flatten().min()
    }
}

impl<S: Storage + Clone> Part<S> for Presence {
    fn open(_storage: &S, _settings: &Settings) -> Result<Self, StorageError> {
        Ok(Self::default())
    }

    fn joined(room: &mut Chat<S>, cx: &mut Context<'_>, socket: SocketKey, _actions: &mut Actions) {
        let Some(member) = room.members.get(socket) else { return };
        room.parts.presence.grace.cancel(member.name_key.clone());
        room.parts.presence.note_change(cx.now, &mut room.members);
    }

    fn left(room: &mut Chat<S>, cx: &mut Context<'_>, departed: &Departed, _actions: &mut Actions) {
        let name_key = &departed.member.name_key;
        if let Whereabouts::Expected(until) = room.members.whereabouts(name_key) {
            room.parts.presence.grace.set(name_key.clone(), until);
        }
        room.parts.presence.note_change(cx.now, &mut room.members);
    }

    fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, actions: &mut Actions) {
        let Chat { members, parts, .. } = room;
        let presence = &mut parts.presence;
        while let Some(name_key) = presence.grace.pop_due(cx.now) {
            members.forget(&name_key);
            presence.note_change(cx.now, members);
        }
        if presence.announce_at.is_some_and(|at| at <= cx.now) {
            presence.announce_at = None;
            presence.announced_at = Some(cx.now);
            announce(members, Recipients::Everyone(Namespace::MAIN), actions);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.deadline()
    }
}

/// Sends the list of the users who are online.
pub fn announce(members: &Members, to: Recipients, actions: &mut Actions) {
    actions.emit(to, "online_users", &members.usernames());
}
