//! Messages above their user's rate: each waits for its token instead of being refused.
//!
//! A client that was offline sends its whole queue at once, and an old frontend ignores refusals, which would lose messages. So a
//! few hundred wait in memory, in the order in which they came over all sockets of their user. They are acknowledged once they
//! are stored, and the object stays awake meanwhile. Messages beyond the bounds are refused as too fast.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use engineio::{Context, Time, Timers};
use socketio::{Actions, SocketKey};

use super::limits::Kind;
use super::message::NewMessage;
use super::parts::{Departed, Part};
use super::posting::post;
use super::responder::{Asker, refuse};
use super::{Chat, Settings};
use crate::accounts::logins::LoginId;
use crate::refusal::Failure;
use crate::storage::{Storage, StorageError};

/// The most messages of one user that wait, retries included: more than people write while they are offline. At the default
/// rate the last of them waits for 75 s.
pub const MAX_WAITING: usize = 300;

/// The longest time that a message waits. With a lower rate fewer wait: later than this, its sender has given up.
pub const MAX_DELAY: Duration = Duration::from_secs(90);

/// The most bytes of one user that wait: [`MAX_WAITING`] messages of a long paragraph each.
pub const MAX_WAITING_BYTES: usize = 512 * 1024;

/// The most bytes that wait in the whole room: those of sixteen users at their limit, a sixteenth of the memory.
pub const MAX_ROOM_BYTES: usize = 16 * MAX_WAITING_BYTES;

/// The bytes that a message costs in memory beside its text and its id.
const OVERHEAD: usize = 256;

/// The longest timer. An object that waits longer may be evicted, and its memory lost.
const STEP: Duration = Duration::from_secs(5);

/// The messages that wait, by the users who sent them.
#[derive(Default)]
pub struct Pacing {
    queues: HashMap<Rc<str>, Queue>,
    turns: Timers<Rc<str>>,
    bytes: usize,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Waiting>,
    bytes: usize,
}

/// A message that waits. It was valid when it came, and is stored even if its token expires or its connection is lost.
pub struct Waiting {
    /// The event that sent it.
    pub event: &'static str,
    /// The name of its sender.
    pub username: Rc<str>,
    /// The login that it was sent under. The message is dropped if that is revoked.
    pub login: Option<LoginId>,
    pub message: NewMessage,
    /// The sockets that sent it, retries included, and are still connected.
    pub askers: Vec<Asker>,
}

impl Waiting {
    fn cost(&self) -> usize {
        self.message.text.len() + self.message.client_id.as_ref().map_or(0, String::len) + OVERHEAD
    }
}

impl Pacing {
    /// Queues a message behind the others of its user. `next` is the time until the first of these has its turn, `period` the
    /// time from each to the following one. A retry of a waiting message is answered together with it.
    ///
    /// Returns whether there was room.
    pub fn hold(
        &mut self,
        now: Time,
        name_key: &Rc<str>,
        waiting: Waiting,
        (next, period): (Duration, Duration),
    ) -> bool {
        let queue = self.queues.get_mut(name_key);
        let places = queue.as_ref().map_or(0, |queue| queue.places());
        if let Some(queue) = queue
            && let Some(first) = queue.first_of(&waiting)
        {
            let mut wanted = waiting.askers;
            wanted.retain(|asker| asker.ack.is_some());
            let has_room = places + wanted.len() <= MAX_WAITING;
            if has_room {
                first.askers.append(&mut wanted);
            }
            return has_room;
        }
        let cost = waiting.cost();
        let bytes = self.queues.get(name_key).map_or(0, |queue| queue.bytes);
        let ahead = u32::try_from(places).unwrap_or(u32::MAX);
        if places >= MAX_WAITING
            || next + period.saturating_mul(ahead) > MAX_DELAY
            || bytes + cost > MAX_WAITING_BYTES
            || self.bytes + cost > MAX_ROOM_BYTES
        {
            return false;
        }
        if places == 0 {
            self.look_again(now, name_key, next);
        }
        let queue = self.queues.entry(name_key.clone()).or_default();
        queue.bytes += cost;
        queue.messages.push_back(waiting);
        self.bytes += cost;
        true
    }

