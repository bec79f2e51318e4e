//! Who is online.
//!
//! A user is online while any of their sockets is connected, and for a few seconds after the last one was lost. The
//! list is announced to everyone when it changes, but never so often that many changes cost as many announcements.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::value::{RawValue, to_raw_value};

use engineio::Time;
use engineio::Timers;
use socketio::Departure;
use socketio::SocketKey;

/// How long a user whose last connection was lost still counts as online.
pub const GRACE: Duration = Duration::from_secs(5);

/// How long the first change waits for others to join it.
const COALESCE: Duration = Duration::from_millis(50);

/// How much longer the pause between two announcements is for every user who is online: the cost of an announcement
/// grows with the square of their number.
const PAUSE_PER_USER: Duration = Duration::from_millis(2);

/// The users who are online, and when to announce them.
#[derive(Default)]
pub struct Presence {
    /// By the name as it is compared, so that the list is in a stable order.
    users: BTreeMap<Rc<str>, User>,
    grace: Timers<Rc<str>>,
    announced_at: Option<Time>,
    announce_at: Option<Time>,
}

struct User {
    /// The name as JSON: it is in every list, and everyone who comes gets one.
    username: Box<RawValue>,
    sockets: Vec<SocketKey>,
    /// Until when a socket that was lost may come back.
    forgiven_until: Option<Time>,
}

/// Where a user is, as far as this is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whereabouts {
    /// Some socket is connected.
    Connected,
    /// The last socket was lost, and is expected back.
    Expected,
    /// Not online.
    Gone,
}

impl Presence {
    /// A socket of a user has connected.
    pub fn join(&mut self, now: Time, name_key: &Rc<str>, username: &str, socket: SocketKey) {
        self.grace.cancel(name_key.clone());
        if self.restore(name_key, username, socket) {
            self.changed(now);
        }
    }

    /// A socket of a user has been online all along. Returns whether the user was not known to be.
    pub fn restore(&mut self, name_key: &Rc<str>, username: &str, socket: SocketKey) -> bool {
        let is_new = !self.users.contains_key(name_key);
        let user = self.users.entry(name_key.clone()).or_insert_with(|| User {
            username: to_raw_value(username).expect("a string becomes JSON"),
            sockets: Vec::new(),
            forgiven_until: None,
        });
        user.sockets.push(socket);
        is_new
    }

    /// A socket of a user is gone.
    pub fn leave(&mut self, now: Time, name_key: &Rc<str>, socket: SocketKey, how: Departure) {
        let Some(user) = self.users.get_mut(name_key) else { return };
        user.sockets.retain(|&it| it != socket);
        if how.is_loss() {
            user.forgiven_until = Some(now + GRACE);
        }
        if !user.sockets.is_empty() {
            return;
        }
        // Of two tabs the one that says goodbye does not speak for the one that was lost.
        match user.forgiven_until.filter(|&until| until > now) {
            Some(until) => self.grace.set(name_key.clone(), until),
            None => {
                self.users.remove(name_key);
                self.changed(now);
            }
        }
    }

    /// The sockets of a user; none when the user is not connected at this moment.
    pub fn sockets(&self, name_key: &str) -> &[SocketKey] {
        self.users.get(name_key).map_or(&[], |user| &user.sockets)
    }

    /// Sockets of unknown users were lost with the memory. The list is announced once they have had time to come back, because
    /// the last one still names those who do not.
    pub fn others_lost(&mut self, now: Time) {
        self.announce_by(now + GRACE);
    }

    /// Whether the list that was announced last is about to change.
    pub fn is_unsettled(&self) -> bool {
        self.next_deadline().is_some()
    }

    /// Where a user is.
    pub fn whereabouts(&self, name_key: &str) -> Whereabouts {
        match self.users.get(name_key) {
            Some(user) if user.sockets.is_empty() => Whereabouts::Expected,
            Some(_) => Whereabouts::Connected,
            None => Whereabouts::Gone,
        }
    }

    /// The names of the users who are online, as JSON.
    pub fn usernames(&self) -> Vec<&RawValue> {
        self.users.values().map(|user| &*user.username).collect()
    }

    /// Whether the list is to be announced now.
    pub fn tick(&mut self, now: Time) -> bool {
        while let Some(name_key) = self.grace.pop_due(now) {
            self.users.remove(&name_key);
            self.changed(now);
        }
        let due = self.announce_at.is_some_and(|at| at <= now);
        if due {
            self.announce_at = None;
            self.announced_at = Some(now);
        }
        due
    }

    /// The earliest moment at which [`Presence::tick`] is wanted.
    pub fn next_deadline(&self) -> Option<Time> {
        [self.grace.next(), self.announce_at].into_iter().flatten().min()
    }

    fn changed(&mut self, now: Time) {
        let pause = PAUSE_PER_USER * u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        let soonest = now + COALESCE;
        let at = self.announced_at.map_or(soonest, |before| soonest.max(before + pause));
        self.announce_by(at);
    }

    fn announce_by(&mut self, at: Time) {
        self.announce_at = Some(self.announce_at.map_or(at, |earlier| earlier.min(at)));
    }
}
