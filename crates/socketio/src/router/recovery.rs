//! Connection state recovery: what a client missed while its connection was lost, kept in memory.
//!
//! Every event that a client must not miss has a place in one order, which the client learns as the offset behind its
//! arguments. An offset begins with a random epoch, so that one from before the memory was lost is not taken for another: its
//! client gets a fresh session. See the Socket.IO documentation, "Connection state recovery".

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use engineio::{Context, Time};
use serde::{Deserialize, Serialize};

use crate::arguments::Arguments;
use crate::keys::{Namespace, Room};

/// The bounds of what is kept for clients that may come back. All of it is lost with the object's memory.
#[derive(Clone, Copy, Debug)]
pub struct Recovery {
    /// How long a client may take to come back, and how long events are kept for it.
    pub window: Duration,
    /// How many events are kept.
    pub max_events: usize,
    /// How many bytes of events are kept.
    pub max_bytes: usize,
    /// How many sockets without connection are kept.
    pub max_sockets: usize,
}

impl From<Duration> for Recovery {
    /// Returns the bounds with this window, and 1,000 events, a megabyte, and 1,000 sockets.
    fn from(window: Duration) -> Self {
        Self { window, max_events: 1_000, max_bytes: 1_000_000, max_sockets: 1_000 }
    }
}

/// The length of an epoch in characters of six random bits: long enough not to repeat, and part of every event.
const EPOCH_LENGTH: usize = 8;

/// A place in the order of events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Offset {
    epoch: Rc<str>,
    number: u64,
}

impl Offset {
    /// Returns the offset as clients know it.
    pub fn to_text(&self) -> String {
        format!("{}.{}", self.epoch, self.number)
    }
}

/// The right of a socket to be recovered, stored with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claim {
    /// The private id, which only the client knows.
    pub private_id: String,
    /// The place at which it joined.
    pub since: Offset,
}

/// The recipients of an event that was sent.
pub struct Audience {
    /// The namespace.
    pub namespace: Namespace,
    /// Any of these rooms; all, if there are none.
    pub rooms: Vec<Room>,
    /// None of these rooms.
    pub except_rooms: Vec<Room>,
    /// Not the socket with this id.
    pub except: Option<Rc<str>>,
}

/// The rooms of a socket, and after which event it joined each.
pub type Rooms = BTreeMap<Room, u64>;

/// A socket whose connection was lost, as far as it is kept.
pub struct Lost<D> {
    /// Its socket id.
    pub sid: Rc<str>,
    /// Its namespace.
    pub namespace: Namespace,
    /// Its rooms.
    pub rooms: Rooms,
    /// The application's data.
    pub data: D,
    /// Its claim.
    pub claim: Claim,
    /// The last event for which a room mattered that it has left since. Its recipients before that one are not known any more.
    pub needs: u64,
}

struct Past {
    number: u64,
    at: Time,
    audience: Audience,
    event: Arguments<'static>,
}

/// The events of the recent past, in order.
pub struct Journal {
    bounds: Recovery,
    /// Empty until the first offset is needed.
    epoch: Rc<str>,
    /// The number of the last event.
    last: u64,
    /// The number of the last event that is not kept any more.
    dropped: u64,
    events: VecDeque<Past>,
    bytes: usize,
}

impl Journal {
    /// Returns a journal without events.
    pub fn new(bounds: Recovery) -> Self {
        Self { bounds, epoch: "".into(), last: 0, dropped: 0, events: VecDeque::new(), bytes: 0 }
    }

    /// Returns the bounds.
    pub fn bounds(&self) -> Recovery {
        self.bounds
    }

    /// Draws the epoch, unless that has been done.
    pub fn begin(&mut self, cx: &mut Context<'_>) {
        if self.epoch.is_empty() {
            self.epoch = cx.unguessable_id()[..EPOCH_LENGTH].into();
        }
    }

    /// Returns the number of the last event.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Returns the offset of the last event.
    pub fn offset(&self) -> Offset {
        Offset { epoch: self.epoch.clone(), number: self.last }
    }

    /// Returns the offset of the next event.
    pub fn next_offset(&self) -> Offset {
        Offset { number: self.last + 1, ..self.offset() }
    }

