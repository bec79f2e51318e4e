//! One call: the state, and every transition that its two users and the clock can cause. Knows no storage and no other call.
//!
//! All transitions stand beside the states in one file, so that they are read together; so it is longer than others.

use std::rc::Rc;
use std::time::Duration;

use engineio::Time;
use serde::{Deserialize, Serialize};
use socketio::Departure;

use super::contact::Contact;
use super::refusals::{already_in_call, conflict, too_many_candidates};
use super::signal::{CallEvent, Content, Delivery, Reason, SignalKind};
use super::{Party, User};
use crate::chat::member::Whereabouts;
use crate::refusal::Refusal;

/// How long a call rings.
pub const RINGING: Duration = Duration::from_secs(45);

/// How long a call goes on without the signalling socket of one side.
pub const GRACE: Duration = Duration::from_secs(15);

/// The most candidates of one side that wait for the answer.
pub const MAX_EARLY: usize = 128;

/// The most bytes of candidates of one side that wait for the answer.
pub const MAX_EARLY_BYTES: usize = 64 * 1024;

/// The largest offer that is kept for clients of the callee that connect while it rings, in bytes.
pub const MAX_KEPT_OFFER: usize = 64 * 1024;

/// How long after a candidate the waiting ones are stored. The candidates of one call come together.
pub const SETTLING: Duration = Duration::from_secs(2);

/// A call that has not ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Call {
    caller: Party,
    callee: User,
    state: State,
    #[serde(default)]
    caller_contact: Contact,
    #[serde(default)]
    callee_contact: Contact,
}

// ```text
//                    call_user
//                        │
//                        ▼        call_answer
//                     Ringing ───────────────────► Connected
//                        │                             │
//  declined, cancelled,  │                             │  hangup,
//  no_answer,            └───────────► ended ◄─────────┘  disconnected
//  disconnected
// ```
//
// A call that has ended is forgotten. Calls that end as `offline`, `busy` or `glare` never begin, and `answered_elsewhere`
// ends a call only for the sockets that did not answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum State {
    Ringing {
        /// In milliseconds since 1970.
        until: u64,
        /// For clients of the callee that connect later. `None` if it is too large to be kept.
        offer: Option<Content>,
        /// The socket ids of the callee that have heard of the call.
        rang: Vec<Rc<str>>,
        early: Vec<Early>,
        /// When `early` is to be stored.
        #[serde(skip)]
        store_at: Option<Time>,
    },
    Connected {
        callee_sid: Rc<str>,
        #[serde(skip, default = "Open::unknown")]
        open: Open,
    },
}

/// The sides of a connected call whose offers wait for an answer: with an offer a side renegotiates the call.
///
/// Not stored, because a renegotiation would cost two rows, and is over before an object can be evicted. After a sleep either
/// side may have an open offer, so that at worst one answer too many is passed on.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    caller: bool,
    callee: bool,
}

/// A candidate that waits for the answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Early {
    side: Side,
    sid: Rc<str>,
    candidate: Content,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
enum Side {
    Caller,
    Callee,
}

/// The outcome of a transition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing has to be stored.
    Stays,
    /// The call has to be stored.
    Changes,
    /// The call is over.
    Ends,
}

impl Call {
    /// Begins a call of a user who is connected with these socket ids.
    pub fn begin(
        now: Time,
        caller: Party,
        callee: User,
        sids: Vec<Rc<str>>,
        offer: Option<Content>,
        deliveries: &mut Vec<Delivery>,
    ) -> Self {
        let state = State::Ringing {
            until: (now + RINGING).as_millis(),
            offer: None,
            rang: sids,
            early: Vec::new(),
            store_at: None,
        };
        let mut call =
            Self { caller, callee, state, caller_contact: Contact::Here, callee_contact: Contact::Here };
        call.ring(offer, deliveries);
        call
    }

    /// The user who calls.
    pub fn caller(&self) -> &User {
        &self.caller.user
    }

    /// The user who is called.
    pub fn callee(&self) -> &User {
        &self.callee
    }

    /// The user at the other end.
    pub fn other(&self, key: &str) -> &User {
        if *self.caller.user.key == *key { &self.callee } else { &self.caller.user }
    }

