//! The calls there are: who is in which, when they want attention, and what of them outlives the memory.
//!
//! A user is in one call at most. A side of a call is a session, known by its id, which it still has after it was recovered.
//! Every change is written before anybody hears of it; candidates are passed on without being written.

pub mod call;
pub mod early;
pub mod signal;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::Failure;
use super::command::SignalKind;
use super::presence::Whereabouts;
use super::recovery::Signalled;
use crate::refusal::{Refusal, RefusalKind};
use crate::storage::{Storage, StorageError};
use call::{Call, Step, already_in_call, conflict, ended, not_in_call};
use early::Early;
use engineio::Time;
use engineio::Timers;
use signal::{CallEvent, Content, Reason, Send};
use socketio::Departure;

/// A user who can be called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct User {
    /// The name as it is compared.
    pub key: Rc<str>,
    /// The name as it is shown.
    pub name: Rc<str>,
}

/// One session of a user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Party {
    /// Whose it is.
    pub user: User,
    /// Its id.
    pub sid: Rc<str>,
}

/// Whom a signalling event is for.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// As the client wrote it.
    pub written: Rc<str>,
    /// The name as it is compared; none if there can be no such name.
    pub key: Option<Rc<str>>,
    /// The sessions that are connected.
    pub parties: Vec<Party>,
}

/// Every call that has not ended.
pub struct Calls<S> {
    storage: S,
    signalled: Signalled<S>,
    by_caller: HashMap<Rc<str>, Call>,
    /// The callers by the users whom they call.
    callers: HashMap<Rc<str>, Rc<str>>,
    deadlines: Timers<Rc<str>>,
    /// Candidates of calls that have not begun.
    early: Early,
    /// Users with sessions that may have begun or ceased to take part in a call.
    rearranged: BTreeSet<Rc<str>>,
}

