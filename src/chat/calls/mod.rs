//! All calls: the users in them, their deadlines, and their storage.
//!
//! A user is in one call at most. A side of a call is a client, known by its socket id, which it keeps when it recovers. Every
//! change is written before anyone hears of it. Candidates are passed on without being written.

pub mod call;
mod contact;
pub mod early;
pub mod part;
mod refusals;
pub mod signal;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use engineio::{Time, Timers};
use socketio::Departure;
use socketio::json;

use super::member::Whereabouts;
use super::recovery::Signalled;
use crate::refusal::{Failure, Refusal};
use crate::storage::{Storage, StorageError};
use call::{Call, Step, ended};
use early::Early;
use refusals::{already_in_call, conflict, not_in_call, user_offline};
use signal::{CallEvent, Content, Delivery, Reason, SignalKind};

pub use super::party::{Addressee, Party, User};

/// Every call that has not ended.
pub struct Calls<S> {
    storage: S,
    signalled: Signalled<S>,
    by_caller: HashMap<Rc<str>, Call>,
    /// The callers by the users they call.
    callers: HashMap<Rc<str>, Rc<str>>,
    deadlines: Timers<Rc<str>>,
    /// Candidates of calls that have not begun.
    early: Early,
    /// Users with clients that may have begun or ceased to take part in a call.
    rearranged: BTreeSet<Rc<str>>,
}

impl<S: Storage + Clone> Calls<S> {
    /// Reads the calls that a database of the current version holds.
    ///
    /// # Errors
    /// The database fails.
    pub fn open(storage: S) -> Result<Self, StorageError> {
        let mut calls = Self {
            signalled: Signalled::new(storage.clone()),
            by_caller: HashMap::new(),
            callers: HashMap::new(),
            deadlines: Timers::default(),
            early: Early::default(),
            rearranged: BTreeSet::new(),
            storage,
        };
        for mut row in calls.storage.query("SELECT caller, call FROM calls", &[])? {
            match json::from_str(&row.text(1)?) {
                Ok(call) => calls.put(call),
                // Another version of the program wrote it. No call is worth a room that cannot be opened.
                Err(_) => {
                    let caller = row.text(0)?;
                    calls.storage.query("DELETE FROM calls WHERE caller = ?1", &[caller.as_str().into()])?;
                }
            }
        }
        Ok(calls)
    }

    /// Passes a signalling event on to another user.
    ///
    /// # Errors
    /// The event is refused, or the database fails. Only its sender hears of it.
    pub fn signal(
        &mut self,
        now: Time,
        from: &Party,
        to: Addressee,
        kind: SignalKind,
        content: Option<Content>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), Failure> {
        let refused = (kind == SignalKind::Offer).then(|| to.clone());
        let result = self.pass_on(now, from, to, kind, content, deliveries);
        let Err(failure) = result else { return Ok(()) };
        if let Some(to) = refused {
            let is_told = |delivery: &Delivery| {
                delivery.to == *from && matches!(delivery.event, CallEvent::Ended { .. })
            };
            if !deliveries.iter().any(is_told) {
                return self.refuse(now, from, &to, deliveries).map_err(Failure::from).and(Err(failure));
            }
        }
        self.note(now, deliveries)?;
        Err(failure)
    }

    fn pass_on(
        &mut self,
        now: Time,
        from: &Party,
        to: Addressee,
        kind: SignalKind,
        content: Option<Content>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), Failure> {
        if to.key.as_ref() == Some(&from.user.key) {
            return Err(Refusal::invalid("cannot_call_yourself", "You can't call yourself.").into());
        }
        let own = self
            .call_of(&from.user.key)
            .filter(|call| to.key.as_ref() == Some(&call.other(&from.user.key).key));
        // A tab that was opened anew calls anew, and may gather candidates for that.
        let begins_anew = matches!(kind, SignalKind::Offer | SignalKind::Candidate);
        if let Some(mut call) = own.filter(|call| !(begins_anew && call.is_abandoned_by(from))).cloned() {
            let step = call.signal(now, from, kind, content, deliveries)?;
            return self.commit(now, call, step, deliveries);
        }
        match (kind, content) {
            (SignalKind::Offer, offer) => self.begin(now, from, to, offer, deliveries),
            _ if to.parties.is_empty() => Err(user_offline().into()),
            (SignalKind::Candidate, Some(candidate)) if self.is_free(from) => {
                Ok(self.early.hold(now, from, &to.parties[0].user.key, candidate)?)
            }
            _ => Err(not_in_call().into()),
        }
    }

