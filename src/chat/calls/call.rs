//! One call: what each of its two users may do, and who has to hear of it. Knows no storage and no other call.

use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::signal::{CallEvent, Content, Reason, Send};
use super::{Party, User};
use crate::chat::command::SignalKind;
use crate::chat::presence::Whereabouts;
use crate::refusal::{Refusal, RefusalKind};
use engineio::Time;
use socketio::Departure;

/// How long it rings.
pub const RINGING: Duration = Duration::from_secs(45);

/// How long a call goes on without the signalling socket of one side.
pub const GRACE: Duration = Duration::from_secs(15);

/// How many candidates of one side wait for the answer.
pub const MAX_EARLY: usize = 128;

/// How many bytes of candidates of one side wait for the answer.
pub const MAX_EARLY_BYTES: usize = 64 * 1024;

/// The largest offer that is kept for sockets of the callee that connect while it rings, in bytes.
pub const MAX_KEPT_OFFER: usize = 64 * 1024;

/// How long after a candidate it is stored what waits for the answer: the candidates of one call come together.
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
        /// For sockets of the callee that connect later; none if it is too large to be kept.
        offer: Option<Content>,
        /// The sessions of the callee that have heard of the call.
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

/// Whether a side can be reached.
///
/// Only a deadline is stored: it is a moment, and outlives the memory. A side that was here when the memory was lost has to
/// show itself again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Option<u64>", into = "Option<u64>")]
enum Contact {
    /// The memory was lost, and no session of this side has shown itself since.
    #[default]
    Unknown,
    /// Connected.
    Here,
    /// Lost, and expected back by then.
    MissingUntil(Time),
}

/// What a step leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Nothing that has to outlive the memory.
    Stays,
    /// Something to be stored.
    Changes,
    /// No call.
    Ends,
}

impl Call {
    /// A user calls another one, of whom these sessions are connected.
    pub fn begin(
        now: Time,
        caller: Party,
        callee: User,
        sids: Vec<Rc<str>>,
        offer: Option<Content>,
        sends: &mut Vec<Send>,
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
        call.ring(offer, sends);
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

    /// One of the two sends the other a signalling event. What is refused changes nothing, but may lead to events for the sender.
    ///
    /// # Errors
    /// In this state of the call this socket cannot do this.
    pub fn signal(
        &mut self,
        now: Time,
        from: &Party,
        kind: SignalKind,
        content: Option<Content>,
        sends: &mut Vec<Send>,
    ) -> Result<Step, Refusal> {
        let side = self.side_of(from);
        let takes_part = self.takes_part(side, &from.sid);
        match (&mut self.state, side, kind) {
            (_, _, SignalKind::Offer) if !takes_part => {
                let from_name = self.other(&from.user.key).name.clone();
                sends.push(ended(from.clone(), &from_name, Reason::Busy));
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
                self.ring(content, sends);
                Ok(Step::Changes)
            }
            (State::Ringing { .. }, Side::Caller, SignalKind::Answer) => {
                Err(conflict("nothing_to_answer", "This user isn't calling you."))
            }
            (State::Ringing { .. }, Side::Caller, SignalKind::End) => {
                Ok(self.end(Reason::Cancelled, Some(from), sends))
            }
            (State::Ringing { offer, .. }, Side::Callee, SignalKind::Offer) => {
                sends.push(ended(from.clone(), &self.caller.user.name, Reason::Glare));
                // A frontend that leaves its calling screen now has to learn again that it rings.
                if offer.is_some() {
                    let event = CallEvent::Signal {
                        from: self.caller.user.name.clone(),
                        kind: SignalKind::Offer,
                        content: offer.clone(),
                    };
                    sends.push(Send { to: from.clone(), event });
                }
                Err(conflict("glare", "This user is already calling you."))
            }
            (State::Ringing { .. }, Side::Callee, SignalKind::Answer) => {
                self.claim(from, content, sends);
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
                Ok(self.end(Reason::Declined, Some(from), sends))
            }

            (State::Connected { .. }, _, SignalKind::End) => Ok(self.end(Reason::Hangup, Some(from), sends)),
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
                sends.push(Send { to, event });
                Ok(Step::Stays)
            }
        }
    }

