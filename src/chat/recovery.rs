//! Coming back after a lost transport: Socket.IO's connection state recovery, as the standard client speaks it.
//!
//! A client gets a private id when it joins, and the offset of what it got last with every event that must not be lost.
//! Coming back, it shows both, and gets what it missed. Next to nothing is stored for that: messages are in the database
//! anyway, the private id proves by itself what it says, and signalling is kept in memory for as long as somebody may come
//! back for it. Of signalling that the memory has lost, sleeping sockets know the last, and the database roughly when there
//! was any. Where it cannot be known that nothing is missing, the client gets a fresh session instead.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::accounts::families::FamilyId;
use crate::accounts::token::Tokens;
use crate::storage::{Storage, StorageError, Value};
use engineio::Time;
use socketio::SocketKey;
use socketio::{Arguments, Departure};

/// The most messages that are sent again; whoever missed more gets a fresh session with the recent history.
pub const MAX_MISSED: u32 = 1_000;

/// How many signalling events are kept for one session.
const MAX_SIGNALS: usize = 256;

/// How many bytes of signalling events are kept for one session.
const MAX_SIGNAL_BYTES: usize = 512 * 1024;

/// How long a transport may be dead before anybody notices; what was sent meanwhile has to be sent again.
const SUSPICION: Duration = Duration::from_secs(60);

/// How often it is looked after signalling events that are kept. An object that sleeps meanwhile forgets them.
const SWEEP: Duration = Duration::from_secs(30);

/// How exactly the database knows when a user was last sent signalling: a call is one row written for each side, not one for
/// each of its many events.
const SIGNALLED_PRECISION: Duration = Duration::from_secs(15);

const SID_BYTES: usize = 15;
const UUID_BYTES: usize = 16;
const MAC_BYTES: usize = 16;

/// Makes and checks private ids: how a session began, signed together with the user's name. A client that shows one has been
/// in that session, and missed nothing that is older.
pub struct PrivateIds {
    key: Hmac<Sha256>,
}

/// How a session began.
pub struct Begun {
    /// Its id.
    pub sid: String,
    /// The newest message at that time.
    pub newest: Uuid,
    /// The login that it belonged to.
    pub login: Option<FamilyId>,
}

/// Where a client stands in the stream of events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// The newest message that it knows of.
    pub message: Uuid,
    /// The number of the last signalling event that it got after that message, if any.
    pub signal: Option<u64>,
}

/// The place of a signalling event among everything that its receiver gets.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignalId {
    /// Rises with every one of the same receiver; in milliseconds since 1970, or a little more where there are many.
    number: u64,
    /// The newest message when it was sent.
    after: Uuid,
}

/// The sessions of which something has to be remembered.
pub struct Sessions {
    window: Duration,
    by_sid: HashMap<Rc<str>, Session>,
    sweep_at: Option<Time>,
    /// When this memory began, as far as it matters: the first time that somebody was lost or came back.
    since: Option<Time>,
}

struct Session {
    state: State,
    signals: VecDeque<Signal>,
    signal_bytes: usize,
    /// The last signalling event that is not kept any more.
    forgotten: Option<SignalId>,
}

enum State {
    Connected(SocketKey),
    /// The transport was lost; the client may come back.
    Lost {
        at: Time,
        /// The login of the socket that it had last.
        login: Option<FamilyId>,
    },
    /// The client said goodbye, or was put out, and begins afresh when it comes again.
    Ended(Time),
}

/// A signalling event, in case its receiver has to get it again.
struct Signal {
    id: SignalId,
    sent_at: Time,
    event: Arguments<'static>,
}

