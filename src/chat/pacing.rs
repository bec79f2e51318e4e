//! Messages that come faster than their user's rate: each waits for its token instead of being refused.
//!
//! A client that was offline sends everything it has queued at once, and an old frontend hears of no refusal: to refuse is to
//! lose. So a few hundred messages wait in memory, in the order in which they came over all of their user's sockets, and are
//! acknowledged once they are stored. The object stays awake meanwhile. What exceeds the bounds is refused as too fast.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::command::NewMessage;
use super::reply::Asker;
use crate::accounts::families::FamilyId;
use engineio::Time;
use engineio::Timers;
use socketio::SocketKey;

/// How many messages of one user wait, repetitions included: more than people write while they are offline. At the default
/// rate the last of them waits for 75 s.
pub const MAX_WAITING: usize = 300;

/// How long a message waits at most. With a lower rate fewer wait: later than this, its sender has given up.
pub const MAX_DELAY: Duration = Duration::from_secs(90);

/// How many bytes of one user wait: [`MAX_WAITING`] messages of a long paragraph each.
pub const MAX_WAITING_BYTES: usize = 512 * 1024;

/// How many bytes wait in the whole room: those of sixteen users who use all that is theirs, a sixteenth of the memory.
pub const MAX_ROOM_BYTES: usize = 16 * MAX_WAITING_BYTES;

/// What a message costs in memory beside its text and its id, in bytes.
const OVERHEAD: usize = 256;

/// How often the next message is looked after. An object that waits longer for a timer may be evicted, and its memory lost.
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

/// A message that waits. It was allowed when it came, and is stored even if its token expires or its connection is lost.
pub struct Waiting {
    /// The name of its sender.
    pub username: Rc<str>,
    /// The login that it was sent under: it is dropped if that is revoked.
    pub family: Option<FamilyId>,
    /// The message.
    pub message: NewMessage,
    /// The sockets that sent it, repetitions included, and are still connected.
    pub askers: Vec<Asker>,
}

impl Waiting {
    fn cost(&self) -> usize {
        self.message.text.len() + self.message.client_id.as_ref().map_or(0, String::len) + OVERHEAD
    }
}

impl Pacing {
    /// Lets a message wait behind the others of its user. `next` is how long it takes until the first of these has its turn,
    /// `period` how long from each to the following one. A repetition of one that waits is answered together with it.
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
    pub fn pop_due(&mut self, now: Time) -> Option<Rc<str>> {
        self.turns.pop_due(now)
    }

    /// Removes and returns the message of this user that has waited longest.
    pub fn pop(&mut self, name_key: &Rc<str>) -> Option<Waiting> {
        let queue = self.queues.get_mut(name_key)?;
        let waiting = queue.messages.pop_front()?;
        queue.bytes -= waiting.cost();
        self.bytes -= waiting.cost();
        self.forget_if_empty(name_key);
        Some(waiting)
    }

    /// The next message of this user has its turn only in a while.
    pub fn look_again(&mut self, now: Time, name_key: &Rc<str>, next: Duration) {
        // The clock counts whole milliseconds, and a token may drop in within one.
        let next = next.clamp(Duration::from_millis(1), STEP);
        self.turns.set(name_key.clone(), now + next);
    }

    /// A socket is gone, and cannot be answered any more.
    pub fn left(&mut self, name_key: &str, socket: SocketKey) {
        let Some(queue) = self.queues.get_mut(name_key) else { return };
        for waiting in &mut queue.messages {
            waiting.askers.retain(|asker| asker.socket != socket);
        }
    }

    /// Drops the messages of a user whose login has ended, as `has_ended` tells, which may replace it by its successor.
    pub fn revoke(&mut self, name_key: &Rc<str>, mut has_ended: impl FnMut(&mut Option<FamilyId>) -> bool) {
        let Some(queue) = self.queues.get_mut(name_key) else { return };
        let before = queue.bytes;
        queue.messages.retain_mut(|waiting| {
            let stays = !has_ended(&mut waiting.family);
            if !stays {
                queue.bytes -= waiting.cost();
            }
            stays
        });
        self.bytes -= before - queue.bytes;
        self.forget_if_empty(name_key);
    }

    /// The earliest moment at which a message may have its turn.
    pub fn next_deadline(&self) -> Option<Time> {
        self.turns.next()
    }

    fn forget_if_empty(&mut self, name_key: &Rc<str>) {
        if self.queues.get(name_key).is_some_and(|queue| queue.messages.is_empty()) {
            self.queues.remove(name_key);
            self.turns.cancel(name_key.clone());
        }
    }
}

impl Queue {
    /// How much of [`MAX_WAITING`] is taken.
    fn places(&self) -> usize {
        self.messages.iter().map(|waiting| waiting.askers.len().max(1)).sum()
    }

    /// The message of which another one is the repetition.
    fn first_of(&mut self, other: &Waiting) -> Option<&mut Waiting> {
        let client_id = other.message.client_id.as_ref()?;
        self.messages.iter_mut().find(|waiting| waiting.message.client_id.as_ref() == Some(client_id))
    }
}