    /// Passes a signalling event from one of the two to the other. A refused one changes nothing, but may lead to events for its
    /// sender.
    ///
    /// # Errors
    /// The state of the call does not allow this event to this client.
    pub fn signal(
        &mut self,
        now: Time,
        from: &Party,
        kind: SignalKind,
        content: Option<Content>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<Step, Refusal> {
        let side = self.side_of(from);
        let takes_part = self.takes_part(side, &from.sid);
        match (&mut self.state, side, kind) {
            (_, _, SignalKind::Offer) if !takes_part => {
                let from_name = self.other(&from.user.key).name.clone();
                deliveries.push(ended(from.clone(), &from_name, Reason::Busy));
                Err(already_in_call())
            }
            (State::Connected { .. }, Side::Callee, SignalKind::Answer) if !takes_part => Err(conflict(
                "answered_elsewhere",
                "This call was answered on another device or in another tab.",
            )),
            (_, _, _) if !takes_part => {
                Err(conflict("call_elsewhere", "This call is on another device or in another tab."))
            }

            (State::Ringing { .. }, Side::Caller, SignalKind::Offer) => {
                self.ring(content, deliveries);
                Ok(Step::Changes)
            }
            (State::Ringing { .. }, Side::Caller, SignalKind::Answer) => {
                Err(conflict("nothing_to_answer", "This user isn't calling you."))
            }
            (State::Ringing { .. }, Side::Caller, SignalKind::End) => {
                Ok(self.end(Reason::Cancelled, Some(from), deliveries))
            }
            (State::Ringing { offer, .. }, Side::Callee, SignalKind::Offer) => {
                deliveries.push(ended(from.clone(), &self.caller.user.name, Reason::Glare));
                // A frontend that leaves its calling screen now has to learn again that it rings.
                if offer.is_some() {
                    let event = CallEvent::Signal {
                        from: self.caller.user.name.clone(),
                        kind: SignalKind::Offer,
                        content: offer.clone(),
                    };
                    deliveries.push(Delivery { to: from.clone(), event });
                }
                Err(conflict("glare", "This user is already calling you."))
            }
            (State::Ringing { .. }, Side::Callee, SignalKind::Answer) => {
                self.claim(from, content, deliveries);
                Ok(Step::Changes)
            }
            (State::Ringing { early, store_at, .. }, _, SignalKind::Candidate) => {
                let Some(candidate) = content else { return Ok(Step::Stays) };
                let waiting = early.iter().filter(|it| it.side == side).map(|it| it.candidate.size());
                let (count, bytes) = waiting.fold((0, 0), |(count, bytes), size| (count + 1, bytes + size));
                if count >= MAX_EARLY || bytes + candidate.size() > MAX_EARLY_BYTES {
                    return Err(too_many_candidates("Too many candidates are waiting for the answer."));
                }
                early.push(Early { side, sid: from.sid.clone(), candidate });
                store_at.get_or_insert(now + SETTLING);
                Ok(Step::Stays)
            }
            (State::Ringing { .. }, Side::Callee, SignalKind::End) => {
                Ok(self.end(Reason::Declined, Some(from), deliveries))
            }

            (State::Connected { .. }, _, SignalKind::End) => {
                Ok(self.end(Reason::Hangup, Some(from), deliveries))
            }
            (State::Connected { callee_sid, open }, _, _) => {
                match kind {
                    SignalKind::Offer => *open.of(side) = true,
                    SignalKind::Answer if !std::mem::take(open.of(side.other())) => {
                        return Err(conflict("nothing_to_answer", "There is no offer to answer."));
                    }
                    SignalKind::Answer | SignalKind::Candidate | SignalKind::End => {}
                }
                let to = match side {
                    Side::Caller => Party { user: self.callee.clone(), sid: callee_sid.clone() },
                    Side::Callee => self.caller.clone(),
                };
                let event = CallEvent::Signal { from: from.user.name.clone(), kind, content };
                deliveries.push(Delivery { to, event });
                Ok(Step::Stays)
            }
        }
    }

    /// Takes over the candidates that the caller sent before the offer, as the first that wait for the answer.
    pub fn precede(&mut self, candidates: Vec<Content>) {
        let sid = &self.caller.sid;
        if let State::Ringing { early, .. } = &mut self.state {
            let first = candidates.into_iter();
            early.extend(first.map(|candidate| Early { side: Side::Caller, sid: sid.clone(), candidate }));
        }
    }

    /// Whether a client of one of the two takes part. Before the answer all of the callee's do.
    pub fn concerns(&self, party: &Party) -> bool {
        self.takes_part(self.side_of(party), &party.sid)
    }

    /// Whether the call is connected, and by this client.
    pub fn is_connected_by(&self, party: &Party) -> bool {
        matches!(self.state, State::Connected { .. }) && self.takes_part(self.side_of(party), &party.sid)
    }

    /// Whether the call rings, and this client began it.
    pub fn is_dialled_by(&self, party: &Party) -> bool {
        matches!(self.state, State::Ringing { .. }) && self.caller == *party
    }

    /// Cancels the call, because the caller's frontend gives up.
    pub fn cancel(&self, by: &Party, deliveries: &mut Vec<Delivery>) -> Step {
        self.end(Reason::Cancelled, Some(by), deliveries)
    }

    /// Notes that a client of one of the two is connected, for the first time or again. One of the callee's that does not know of
    /// the call yet rings as well.
    pub fn entered(&mut self, party: &Party, deliveries: &mut Vec<Delivery>) -> Step {
        let was_missing = self.seen(party);
        if self.side_of(party) == Side::Callee
            && let State::Ringing { offer: offer @ Some(_), rang, .. } = &mut self.state
            && !rang.contains(&party.sid)
        {
            rang.push(party.sid.clone());
            let from = self.caller.user.name.clone();
            let event = CallEvent::Signal { from, kind: SignalKind::Offer, content: offer.clone() };
            deliveries.push(Delivery { to: party.clone(), event });
            return Step::Changes;
        }
        if was_missing { Step::Changes } else { Step::Stays }
    }

    /// Notes that a client of one of the two has been connected all along. Returns whether its side had a deadline.
    pub fn seen(&mut self, party: &Party) -> bool {
        let side = self.side_of(party);
        if !self.takes_part(side, &party.sid) {
            return false;
        }
        let before = std::mem::replace(self.contact(side), Contact::Here);
        matches!(before, Contact::MissingUntil(_))
    }

    /// Notes that a client of one of the two has no socket any more.
    pub fn left(
        &mut self,
        now: Time,
        party: &Party,
        how: Departure,
        user: Whereabouts,
        deliveries: &mut Vec<Delivery>,
    ) -> Step {
        let side = self.side_of(party);
        let is_gone = match (&self.state, side) {
            // While it rings, any client of the callee may answer.
            (State::Ringing { .. }, Side::Callee) if user == Whereabouts::Connected => return Step::Stays,
            (State::Ringing { .. }, Side::Callee) => user == Whereabouts::Gone,
            _ if !self.takes_part(side, &party.sid) => return Step::Stays,
            _ => !how.is_loss(),
        };
        if is_gone {
            return self.end(Reason::Disconnected, Some(party), deliveries);
        }
        let until = how.lost_since(now).unwrap_or(now) + GRACE;
        if until <= now {
            return self.end(Reason::Disconnected, None, deliveries);
        }
        *self.contact(side) = Contact::MissingUntil(until);
        Step::Changes
    }

    /// Whether the call waits only for another client of this user, which has lost its socket.
    pub fn is_abandoned_by(&self, party: &Party) -> bool {
        let side = self.side_of(party);
        let contact = if side == Side::Caller { self.caller_contact } else { self.callee_contact };
        contact != Contact::Here && !self.takes_part(side, &party.sid)
    }

    /// Ends the call because a user is gone.
    pub fn abandon(&mut self, gone: &User, deliveries: &mut Vec<Delivery>) {
        let sid: Rc<str> = "".into();
        self.end(Reason::Disconnected, Some(&Party { user: gone.clone(), sid }), deliveries);
    }

    /// Ends a call that has rung or waited long enough.
    pub fn tick(&mut self, now: Time, deliveries: &mut Vec<Delivery>) -> Step {
        if let State::Ringing { until, .. } = &self.state
            && Time::from_millis(*until) <= now
        {
            return self.end(Reason::NoAnswer, None, deliveries);
        }
        let mut has_new_deadline = false;
        for contact in [&mut self.caller_contact, &mut self.callee_contact] {
            if *contact == Contact::Unknown {
                *contact = Contact::MissingUntil(now + GRACE);
                has_new_deadline = true;
            }
        }
        if [self.caller_contact, self.callee_contact]
            .into_iter()
            .filter_map(Contact::deadline)
            .any(|at| at <= now)
        {
            return self.end(Reason::Disconnected, None, deliveries);
        }
        let has_candidates_to_store =
            matches!(&self.state, State::Ringing { store_at: Some(at), .. } if *at <= now);
        if has_new_deadline || has_candidates_to_store { Step::Changes } else { Step::Stays }
    }

    /// Notes that the call is stored as it is.
    pub fn stored(&mut self) {
        if let State::Ringing { store_at, .. } = &mut self.state {
            *store_at = None;
        }
    }

    /// The earliest moment at which [`Call::tick`] is needed.
    pub fn next_deadline(&self) -> Option<Time> {
        let (until, store_at) = match &self.state {
            State::Ringing { until, store_at, .. } => (Some(Time::from_millis(*until)), *store_at),
            State::Connected { .. } => (None, None),
        };
        let contacts = [self.caller_contact.deadline(), self.callee_contact.deadline()];
        [until, store_at].into_iter().chain(contacts).flatten().min()
    }

    fn side_of(&self, party: &Party) -> Side {
        if party.user.key == self.caller.user.key { Side::Caller } else { Side::Callee }
    }

    /// Whether a client of this side takes part. Before the answer all of the callee's do.
    fn takes_part(&self, side: Side, sid: &str) -> bool {
        match (&self.state, side) {
            (_, Side::Caller) => *self.caller.sid == *sid,
            (State::Ringing { .. }, Side::Callee) => true,
            (State::Connected { callee_sid, .. }, Side::Callee) => **callee_sid == *sid,
        }
    }

    fn contact(&mut self, side: Side) -> &mut Contact {
        match side {
            Side::Caller => &mut self.caller_contact,
            Side::Callee => &mut self.callee_contact,
        }
    }

    /// Sends the offer to every client of the callee that has heard of the call.
    fn ring(&mut self, content: Option<Content>, deliveries: &mut Vec<Delivery>) {
        let State::Ringing { offer, rang, .. } = &mut self.state else { return };
        *offer = content.clone().filter(|content| content.size() <= MAX_KEPT_OFFER);
        for sid in rang {
            let to = Party { user: self.callee.clone(), sid: sid.clone() };
            let from = self.caller.user.name.clone();
            let event = CallEvent::Signal { from, kind: SignalKind::Offer, content: content.clone() };
            deliveries.push(Delivery { to, event });
        }
    }

    /// Connects the call to the client of the callee that answers first.
    fn claim(&mut self, by: &Party, answer: Option<Content>, deliveries: &mut Vec<Delivery>) {
        let connected = State::Connected { callee_sid: by.sid.clone(), open: Open::default() };
        let State::Ringing { rang, early, .. } = std::mem::replace(&mut self.state, connected) else {
            return;
        };
        self.callee_contact = Contact::Here;
        let from = self.callee.name.clone();
        let event = CallEvent::Signal { from, kind: SignalKind::Answer, content: answer };
        deliveries.push(Delivery { to: self.caller.clone(), event });
        for Early { side, sid, candidate } in early {
            let (to, from) = match side {
                Side::Caller => (by.clone(), &self.caller.user),
                Side::Callee if sid == by.sid => (self.caller.clone(), &self.callee),
                Side::Callee => continue,
            };
            let kind = SignalKind::Candidate;
            let event = CallEvent::Signal { from: from.name.clone(), kind, content: Some(candidate) };
            deliveries.push(Delivery { to, event });
        }
        for sid in rang.into_iter().filter(|sid| *sid != by.sid) {
            let to = Party { user: self.callee.clone(), sid };
            deliveries.push(ended(to, &self.caller.user.name, Reason::AnsweredElsewhere));
        }
    }

    /// Tells every client in the call that it has ended, except for the one that ended it.
    fn end(&self, reason: Reason, by: Option<&Party>, deliveries: &mut Vec<Delivery>) -> Step {
        let callee_sids = match &self.state {
            State::Ringing { rang, .. } => rang.as_slice(),
            State::Connected { callee_sid, .. } => std::slice::from_ref(callee_sid),
        };
        let callees = callee_sids.iter().map(|sid| Party { user: self.callee.clone(), sid: sid.clone() });
        let others = std::iter::once(self.caller.clone()).chain(callees).filter(|party| Some(party) != by);
        deliveries.extend(others.map(|party| {
            let from = self.other(&party.user.key).name.clone();
            ended(party, &from, reason)
        }));
        Step::Ends
    }
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }
}

impl Open {
    fn unknown() -> Self {
        Self { caller: true, callee: true }
    }

    fn of(&mut self, side: Side) -> &mut bool {
        match side {
            Side::Caller => &mut self.caller,
            Side::Callee => &mut self.callee,
        }
    }
}

/// Tells a client that its call with the user `from` has ended.
pub fn ended(to: Party, from: &Rc<str>, reason: Reason) -> Delivery {
    Delivery { to, event: CallEvent::Ended { from: from.clone(), reason } }
}
