//! The streams that clients may recover, and the signalling that is kept for them.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use engineio::{Context, Time};
use socketio::{Actions, Arguments, Departure, SocketKey};
use uuid::Uuid;

use super::{Begun, Position, SignalId, Signalled};
use crate::accounts::logins::LoginId;
use crate::chat::parts::{Departed, Part};
use crate::chat::{Chat, Settings};
use crate::storage::{Storage, StorageError};

/// The most signalling events that are kept for one stream.
const MAX_SIGNALS: usize = 256;

/// The most bytes of signalling events that are kept for one stream.
const MAX_SIGNAL_BYTES: usize = 512 * 1024;

/// How long a transport may be dead before the server notices. What was sent meanwhile has to be sent again.
const SUSPICION: Duration = Duration::from_secs(60);

/// How often old signalling events are swept. An object that sleeps meanwhile forgets them.
const SWEEP: Duration = Duration::from_secs(30);

/// The streams that the memory knows.
pub struct Streams<S> {
    window: Duration,
    signalled: Signalled<S>,
    by_sid: HashMap<Rc<str>, Stream>,
    sweep_at: Option<Time>,
    /// The beginning of this memory as far as it matters: the first time that a client was lost or came back.
    since: Option<Time>,
}

struct Stream {
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
        /// The login of the stream's last socket.
        login: Option<LoginId>,
    },
    /// The client said goodbye or was disconnected, and begins afresh when it comes again.
    Ended(Time),
}

/// A signalling event that its client may have to be sent again.
struct Signal {
    id: SignalId,
    sent_at: Time,
    event: Arguments<'static>,
}

/// A stream that can be recovered.
pub struct Found {
    /// The socket that the stream still seems to have.
    pub socket: Option<SocketKey>,
    /// The signalling events that were missed, each with the newest entry of the log when it was sent.
    pub signals: Vec<(Uuid, Arguments<'static>)>,
    /// The last signalling event of the stream, missed or not.
    pub last: Option<SignalId>,
    /// The login of the stream's last socket, if it has none now.
    pub login: Option<LoginId>,
}

impl<S: Storage> Streams<S> {
    /// Whether a stream is known: not if the memory was lost and its client has not come back since.
    pub fn is_known(&self, sid: &str) -> bool {
        self.by_sid.contains_key(sid)
    }

    /// The socket of a stream, if it is connected.
    pub fn socket_of(&self, sid: &str) -> Option<SocketKey> {
        match self.by_sid.get(sid)?.state {
            State::Connected(socket) => Some(socket),
            State::Lost { .. } | State::Ended(_) => None,
        }
    }

    /// Keeps a signalling event for a stream. Returns its id and the event with its offset.
    pub fn keep(
        &mut self,
        now: Time,
        sid: &str,
        newest: Uuid,
        with_offset: impl FnOnce(&str) -> Arguments<'static>,
    ) -> Option<(SignalId, Arguments<'static>)> {
        let stream = self.by_sid.get_mut(sid)?;
        let last = stream.last_signal();
        // Numbered by time, so that numbers go on rising after the memory was lost.
        let number = last.map_or(now.as_millis(), |last| now.as_millis().max(last.number + 1));
        let id = SignalId { number, after: newest };
        let event = with_offset(&format!("{newest}.{number}.{sid}"));
        stream.signal_bytes += size(&event);
        stream.signals.push_back(Signal { id, sent_at: now, event: event.clone() });
        while stream.signals.len() > MAX_SIGNALS || stream.signal_bytes > MAX_SIGNAL_BYTES {
            stream.forget_oldest();
        }
        self.sweep_by(now + SWEEP);
        Some((id, event))
    }