/// What is known of a session that somebody wants to come back to.
pub enum Found {
    /// Nobody can come back to it.
    Nothing,
    /// It may be one from before this memory began; whether it missed signalling is not known.
    Unknown,
    /// It is known.
    Known {
        /// The socket that the session still seems to have.
        socket: Option<SocketKey>,
        /// The signalling events that were missed, each with the newest message when it was sent.
        signals: Vec<(Uuid, Arguments<'static>)>,
        /// The last signalling event of the session, missed or not.
        last: Option<SignalId>,
        /// The login of the socket that it had last, if it has none now.
        login: Option<FamilyId>,
    },
}

/// When users were last sent signalling, in the database: what of it outlives the memory.
pub struct Signalled<S>(S);

impl<S: Storage> Signalled<S> {
    /// In a database of the current version.
    pub fn new(storage: S) -> Self {
        Self(storage)
    }

    /// A user is sent signalling now.
    ///
    /// # Errors
    /// The database fails.
    pub fn note(&self, now: Time, name_key: &str) -> Result<(), StorageError> {
        let earlier = now.as_millis().saturating_sub(SIGNALLED_PRECISION.as_millis() as u64);
        self.0.query(
            "INSERT INTO signalled (name_key, at) VALUES (?1, ?2)
             ON CONFLICT (name_key) DO UPDATE SET at = excluded.at WHERE at <= ?3",
            &[name_key.into(), integer(now.as_millis()), integer(earlier)],
        )?;
        Ok(())
    }

    /// Whether a client at this position has got everything that the user was ever sent.
    ///
    /// # Errors
    /// The database fails.
    pub fn has_all(&self, name_key: &str, position: Position) -> Result<bool, StorageError> {
        let rows = self.0.query("SELECT at FROM signalled WHERE name_key = ?1", &[name_key.into()])?;
        let Some(mut row) = rows.into_iter().next() else { return Ok(true) };
        let at = u64::try_from(row.integer(0)?).unwrap_or_default();
        Ok(position.millis() > at + SIGNALLED_PRECISION.as_millis() as u64)
    }
}

fn integer(millis: u64) -> Value {
    Value::Integer(i64::try_from(millis).unwrap_or(i64::MAX))
}

impl PrivateIds {
    /// With a key of its own, derived from the secret that signs tokens.
    pub fn new(tokens: &Tokens) -> Self {
        let key = tokens.derive_key(b"natter: private ids of sessions");
        Self { key: Hmac::new_from_slice(&key).expect("any length will do") }
    }

    /// The private id of a session, given the newest message when it began, and its login.
    pub fn make(&self, sid: &str, newest: Uuid, login: Option<&FamilyId>, name_key: &str) -> Option<String> {
        let sid = URL_SAFE_NO_PAD.decode(sid).ok().filter(|sid| sid.len() == SID_BYTES)?;
        let mut bytes = sid;
        bytes.extend(newest.as_bytes());
        if let Some(login) = login {
            bytes.extend(URL_SAFE_NO_PAD.decode(login.as_str()).ok()?);
        }
        let mac = self.mac(&bytes, name_key);
        bytes.extend(mac);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The session that a private id of this user speaks of.
    pub fn check(&self, private_id: &str, name_key: &str) -> Option<Begun> {
        let bytes = URL_SAFE_NO_PAD.decode(private_id).ok()?;
        let (signed, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        if !bool::from(self.mac(signed, name_key).ct_eq(mac)) {
            return None;
        }
        let (sid, rest) = signed.split_at_checked(SID_BYTES)?;
        let (newest, login) = rest.split_at_checked(UUID_BYTES)?;
        // One of a login without a family, or made before logins were part of it, ends here.
        let login = match login {
            [] => None,
            login => Some(FamilyId::parse(&URL_SAFE_NO_PAD.encode(login))?),
        };
        Some(Begun { sid: URL_SAFE_NO_PAD.encode(sid), newest: Uuid::from_slice(newest).ok()?, login })
    }

    fn mac(&self, signed: &[u8], name_key: &str) -> [u8; MAC_BYTES] {
        let mut mac = self.key.clone();
        mac.update(signed);
        mac.update(name_key.as_bytes());
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&mac.finalize().into_bytes()[..MAC_BYTES]);
        short
    }
}

impl Position {
    /// Where a client stands in the session `sid`, which began at `start`, given the last offset that it got, if any; and the
    /// message that the offset names, which there has to be. None if no client of that session can have got the offset.
    ///
    /// The standard client keeps the offset of an earlier session until it gets the next, so that one does not count.
    pub fn new(sid: &str, start: Uuid, offset: Option<&str>) -> Option<(Self, Uuid)> {
        let start = Self { message: start, signal: None };
        let Some(offset) = offset else { return Some((start, start.message)) };
        let mut parts = offset.splitn(3, '.');
        let message = Uuid::try_parse(parts.next()?).ok()?;
        let signal = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(number), Some(of)) => Some((number.parse().ok()?, of)),
            (Some(_), None) => return None,
        };
        let position = match signal {
            Some((number, of)) if of == sid => {
                Self { message: message.max(start.message), signal: Some(number) }
            }
            _ if message <= start.message => start,
            // Another session's, and sent after this one had begun.
            Some(_) => return None,
            None => Self { message, signal: None },
        };
        Some((position, message))
    }