    /// Takes over the candidates that the caller sent before the offer; they count as the first that wait for the answer.
    pub fn precede(&mut self, candidates: Vec<Content>) {
        let sid = &self.caller.sid;
        if let State::Ringing { early, .. } = &mut self.state {
            let first = candidates.into_iter();
            early.extend(first.map(|candidate| Early { side: Side::Caller, sid: sid.clone(), candidate }));
        }
    }

    /// Whether a session of one of the two takes part; before the answer all of the callee's do.
    pub fn concerns(&self, party: &Party) -> bool {
        self.takes_part(self.side_of(party), &party.sid)
    }

    /// Whether the call is connected, and by this session.
    pub fn is_connected_by(&self, party: &Party) -> bool {
        matches!(self.state, State::Connected { .. }) && self.takes_part(self.side_of(party), &party.sid)
    }

    /// Whether this session is the one that calls, and nobody has answered yet.
    pub fn is_dialled_by(&self, party: &Party) -> bool {
        matches!(self.state, State::Ringing { .. }) && self.caller == *party
    }

    /// The caller's frontend gives up before anybody answers.
    pub fn cancel(&self, by: &Party, sends: &mut Vec<Send>) -> Step {
        self.end(Reason::Cancelled, Some(by), sends)
    }

    /// A session of one of the two is connected, again or for the first time. One of the callee's that does not know of the
    /// call yet rings as well.
    pub fn entered(&mut self, party: &Party, sends: &mut Vec<Send>) -> Step {
        let was_missing = self.seen(party);
        if self.side_of(party) == Side::Callee
            && let State::Ringing { offer: offer @ Some(_), rang, .. } = &mut self.state
            && !rang.contains(&party.sid)
        {
            rang.push(party.sid.clone());
            let from = self.caller.user.name.clone();
            let event = CallEvent::Signal { from, kind: SignalKind::Offer, content: offer.clone() };
            sends.push(Send { to: party.clone(), event });
            return Step::Changes;
        }
        if was_missing { Step::Changes } else { Step::Stays }
    }

    /// A session of one of the two is connected, and was all the time. Returns whether its side had a deadline.
    pub fn seen(&mut self, party: &Party) -> bool {
        let side = self.side_of(party);
        if !self.takes_part(side, &party.sid) {
            return false;
        }
        let before = std::mem::replace(self.contact(side), Contact::Here);
        matches!(before, Contact::MissingUntil(_))
    }

    /// A session of one of the two has no socket any more.
    pub fn left(
        &mut self,
        now: Time,
        party: &Party,
        how: Departure,
        user: Whereabouts,
        sends: &mut Vec<Send>,
    ) -> Step {
        let side = self.side_of(party);
        let is_gone = match (&self.state, side) {
            // Anyone of the callee's may answer as long as it rings.
            (State::Ringing { .. }, Side::Callee) if user == Whereabouts::Connected => return Step::Stays,
            (State::Ringing { .. }, Side::Callee) => user == Whereabouts::Gone,
            _ if !self.takes_part(side, &party.sid) => return Step::Stays,
            _ => !how.is_loss(),
        };
        if is_gone {
            return self.end(Reason::Disconnected, Some(party), sends);
        }
        let until = how.lost_since(now).unwrap_or(now) + GRACE;
        if until <= now {
            return self.end(Reason::Disconnected, None, sends);
        }
        *self.contact(side) = Contact::MissingUntil(until);
        Step::Changes
    }

    /// Whether the call waits only for a session of this user that has lost its socket.
    pub fn is_abandoned_by(&self, party: &Party) -> bool {
        let side = self.side_of(party);
        let contact = if side == Side::Caller { self.caller_contact } else { self.callee_contact };
        contact != Contact::Here && !self.takes_part(side, &party.sid)
    }

    /// The call ends because a user is gone.
    pub fn abandon(&mut self, gone: &User, sends: &mut Vec<Send>) {
        let sid: Rc<str> = "".into();
        self.end(Reason::Disconnected, Some(&Party { user: gone.clone(), sid }), sends);
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Time, sends: &mut Vec<Send>) -> Step {
        if let State::Ringing { until, .. } = &self.state
            && Time::from_millis(*until) <= now
        {
            return self.end(Reason::NoAnswer, None, sends);
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
            return self.end(Reason::Disconnected, None, sends);
        }
        let has_candidates_to_store =
            matches!(&self.state, State::Ringing { store_at: Some(at), .. } if *at <= now);
        if has_new_deadline || has_candidates_to_store { Step::Changes } else { Step::Stays }
    }

