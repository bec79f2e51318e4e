//! Candidates that come before their `call_user`: many frontends gather them while they still prepare the offer.
//!
//! They wait for it in memory, for seconds, and only the socket that sent them releases them. Stragglers of a call that has just
//! ended look the same. Their ICE username fragment tells them apart; candidates without one are refused for as long as
//! stragglers can be on their way.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use engineio::{Time, Timers};
use serde::Deserialize;
use socketio::json;

use super::Party;
use super::call::{MAX_EARLY, MAX_EARLY_BYTES};
use super::refusals::{not_in_call, too_many_candidates};
use super::signal::Content;
use crate::refusal::Refusal;

/// How long a candidate waits for its offer. An object with a timer stays awake for that long.
pub const HOLD: Duration = Duration::from_secs(10);

/// The most bytes of candidates that wait for offers in the whole room: those of sixteen users at their limit.
pub const MAX_HELD_BYTES: usize = 16 * MAX_EARLY_BYTES;

/// The bytes that a waiting candidate costs beside its content.
const OVERHEAD: usize = 128;

/// The most calls that have just ended and are remembered. Beyond that, stragglers of the oldest pass for early candidates.
const MAX_ENDED: usize = 1024;

/// The candidates that wait for their offers, by the users who sent them.
#[derive(Default)]
pub struct Early {
    by_user: HashMap<Rc<str>, Vec<Held>>,
    bytes: usize,
    deadlines: Timers<Rc<str>>,
    /// The pairs whose calls ended within [`HOLD`], the oldest first.
    ended: VecDeque<(Time, [Rc<str>; 2])>,
}

struct Held {
    sid: Rc<str>,
    to: Rc<str>,
    candidate: Content,
    fragment: Option<String>,
    /// Whether it may be of a call that has ended: only its fragment can tell.
    is_suspect: bool,
    until: Time,
}

impl Held {
    fn cost(&self) -> usize {
        self.candidate.size() + OVERHEAD
    }
}

impl Early {
    /// Keeps a candidate for the user `to` until its offer comes.
    ///
    /// # Errors
    /// Too much waits already, or it cannot be told from a candidate of a call that has just ended.
    pub fn hold(&mut self, now: Time, from: &Party, to: &Rc<str>, candidate: Content) -> Result<(), Refusal> {
        self.tick(now);
        let fragment = fragment_of(candidate.json());
        let is_suspect = self.ended.iter().any(|(_, pair)| is_pair(pair, &from.user.key, to));
        if is_suspect && fragment.is_none() {
            return Err(not_in_call());
        }
        let held = Held {
            sid: from.sid.clone(),
            to: to.clone(),
            candidate,
            fragment,
            is_suspect,
            until: now + HOLD,
        };
        let waiting = self.by_user.get(&from.user.key).map_or(&[][..], |all| all);
        let bytes: usize = waiting.iter().map(|it| it.candidate.size()).sum();
        if waiting.len() >= MAX_EARLY
            || bytes + held.candidate.size() > MAX_EARLY_BYTES
            || self.bytes + held.cost() > MAX_HELD_BYTES
        {
            return Err(too_many_candidates("Too many candidates wait for their call."));
        }
        self.bytes += held.cost();
        self.by_user.entry(from.user.key.clone()).or_default().push(held);
        self.set_deadline(&from.user.key);
        Ok(())
    }

    /// Removes the candidates that a client has sent ahead of an offer to the user `to`. Returns those that belong to the offer.
    pub fn take(&mut self, now: Time, from: &Party, to: &str, offer: Option<&Content>) -> Vec<Content> {
        self.tick(now);
        let mut taken = Vec::new();
        self.remove(&from.user.key, |held| {
            let is_ahead = held.sid == from.sid && *held.to == *to;
            if is_ahead {
                taken.push((held.candidate.clone(), held.fragment.take(), held.is_suspect));
            }
            is_ahead
        });
        if taken.is_empty() {
            return Vec::new();
        }
        let known = offer.map(|offer| fragments_of(offer.json())).unwrap_or_default();
        let belongs = |fragment: &Option<String>, is_suspect: bool| match fragment {
            Some(fragment) if !known.is_empty() => known.contains(fragment),
            _ => !is_suspect,
        };
        taken.retain(|(_, fragment, is_suspect)| belongs(fragment, *is_suspect));
        taken.into_iter().map(|(candidate, ..)| candidate).collect()
    }

    /// Drops the candidates that two users have sent ahead to each other, because their call has ended.
    pub fn ended(&mut self, now: Time, one: &Rc<str>, other: &Rc<str>) {
        self.tick(now);
        self.remove(one, |held| held.to == *other);
        self.remove(other, |held| held.to == *one);
        if self.ended.len() >= MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back((now, [one.clone(), other.clone()]));
    }

    /// Drops the candidates of a client that has left.
    pub fn left(&mut self, party: &Party) {
        self.remove(&party.user.key, |held| held.sid == party.sid);
    }

    /// Drops the candidates that have waited long enough.
    pub fn tick(&mut self, now: Time) {
        while let Some(user) = self.deadlines.pop_due(now) {
            self.remove(&user, |held| held.until <= now);
        }
        while self.ended.front().is_some_and(|(at, _)| now.since(*at) >= HOLD) {
            self.ended.pop_front();
        }
    }

    /// The earliest moment at which [`Early::tick`] is needed. Forgetting calls that have ended is no reason to wake up.
    pub fn next_deadline(&self) -> Option<Time> {
        self.deadlines.next()
    }

    /// The bytes that wait, of all users.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    fn remove(&mut self, user: &Rc<str>, mut is_gone: impl FnMut(&mut Held) -> bool) {
        let Some(all) = self.by_user.get_mut(user) else { return };
        let freed: usize = all.extract_if(.., |held| is_gone(held)).map(|held| held.cost()).sum();
        self.bytes -= freed;
        if all.is_empty() {
            self.by_user.remove(user);
        }
        self.set_deadline(user);
    }

    /// Sets the deadline of a user by the first candidate: they are in the order in which they came.
    fn set_deadline(&mut self, user: &Rc<str>) {
        match self.by_user.get(user).and_then(|all| all.first()) {
            Some(first) => self.deadlines.set(user.clone(), first.until),
            None => self.deadlines.cancel(user.clone()),
        }
    }
}

fn is_pair(pair: &[Rc<str>; 2], one: &Rc<str>, other: &Rc<str>) -> bool {
    let [a, b] = pair;
    (a == one && b == other) || (a == other && b == one)
}

/// Returns the ICE username fragment of a candidate: its `usernameFragment`, or the `ufrag` that browsers write into its line.
fn fragment_of(candidate: &str) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Candidate {
        candidate: Option<String>,
        username_fragment: Option<String>,
    }

    let Candidate { candidate, username_fragment } = json::from_str(candidate).ok()?;
    username_fragment.filter(|fragment| !fragment.is_empty()).or_else(|| {
        let line = candidate?;
        let mut words = line.split(' ').skip_while(|word| *word != "ufrag");
        words.nth(1).map(str::to_owned)
    })
}

/// Returns the ICE username fragments of an offer, at most one for each of its media; empty if it is no session description.
fn fragments_of(offer: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Description {
        sdp: String,
    }

    let sdp: serde_json::Result<String> = serde_json::from_str(offer);
    let Ok(sdp) = sdp.or_else(|_| json::from_str(offer).map(|Description { sdp }| sdp)) else {
        return Vec::new();
    };
    sdp.lines().filter_map(|line| line.strip_prefix("a=ice-ufrag:")).map(|it| it.trim().to_owned()).collect()
}