    /// The last signalling event that the client has got, as far as its position tells.
    pub fn last_signal(self) -> Option<SignalId> {
        self.signal.map(|number| SignalId { number, after: self.message })
    }

    /// Whether a client at this position has got a signalling event.
    fn has(self, id: SignalId) -> bool {
        // A message that came after the signal proves it as well.
        id.after < self.message || self.signal.is_some_and(|last| id.number <= last)
    }

    /// When the last event was sent that the client has got, in milliseconds since 1970.
    fn millis(self) -> u64 {
        let message = (self.message.as_u128() >> 80) as u64;
        self.signal.map_or(message, |signal| signal.max(message))
    }
}

impl Sessions {
    /// No sessions yet. A client can come back for as long as `window` after it was lost.
    pub fn new(window: Duration) -> Self {
        Self { window, by_sid: HashMap::new(), sweep_at: None, since: None }
    }

    /// A session has a socket, for the first time or again. `last` is the last signalling event that it was sent, as far as
    /// this is known from before.
    pub fn connected(&mut self, sid: &Rc<str>, socket: SocketKey, last: Option<SignalId>) {
        match self.by_sid.get_mut(sid) {
            Some(session) => session.state = State::Connected(socket),
            None => {
                let session = Session {
                    state: State::Connected(socket),
                    signals: VecDeque::new(),
                    signal_bytes: 0,
                    forgotten: last,
                };
                self.by_sid.insert(sid.clone(), session);
            }
        }
    }

    /// Whether anything is known of a session: not if the memory was lost and it did not come back since.
    pub fn is_known(&self, sid: &str) -> bool {
        self.by_sid.contains_key(sid)
    }

    /// The socket of a session, if it has one at this moment.
    pub fn socket_of(&self, sid: &str) -> Option<SocketKey> {
        match self.by_sid.get(sid)?.state {
            State::Connected(socket) => Some(socket),
            State::Lost { .. } | State::Ended(_) => None,
        }
    }

    /// A session has lost this socket, unless it has another one by now.
    pub fn left(
        &mut self,
        now: Time,
        sid: &str,
        socket: SocketKey,
        how: Departure,
        login: Option<&FamilyId>,
    ) {
        self.since.get_or_insert(now);
        let Some(session) = self.by_sid.get_mut(sid) else { return };
        if !matches!(session.state, State::Connected(current) if current == socket) {
            return;
        }
        if how.is_loss() {
            session.state = State::Lost { at: now, login: login.cloned() };
        } else {
            session.state = State::Ended(now);
            session.forget_all();
        }
        self.sweep_by(now + self.window);
    }