    /// The call is stored as it is.
    pub fn stored(&mut self) {
        if let State::Ringing { store_at, .. } = &mut self.state {
            *store_at = None;
        }
    }

    /// The earliest moment at which [`Call::tick`] is wanted.
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

    /// Whether the call is the business of a session of this side: before the answer that of all of the callee's.
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

    /// Every session of the callee that is to hear of the call gets the offer.
    fn ring(&mut self, content: Option<Content>, sends: &mut Vec<Send>) {
        let State::Ringing { offer, rang, .. } = &mut self.state else { return };
        *offer = content.clone().filter(|content| content.size() <= MAX_KEPT_OFFER);
        for sid in rang {
            let to = Party { user: self.callee.clone(), sid: sid.clone() };
            let from = self.caller.user.name.clone();
            let event = CallEvent::Signal { from, kind: SignalKind::Offer, content: content.clone() };
            sends.push(Send { to, event });
        }
    }

    /// A session of the callee has answered; from now on the call is between the two.
    fn claim(&mut self, by: &Party, answer: Option<Content>, sends: &mut Vec<Send>) {
        let connected = State::Connected { callee_sid: by.sid.clone(), open: Open::default() };
        let State::Ringing { rang, early, .. } = std::mem::replace(&mut self.state, connected) else {
            return;
        };
        self.callee_contact = Contact::Here;
        let from = self.callee.name.clone();
        let event = CallEvent::Signal { from, kind: SignalKind::Answer, content: answer };
        sends.push(Send { to: self.caller.clone(), event });
        for Early { side, sid, candidate } in early {
            let (to, from) = match side {
                Side::Caller => (by.clone(), &self.caller.user),
                Side::Callee if sid == by.sid => (self.caller.clone(), &self.callee),
                Side::Callee => continue,
            };
            let kind = SignalKind::Candidate;
            let event = CallEvent::Signal { from: from.name.clone(), kind, content: Some(candidate) };
            sends.push(Send { to, event });
        }
        for sid in rang.into_iter().filter(|sid| *sid != by.sid) {
            let to = Party { user: self.callee.clone(), sid };
            sends.push(ended(to, &self.caller.user.name, Reason::AnsweredElsewhere));
        }
    }

    /// Tells everyone whom the call concerns that it has ended, except for the one who brought it about.
    fn end(&self, reason: Reason, by: Option<&Party>, sends: &mut Vec<Send>) -> Step {
        let callee_sids = match &self.state {
            State::Ringing { rang, .. } => rang.as_slice(),
            State::Connected { callee_sid, .. } => std::slice::from_ref(callee_sid),
        };
        let callees = callee_sids.iter().map(|sid| Party { user: self.callee.clone(), sid: sid.clone() });
        let others = std::iter::once(self.caller.clone()).chain(callees).filter(|party| Some(party) != by);
        sends.extend(others.map(|party| {
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

impl Contact {
    fn deadline(self) -> Option<Time> {
        match self {
            Self::Unknown => Some(Time::from_millis(0)),
            Self::Here => None,
            Self::MissingUntil(at) => Some(at),
        }
    }
}

impl From<Option<u64>> for Contact {
    fn from(missing_until: Option<u64>) -> Self {
        missing_until.map_or(Self::Unknown, |millis| Self::MissingUntil(Time::from_millis(millis)))
    }
}

impl From<Contact> for Option<u64> {
    fn from(contact: Contact) -> Self {
        match contact {
            Contact::Unknown | Contact::Here => None,
            Contact::MissingUntil(at) => Some(at.as_millis()),
        }
    }
}

/// Tells a session that its call with the user `from` has ended.
pub fn ended(to: Party, from: &Rc<str>, reason: Reason) -> Send {
    Send { to, event: CallEvent::Ended { from: from.clone(), reason } }
}

/// Refuses what does not go together with the calls there are.
pub fn conflict(code: &'static str, message: &str) -> Refusal {
    Refusal::new(RefusalKind::Conflict, code, message)
}

/// Refuses a candidate beyond those that may wait.
pub fn too_many_candidates(sentence: &str) -> Refusal {
    conflict("too_many_candidates", sentence)
}

/// Refuses what only makes sense in a call.
pub fn not_in_call() -> Refusal {
    conflict("not_in_call", "You're not in a call with this user.")
}

/// Refuses a second call of the same user.
pub fn already_in_call() -> Refusal {
    conflict("already_in_call", "You're already in a call.")
}