impl<S: Storage + Clone> Calls<S> {
    /// The calls that a database of the current version holds.
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
            match serde_json::from_str(&row.text(1)?) {
                Ok(call) => calls.put(call),
                // One of another version of the program. No call is worth a room that cannot be opened.
                Err(_) => {
                    let caller = row.text(0)?;
                    calls.storage.query("DELETE FROM calls WHERE caller = ?1", &[caller.as_str().into()])?;
                }
            }
        }
        Ok(calls)
    }

    /// A session sends another user a signalling event.
    ///
    /// # Errors
    /// It is refused, and only its sender hears of it; or the database fails, and nobody else does.
    pub fn signal(
        &mut self,
        now: Time,
        from: &Party,
        to: Addressee,
        kind: SignalKind,
        content: Option<Content>,
        sends: &mut Vec<Send>,
    ) -> Result<(), Failure> {
        let refused = (kind == SignalKind::Offer).then(|| to.clone());
        let result = self.pass_on(now, from, to, kind, content, sends);
        let Err(failure) = result else { return Ok(()) };
        if let Some(to) = refused {
            let is_told = |send: &Send| send.to == *from && matches!(send.event, CallEvent::Ended { .. });
            if !sends.iter().any(is_told) {
                return self.refuse(now, from, &to, sends).map_err(Failure::from).and(Err(failure));
            }
        }
        self.note(now, sends)?;
        Err(failure)
    }

    fn pass_on(
        &mut self,
        now: Time,
        from: &Party,
        to: Addressee,
        kind: SignalKind,
        content: Option<Content>,
        sends: &mut Vec<Send>,
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
            let step = call.signal(now, from, kind, content, sends)?;
            return self.commit(now, call, step, sends);
        }
        match (kind, content) {
            (SignalKind::Offer, offer) => self.begin(now, from, to, offer, sends),
            _ if to.parties.is_empty() => Err(user_offline().into()),
            (SignalKind::Candidate, Some(candidate)) if self.is_free(from) => {
                Ok(self.early.hold(now, from, &to.parties[0].user.key, candidate)?)
            }
            _ => Err(not_in_call().into()),
        }
    }

    /// Tells a session that its `call_user` leads nowhere. If it would have renegotiated a connected call, that goes on; if it
    /// would have replaced the offer of a call that still rings, that ends, since its caller's frontend gives up.
    ///
    /// # Errors
    /// The database fails; the session is told nevertheless.
    pub fn refuse(
        &mut self,
        now: Time,
        from: &Party,
        to: &Addressee,
        sends: &mut Vec<Send>,
    ) -> Result<(), StorageError> {
        let own = self.call_of(&from.user.key);
        let with = own.filter(|call| match &to.key {
            Some(key) => *key == call.other(&from.user.key).key,
            // It does not say for whom it is.
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
        sends.append(&mut refused);
        if is_dialled {
            self.step(now, &from.user.key, sends, |call, sends| call.cancel(from, sends))?;
        }
        noted
    }

    /// Whether a session may begin a call, as far as its own user is concerned.
    fn is_free(&self, from: &Party) -> bool {
        self.call_of(&from.user.key).is_none_or(|call| call.is_abandoned_by(from))
    }

    fn begin(
        &mut self,
        now: Time,
        from: &Party,
        to: Addressee,
        offer: Option<Content>,
        sends: &mut Vec<Send>,
    ) -> Result<(), Failure> {
        let refused = |reason| vec![ended(from.clone(), &to.written, reason)];
        let candidates =
            to.key.as_ref().map(|key| self.early.take(now, from, key, offer.as_ref())).unwrap_or_default();
        let Some(callee) = to.parties.first().map(|party| party.user.clone()) else {
            *sends = refused(Reason::Offline);
            return Err(user_offline().into());
        };
        let own = self.call_of(&from.user.key);
        let abandoned = own.filter(|call| call.is_abandoned_by(from)).cloned();
        if own.is_some() && abandoned.is_none() {
            *sends = refused(Reason::Busy);
            return Err(already_in_call().into());
        }
        let abandoned_key = abandoned.as_ref().map(|call| &call.caller().key);
        if self.call_of(&callee.key).is_some_and(|call| Some(&call.caller().key) != abandoned_key) {
            *sends = refused(Reason::Busy);
            return Err(conflict("user_busy", "This user is in another call.").into());
        }
        if let Some(mut call) = abandoned {
            call.abandon(&from.user, sends);
            self.commit(now, call, Step::Ends, sends)?;
        }
        let sids = to.parties.into_iter().map(|party| party.sid).collect();
        let mut rings = Vec::new();
        let mut call = Call::begin(now, from.clone(), callee, sids, offer, &mut rings);
        call.precede(candidates);
        let result = self.commit(now, call, Step::Changes, &mut rings);
        sends.extend(rings);
        result
    }

    /// A session is connected, again or for the first time.
    ///
    /// # Errors
    /// The database fails; in memory it counts nevertheless.
    pub fn entered(&mut self, now: Time, party: &Party, sends: &mut Vec<Send>) -> Result<(), StorageError> {
        if self.call_of(&party.user.key).is_some() {
            self.rearranged.insert(party.user.key.clone());
        }
        self.step(now, &party.user.key, sends, |call, sends| call.entered(party, sends))
    }

    /// A session outlived the memory.
    pub fn seen(&mut self, party: &Party) {
        if let Some(mut call) = self.call_of(&party.user.key).cloned() {
            call.seen(party);
            self.put(call);
        }
    }

    /// A session has no socket any more.
    ///
    /// # Errors
    /// The database fails; in memory it counts nevertheless.
    pub fn left(
        &mut self,
        now: Time,
        party: &Party,
        how: Departure,
        user: Whereabouts,
        sends: &mut Vec<Send>,
    ) -> Result<(), StorageError> {
        if !how.is_loss() {
            self.early.left(party);
        }
        self.step(now, &party.user.key, sends, |call, sends| call.left(now, party, how, user, sends))
    }

    /// Ends what has rung or waited long enough.
    ///
    /// # Errors
    /// The database fails; in memory it counts nevertheless.
    pub fn tick(&mut self, now: Time, sends: &mut Vec<Send>) -> Result<(), StorageError> {
        self.early.tick(now);
        let mut result = Ok(());
        while let Some(caller) = self.deadlines.pop_due(now) {
            result = result.and(self.step(now, &caller, sends, |call, sends| call.tick(now, sends)));
        }
        result
    }

    /// The earliest moment at which [`Calls::tick`] is wanted.
    pub fn next_deadline(&self) -> Option<Time> {
        [self.deadlines.next(), self.early.next_deadline()].into_iter().flatten().min()
    }

    /// The users with sessions that may have begun or ceased to take part in a call since this was last asked.
    pub fn take_rearranged(&mut self) -> BTreeSet<Rc<str>> {
        std::mem::take(&mut self.rearranged)
    }

    /// Whether a session takes part in a call.
    pub fn is_in_call(&self, party: &Party) -> bool {
        self.call_of(&party.user.key).is_some_and(|call| call.concerns(party))
    }

    fn call_of(&self, key: &str) -> Option<&Call> {
        self.by_caller.get(self.callers.get(key).map_or(key, |caller| caller))
    }

    /// Lets something happen to the call of a user that cannot be refused.
    fn step(
        &mut self,
        now: Time,
        key: &str,
        sends: &mut Vec<Send>,
        step: impl FnOnce(&mut Call, &mut Vec<Send>) -> Step,
    ) -> Result<(), StorageError> {
        let Some(mut call) = self.call_of(key).cloned() else { return Ok(()) };
        let mut caused = Vec::new();
        let step = step(&mut call, &mut caused);
        let written = self.write(now, &call, step, &caused);
        sends.extend(caused);
        self.keep(now, call, step);
        written
    }

    /// Writes what a client brought about, and only then lets it count.
    fn commit(&mut self, now: Time, call: Call, step: Step, sends: &mut Vec<Send>) -> Result<(), Failure> {
        self.write(now, &call, step, sends).inspect_err(|_| sends.clear())?;
        self.keep(now, call, step);
        Ok(())
    }

    fn write(&self, now: Time, call: &Call, step: Step, sends: &[Send]) -> Result<(), StorageError> {
        self.note(now, sends)?;
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

    /// Notes who is sent something, in case that the memory is lost before it arrives.
    fn note(&self, now: Time, sends: &[Send]) -> Result<(), StorageError> {
        for (index, Send { to, .. }) in sends.iter().enumerate() {
            // A few sends, and mostly to one user.
            if sends[..index].iter().all(|earlier| earlier.to.user.key != to.user.key) {
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

fn user_offline() -> Refusal {
    Refusal::new(RefusalKind::NotFound, "user_offline", "This user isn't online.")
}