    /// Keeps a signalling event for a session, and returns its place and the event with its offset.
    pub fn keep(
        &mut self,
        now: Time,
        sid: &str,
        newest: Uuid,
        with_offset: impl FnOnce(&str) -> Arguments<'static>,
    ) -> Option<(SignalId, Arguments<'static>)> {
        let session = self.by_sid.get_mut(sid)?;
        let last = session.last_signal();
        // Numbered by time, so that numbers go on rising after the memory was lost.
        let number = last.map_or(now.as_millis(), |last| now.as_millis().max(last.number + 1));
        let id = SignalId { number, after: newest };
        let event = with_offset(&format!("{newest}.{number}.{sid}"));
        session.signal_bytes += size(&event);
        session.signals.push_back(Signal { id, sent_at: now, event: event.clone() });
        while session.signals.len() > MAX_SIGNALS || session.signal_bytes > MAX_SIGNAL_BYTES {
            session.forget_oldest();
        }
        self.sweep_by(now + SWEEP);
        Some((id, event))
    }

    /// What is known of a session that a client at `position` wants to come back to.
    pub fn find(&mut self, now: Time, sid: &str, position: Position) -> Found {
        let since = *self.since.get_or_insert(now);
        let Some(session) = self.by_sid.get(sid) else {
            // One from before this memory began may have been lost only then.
            return if now.since(since) < self.window { Found::Unknown } else { Found::Nothing };
        };
        let (socket, login) = match &session.state {
            State::Connected(socket) => (Some(*socket), None),
            State::Lost { at, login } if now.since(*at) <= self.window => (None, login.clone()),
            State::Lost { .. } | State::Ended(_) => return Found::Nothing,
        };
        let is_ahead = |last: SignalId| position.signal.is_some_and(|number| number > last.number);
        if session.forgotten.is_some_and(|last| !position.has(last))
            || session.last_signal().map_or(position.signal.is_some(), is_ahead)
        {
            return Found::Nothing;
        }
        let missed = session.signals.iter().filter(|signal| !position.has(signal.id));
        let signals = missed.map(|signal| (signal.id.after, signal.event.clone())).collect();
        Found::Known { socket, signals, last: session.last_signal(), login }
    }

    /// Throws away what nobody can come back for.
    pub fn tick(&mut self, now: Time) {
        if self.sweep_at.is_none_or(|at| at > now) {
            return;
        }
        self.sweep_at = None;
        let mut next: Option<Time> = None;
        self.by_sid.retain(|_, session| {
            while session
                .signals
                .front()
                .is_some_and(|first| now.since(first.sent_at) > self.window + SUSPICION)
            {
                session.forget_oldest();
            }
            let gone_at = match session.state {
                State::Connected(_) => None,
                State::Lost { at, .. } | State::Ended(at) => Some(at + self.window),
            };
            let sweep_at = if session.signals.is_empty() { gone_at } else { Some(now + SWEEP) };
            let is_gone = gone_at.is_some_and(|at| at <= now);
            if !is_gone {
                next = next.into_iter().chain(sweep_at).min();
            }
            !is_gone
        });
        self.sweep_at = next;
    }

    /// The earliest moment at which [`Sessions::tick`] is wanted.
    pub fn next_deadline(&self) -> Option<Time> {
        self.sweep_at
    }

    fn sweep_by(&mut self, at: Time) {
        self.sweep_at = Some(self.sweep_at.map_or(at, |earlier| earlier.min(at)));
    }
}

impl Session {
    fn last_signal(&self) -> Option<SignalId> {
        self.signals.back().map(|signal| signal.id).or(self.forgotten)
    }

    fn forget_all(&mut self) {
        while !self.signals.is_empty() {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some(signal) = self.signals.pop_front() {
            self.signal_bytes -= size(&signal.event);
            self.forgotten = Some(signal.id);
        }
    }
}

/// The bytes of an event, its attachments included.
fn size(event: &Arguments<'_>) -> usize {
    event.json.len() + event.attachments.iter().map(|attachment| attachment.len()).sum::<usize>()
}