    /// Whether messages of this user wait.
    pub fn is_waiting(&self, name_key: &str) -> bool {
        self.queues.contains_key(name_key)
    }

    /// Removes and returns a user whose next message may have its turn.
    fn pop_due(&mut self, now: Time) -> Option<Rc<str>> {
        self.turns.pop_due(now)
    }

    /// Removes and returns the oldest message of this user.
    pub fn pop(&mut self, name_key: &Rc<str>) -> Option<Waiting> {
        let queue = self.queues.get_mut(name_key)?;
        let waiting = queue.messages.pop_front()?;
        queue.bytes -= waiting.cost();
        self.bytes -= waiting.cost();
        self.forget_if_empty(name_key);
        Some(waiting)
    }

    /// Sets the timer for the next message of this user.
    pub fn look_again(&mut self, now: Time, name_key: &Rc<str>, next: Duration) {
        // The clock counts whole milliseconds, and a token may drop in within one.
        let next = next.clamp(Duration::from_millis(1), STEP);
        self.turns.set(name_key.clone(), now + next);
    }

    /// Forgets a socket, which cannot be answered any more.
    fn forget(&mut self, name_key: &str, socket: SocketKey) {
        let Some(queue) = self.queues.get_mut(name_key) else { return };
        for waiting in &mut queue.messages {
            waiting.askers.retain(|asker| asker.socket != socket);
        }
    }

    /// Drops the messages of a user whose login has ended. `has_ended` tells, and may replace a login by its successor.
    pub fn revoke(&mut self, name_key: &Rc<str>, mut has_ended: impl FnMut(&mut Option<LoginId>) -> bool) {
        let Some(queue) = self.queues.get_mut(name_key) else { return };
        let before = queue.bytes;
        queue.messages.retain_mut(|waiting| {
            let stays = !has_ended(&mut waiting.login);
            if !stays {
                queue.bytes -= waiting.cost();
            }
            stays
        });
        self.bytes -= before - queue.bytes;
        self.forget_if_empty(name_key);
    }

    fn forget_if_empty(&mut self, name_key: &Rc<str>) {
        if self.queues.get(name_key).is_some_and(|queue| queue.messages.is_empty()) {
            self.queues.remove(name_key);
            self.turns.cancel(name_key.clone());
        }
    }
}

impl Queue {
    /// The number of places taken, of [`MAX_WAITING`].
    fn places(&self) -> usize {
        self.messages.iter().map(|waiting| waiting.askers.len().max(1)).sum()
    }

    /// Finds the message that another one is a retry of.
    fn first_of(&mut self, other: &Waiting) -> Option<&mut Waiting> {
        let client_id = other.message.client_id.as_ref()?;
        self.messages.iter_mut().find(|waiting| waiting.message.client_id.as_ref() == Some(client_id))
    }
}

/// Sends as many of a user's waiting messages as the rate allows.
pub fn send_waiting<S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    name_key: &Rc<str>,
    actions: &mut Actions,
) {
    while room.parts.pacing.is_waiting(name_key) {
        if let Err(refusal) = room.limits.take(cx.now, name_key, Kind::Message) {
            let next = refusal.retry_after.unwrap_or(Duration::ZERO);
            return room.parts.pacing.look_again(cx.now, name_key, next);
        }
        let Some(Waiting { event, username, message, askers, .. }) = room.parts.pacing.pop(name_key) else {
            return;
        };
        if let Err(error) = post(room, cx, &username, &message, &askers, actions) {
            let failure = Failure::Storage(error);
            for &asker in &askers {
                refuse(asker, event, &failure, actions);
            }
        }
    }
}

impl<S: Storage + Clone> Part<S> for Pacing {
    fn open(_storage: &S, _settings: &Settings) -> Result<Self, StorageError> {
        Ok(Self::default())
    }

    fn left(room: &mut Chat<S>, _cx: &mut Context<'_>, departed: &Departed, _actions: &mut Actions) {
        room.parts.pacing.forget(&departed.member.name_key, departed.socket);
    }

    fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, actions: &mut Actions) {
        while let Some(name_key) = room.parts.pacing.pop_due(cx.now) {
            send_waiting(room, cx, &name_key, actions);
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.turns.next()
    }
}