    /// Tells a client that its `call_user` leads nowhere. A connected call that it would have renegotiated goes on. A ringing
    /// call whose offer it would have replaced ends, since the caller's frontend gives up.
    ///
    /// # Errors
    /// The database fails; the client is told nevertheless.
    pub fn refuse(
        &mut self,
        now: Time,
        from: &Party,
        to: &Addressee,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), StorageError> {
        let own = self.call_of(&from.user.key);
        let with = own.filter(|call| match &to.key {
            Some(key) => *key == call.other(&from.user.key).key,
            // The event does not say which user it is for.
            None => to.written.is_empty(),
        });
        if with.is_some_and(|call| call.is_connected_by(from)) {
            return Ok(());
        }
        let is_dialled = to.key.is_some() && with.is_some_and(|call| call.is_dialled_by(from));
        if let Some(key) = &to.key {
            self.early.take(now, from, key, None);
        }
        let mut refused = vec![ended(from.clone(), &to.written, Reason::Refused)];
        let noted = self.note(now, &refused);
        deliveries.append(&mut refused);
        if is_dialled {
            self.step(now, &from.user.key, deliveries, |call, deliveries| call.cancel(from, deliveries))?;
        }
        noted
    }

    /// Whether a client may begin a call, as far as its own user is concerned.
    fn is_free(&self, from: &Party) -> bool {
        self.call_of(&from.user.key).is_none_or(|call| call.is_abandoned_by(from))
    }

    fn begin(
        &mut self,
        now: Time,
        from: &Party,
        to: Addressee,
        offer: Option<Content>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), Failure> {
        let refused = |reason| vec![ended(from.clone(), &to.written, reason)];
        let candidates =
            to.key.as_ref().map(|key| self.early.take(now, from, key, offer.as_ref())).unwrap_or_default();
        let Some(callee) = to.parties.first().map(|party| party.user.clone()) else {
            *deliveries = refused(Reason::Offline);
            return Err(user_offline().into());
        };
        let own = self.call_of(&from.user.key);
        let abandoned = own.filter(|call| call.is_abandoned_by(from)).cloned();
        if own.is_some() && abandoned.is_none() {
            *deliveries = refused(Reason::Busy);
            return Err(already_in_call().into());
        }
        let abandoned_key = abandoned.as_ref().map(|call| &call.caller().key);
        if self.call_of(&callee.key).is_some_and(|call| Some(&call.caller().key) != abandoned_key) {
            *deliveries = refused(Reason::Busy);
            return Err(conflict("user_busy", "This user is in another call.").into());
        }
        if let Some(mut call) = abandoned {
            call.abandon(&from.user, deliveries);
            self.commit(now, call, Step::Ends, deliveries)?;
        }
        let sids = to.parties.into_iter().map(|party| party.sid).collect();
        let mut rings = Vec::new();
        let mut call = Call::begin(now, from.clone(), callee, sids, offer, &mut rings);
        call.precede(candidates);
        let result = self.commit(now, call, Step::Changes, &mut rings);
        deliveries.extend(rings);
        result
    }

    /// Notes that a client is connected, for the first time or again.
    ///
    /// # Errors
    /// The database fails; in memory it counts nevertheless.
    pub fn entered(
        &mut self,
        now: Time,
        party: &Party,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), StorageError> {
        if self.call_of(&party.user.key).is_some() {
            self.rearranged.insert(party.user.key.clone());
        }
        self.step(now, &party.user.key, deliveries, |call, deliveries| call.entered(party, deliveries))
    }

    /// Notes that a client outlived the memory.
    pub fn seen(&mut self, party: &Party) {
        if let Some(mut call) = self.call_of(&party.user.key).cloned() {
            call.seen(party);
            self.put(call);
        }
    }

    /// Notes that a client has no socket any more.
    ///
    /// # Errors
    /// The database fails; in memory it counts nevertheless.
    pub fn left(
        &mut self,
        now: Time,
        party: &Party,
        how: Departure,
        user: Whereabouts,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), StorageError> {
        if !how.is_loss() {
            self.early.left(party);
        }
        self.step(now, &party.user.key, deliveries, |call, deliveries| {
            call.left(now, party, how, user, deliveries)
        })
    }