    /// Keeps an event that was encoded with [`Journal::next_offset`].
    pub fn push(&mut self, now: Time, audience: Audience, event: Arguments<'static>) {
        self.last += 1;
        self.bytes += event.size();
        self.events.push_back(Past { number: self.last, at: now, audience, event });
        while let Some(first) = self.events.front()
            && (self.events.len() > self.bounds.max_events
                || self.bytes > self.bounds.max_bytes
                || now.since(first.at) > self.bounds.window)
        {
            self.bytes -= first.event.size();
            self.dropped = first.number;
            self.events.pop_front();
        }
    }

    /// Returns the number of the last event for whose recipients a room mattered.
    pub fn last_about(&self, namespace: &Namespace, room: &Room) -> u64 {
        let is_about = |past: &&Past| {
            let Audience { rooms, except_rooms, .. } = &past.audience;
            past.audience.namespace == *namespace && (rooms.contains(room) || except_rooms.contains(room))
        };
        self.events.iter().rev().find(is_about).map_or(0, |past| past.number)
    }

    /// Returns the events that a socket has missed which received everything up to `offset`, or up to the moment at which it
    /// joined; `None` if there may be a gap.
    fn missed<D>(&self, lost: &Lost<D>, offset: Option<&str>) -> Option<Vec<Arguments<'static>>> {
        let since = &lost.claim.since;
        let place = match offset {
            Some(text) => {
                let (epoch, number) = text.rsplit_once('.')?;
                (epoch, number.parse().ok()?)
            }
            None => (&*since.epoch, since.number),
        };
        let (epoch, number) = place;
        if epoch != &*self.epoch || number > self.last || number < self.dropped || number < lost.needs {
            return None;
        }
        // A client may claim less than it has received, but not more than it may know.
        let number = if since.epoch == self.epoch { number.max(since.number) } else { number };
        let missed = self.events.iter().filter(|past| past.number > number && past.is_for(lost));
        Some(missed.map(|past| past.event.clone()).collect())
    }
}

impl Past {
    fn is_for<D>(&self, lost: &Lost<D>) -> bool {
        let Audience { namespace, rooms, except_rooms, except } = &self.audience;
        let is_in = |room: &Room| lost.rooms.get(room).is_some_and(|&joined| joined < self.number);
        *namespace == lost.namespace
            && (rooms.is_empty() || rooms.iter().any(is_in))
            && !except_rooms.iter().any(is_in)
            && except.as_ref() != Some(&lost.sid)
    }
}

/// The sockets whose connections were lost, the oldest first.
pub struct Losses<D>(VecDeque<(Time, Lost<D>)>);

impl<D> Default for Losses<D> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<D> Losses<D> {
    /// Keeps a socket, in place of the oldest if there are too many.
    pub fn push(&mut self, now: Time, bounds: Recovery, lost: Lost<D>) {
        self.0.push_back((now, lost));
        while let Some((at, _)) = self.0.front()
            && (self.0.len() > bounds.max_sockets || now.since(*at) > bounds.window)
        {
            self.0.pop_front();
        }
    }

    fn take(&mut self, now: Time, bounds: Recovery, private_id: &str) -> Option<Lost<D>> {
        let index = self.0.iter().position(|(_, lost)| lost.claim.private_id == private_id)?;
        let (at, lost) = self.0.remove(index)?;
        (now.since(at) <= bounds.window).then_some(lost)
    }
}

/// The part of `auth` by which the standard client recovers.
#[derive(Default, Deserialize)]
pub struct Credentials {
    #[serde(rename = "pid")]
    pub private_id: Option<String>,
    #[serde(default)]
    pub offset: Option<String>,
}

impl Credentials {
    /// Reads the part of `auth`; nothing, if it is not what the standard client sends.
    pub fn read(auth: &str) -> Self {
        serde_json::from_str(auth).unwrap_or_default()
    }
}

/// A socket that comes back, and the events that it has missed.
pub type Recovered<D> = (Lost<D>, Vec<Arguments<'static>>);

/// Returns the socket that comes back with these credentials, and what it has missed; `None` if it has to begin afresh.
pub fn recover<D>(
    now: Time,
    journal: &Journal,
    losses: &mut Losses<D>,
    namespace: &Namespace,
    credentials: &Credentials,
) -> Option<Recovered<D>> {
    let private_id = credentials.private_id.as_deref()?;
    let lost = losses.take(now, journal.bounds, private_id).filter(|lost| lost.namespace == *namespace)?;
    let missed = journal.missed(&lost, credentials.offset.as_deref())?;
    Some((lost, missed))
}