    /// Finds the stream that a client at `position` comes back to. `None` if it cannot be recovered.
    ///
    /// # Errors
    /// The database fails.
    pub fn find(
        &mut self,
        now: Time,
        name_key: &str,
        begun: &Begun,
        position: Position,
    ) -> Result<Option<Found>, StorageError> {
        let since = *self.since.get_or_insert(now);
        let Some(stream) = self.by_sid.get(begun.sid.as_str()) else {
            // A stream from before this memory began may have been lost only then.
            let may_be_recovered = now.since(since) < self.window;
            return Ok(if may_be_recovered && self.signalled.has_all(name_key, position)? {
                let (last, login) = (position.last_signal(), begun.login.clone());
                Some(Found { socket: None, signals: Vec::new(), last, login })
            } else {
                None
            });
        };
        let (socket, login) = match &stream.state {
            State::Connected(socket) => (Some(*socket), None),
            State::Lost { at, login } if now.since(*at) <= self.window => (None, login.clone()),
            State::Lost { .. } | State::Ended(_) => return Ok(None),
        };
        let is_ahead = |last: SignalId| position.signal.is_some_and(|number| number > last.number);
        if stream.forgotten.is_some_and(|last| !position.has(last))
            || stream.last_signal().map_or(position.signal.is_some(), is_ahead)
        {
            return Ok(None);
        }
        let missed = stream.signals.iter().filter(|signal| !position.has(signal.id));
        let signals = missed.map(|signal| (signal.id.after, signal.event.clone())).collect();
        Ok(Some(Found { socket, signals, last: stream.last_signal(), login }))
    }

    fn connected(&mut self, sid: &Rc<str>, socket: SocketKey, last: Option<SignalId>) {
        match self.by_sid.get_mut(sid) {
            Some(stream) => stream.state = State::Connected(socket),
            None => {
                let stream = Stream {
                    state: State::Connected(socket),
                    signals: VecDeque::new(),
                    signal_bytes: 0,
                    forgotten: last,
                };
                self.by_sid.insert(sid.clone(), stream);
            }
        }
    }

    /// Notes that a stream has lost this socket, unless it has another one by now.
    fn lost(&mut self, now: Time, sid: &str, socket: SocketKey, how: Departure, login: Option<&LoginId>) {
        self.since.get_or_insert(now);
        let Some(stream) = self.by_sid.get_mut(sid) else { return };
        if !matches!(stream.state, State::Connected(current) if current == socket) {
            return;
        }
        if how.is_loss() {
            stream.state = State::Lost { at: now, login: login.cloned() };
        } else {
            stream.state = State::Ended(now);
            stream.forget_all();
        }
        self.sweep_by(now + self.window);
    }

    /// Forgets what no client can come back for.
    fn sweep(&mut self, now: Time) {
        if self.sweep_at.is_none_or(|at| at > now) {
            return;
        }
        self.sweep_at = None;
        let mut next: Option<Time> = None;
        self.by_sid.retain(|_, stream| {
            while stream
                .signals
                .front()
                .is_some_and(|first| now.since(first.sent_at) > self.window + SUSPICION)
            {
                stream.forget_oldest();
            }
            let gone_at = match stream.state {
                State::Connected(_) => None,
                State::Lost { at, .. } | State::Ended(at) => Some(at + self.window),
            };
            let sweep_at = if stream.signals.is_empty() { gone_at } else { Some(now + SWEEP) };
            let is_gone = gone_at.is_some_and(|at| at <= now);
            if !is_gone {
                next = next.into_iter().chain(sweep_at).min();
            }
            !is_gone
        });
        self.sweep_at = next;
    }

    fn sweep_by(&mut self, at: Time) {
        self.sweep_at = Some(self.sweep_at.map_or(at, |earlier| earlier.min(at)));
    }
}

impl Stream {
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

impl<S: Storage + Clone> Part<S> for Streams<S> {
    fn open(storage: &S, settings: &Settings) -> Result<Self, StorageError> {
        Ok(Self {
            window: settings.recovery_window,
            signalled: Signalled::new(storage.clone()),
            by_sid: HashMap::new(),
            sweep_at: None,
            since: None,
        })
    }

    fn joined(room: &mut Chat<S>, _cx: &mut Context<'_>, socket: SocketKey, _actions: &mut Actions) {
        Self::restored(room, socket);
    }

    fn restored(room: &mut Chat<S>, socket: SocketKey) {
        if let Some(member) = room.members.get(socket) {
            room.parts.recovery.connected(&member.sid, socket, member.last_signal);
        }
    }

    fn left(room: &mut Chat<S>, cx: &mut Context<'_>, departed: &Departed, _actions: &mut Actions) {
        let Departed { socket, member, how } = departed;
        room.parts.recovery.lost(cx.now, &member.sid, *socket, *how, member.login.as_ref());
    }

    fn tick(room: &mut Chat<S>, cx: &mut Context<'_>, _actions: &mut Actions) {
        room.parts.recovery.sweep(cx.now);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.sweep_at
    }
}

/// Returns the bytes of an event, its attachments included.
fn size(event: &Arguments<'_>) -> usize {
    event.json.len() + event.attachments.iter().map(|attachment| attachment.len()).sum::<usize>()
}