    /// Ends the calls that have rung or waited long enough.
    ///
    /// # Errors
    /// The database fails; in memory it counts nevertheless.
    pub fn tick(&mut self, now: Time, deliveries: &mut Vec<Delivery>) -> Result<(), StorageError> {
        self.early.tick(now);
        let mut result = Ok(());
        while let Some(caller) = self.deadlines.pop_due(now) {
            result = result
                .and(self.step(now, &caller, deliveries, |call, deliveries| call.tick(now, deliveries)));
        }
        result
    }

    /// The earliest moment at which [`Calls::tick`] is needed.
    pub fn deadline(&self) -> Option<Time> {
        [self.deadlines.next(), self.early.next_deadline()].into_iter().flatten().min()
    }

    /// Takes the users with clients that may have begun or ceased to take part in a call since the last time.
    pub fn take_rearranged(&mut self) -> BTreeSet<Rc<str>> {
        std::mem::take(&mut self.rearranged)
    }

    /// Whether a client takes part in a call.
    pub fn is_in_call(&self, party: &Party) -> bool {
        self.call_of(&party.user.key).is_some_and(|call| call.concerns(party))
    }

    fn call_of(&self, key: &str) -> Option<&Call> {
        self.by_caller.get(self.callers.get(key).map_or(key, |caller| caller))
    }

    /// Carries out a transition of a user's call that cannot be refused.
    fn step(
        &mut self,
        now: Time,
        key: &str,
        deliveries: &mut Vec<Delivery>,
        step: impl FnOnce(&mut Call, &mut Vec<Delivery>) -> Step,
    ) -> Result<(), StorageError> {
        let Some(mut call) = self.call_of(key).cloned() else { return Ok(()) };
        let mut caused = Vec::new();
        let step = step(&mut call, &mut caused);
        let written = self.write(now, &call, step, &caused);
        deliveries.extend(caused);
        self.keep(now, call, step);
        written
    }

    /// Writes a transition that a client caused, and only then carries it out.
    fn commit(
        &mut self,
        now: Time,
        call: Call,
        step: Step,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), Failure> {
        self.write(now, &call, step, deliveries).inspect_err(|_| deliveries.clear())?;
        self.keep(now, call, step);
        Ok(())
    }

    fn write(&self, now: Time, call: &Call, step: Step, deliveries: &[Delivery]) -> Result<(), StorageError> {
        self.note(now, deliveries)?;
        let caller = (&*call.caller().key).into();
        match step {
            Step::Stays => {}
            Step::Changes => {
                let json =
                    serde_json::to_string(call).map_err(|error| StorageError(format!("a call: {error}")))?;
                self.storage.query(
                    "INSERT INTO calls (caller, call) VALUES (?1, ?2)
                     ON CONFLICT (caller) DO UPDATE SET call = excluded.call",
                    &[caller, json.as_str().into()],
                )?;
            }
            Step::Ends => {
                self.storage.query("DELETE FROM calls WHERE caller = ?1", &[caller])?;
            }
        }
        Ok(())
    }

    /// Notes the users who are sent something, in case that the memory is lost before it arrives.
    fn note(&self, now: Time, deliveries: &[Delivery]) -> Result<(), StorageError> {
        for (index, Delivery { to, .. }) in deliveries.iter().enumerate() {
            // A few deliveries, and mostly to one user.
            if deliveries[..index].iter().all(|earlier| earlier.to.user.key != to.user.key) {
                self.signalled.note(now, &to.user.key)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, now: Time, mut call: Call, step: Step) {
        if step != Step::Stays {
            self.rearranged.extend([call.caller(), call.callee()].map(|user| user.key.clone()));
        }
        match step {
            Step::Stays => self.put(call),
            Step::Changes => {
                call.stored();
                self.put(call);
            }
            Step::Ends => {
                self.by_caller.remove(&call.caller().key);
                self.callers.remove(&call.callee().key);
                self.deadlines.cancel(call.caller().key.clone());
                self.early.ended(now, &call.caller().key, &call.callee().key);
            }
        }
    }

    fn put(&mut self, call: Call) {
        let caller = call.caller().key.clone();
        match call.next_deadline() {
            Some(at) => self.deadlines.set(caller.clone(), at),
            None => self.deadlines.cancel(caller.clone()),
        }
        self.callers.insert(call.callee().key.clone(), caller.clone());
        self.by_caller.insert(caller, call);
    }
}
