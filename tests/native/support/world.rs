//! The world around a service: a clock that only the test moves, and requests and WebSockets that exist only here.
//!
//! It carries out effects as the shell does, and insists at every step on what the shell relies on: a request is
//! answered once, at most one poll of a session waits, a WebSocket is accepted before anything is sent to it and closed
//! after everything, and once a deadline is met, the next one lies ahead.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use engineio::Address;
use engineio::Time;
use engineio::{Context, HandshakeRequest};
use engineio::{Effect, Frame, Input, Response, payload};
use engineio::{RequestId, WebSocketId};
use serde_json::Value;
use socketio::{Actions, Application};
use socketio::{Outcome, Server, Service};
use uuid::Uuid;

use super::{Dice, START};

pub struct World<S>(Rc<RefCell<Inner<S>>>);

struct Inner<S> {
    service: S,
    now: Time,
    entropy: Dice,
    /// The requests that wait, and of a poll the sid.
    requests: HashMap<RequestId, (Waiting, Option<String>)>,
    next_request: u64,
    /// The sids of the sessions that have a poll open.
    polled: HashSet<String>,
    lines: BTreeMap<WebSocketId, Line>,
    /// The numbers that were in use and are not any more.
    free_numbers: BTreeSet<WebSocketId>,
    log: Vec<String>,
    ticks: usize,
    /// How often the service has asked the platform for a pong.
    pongs_read: usize,
    address: Option<Address>,
    handshake: Option<&'static dyn HandshakeRequest>,
    /// Whether a string at the end of an event has to be an offset.
    has_offsets: bool,
}

/// Where the answer to a request appears.
pub type Waiting = Rc<RefCell<Option<Answer>>>;

/// The answer to a request.
#[derive(Clone, Debug)]
pub enum Answer {
    Response(Response),
    Accepted,
}

/// A WebSocket, as both ends see it.
pub type Line = Rc<RefCell<LineState>>;

pub struct LineState {
    /// The number that the service knows it by, until it is closed.
    pub id: Option<WebSocketId>,
    pub accepted: bool,
    /// The frames that the client has received and not looked at.
    pub inbox: VecDeque<Frame>,
    /// The code with which the server closed it.
    pub close_code: Option<u16>,
    /// The state that outlives the service's memory.
    pub stored: Option<String>,
    /// Whether the platform answers pings in the client's name.
    pub answers_pings: bool,
    pub last_pong: Option<Time>,
}

impl<S> Clone for World<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Service> World<S> {
    pub fn new(service: S) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            service,
            now: START,
            entropy: Dice::new(1),
            requests: HashMap::new(),
            next_request: 0,
            polled: HashSet::new(),
            lines: BTreeMap::new(),
            free_numbers: BTreeSet::new(),
            log: Vec::new(),
            ticks: 0,
            pongs_read: 0,
            address: None,
            handshake: None,
            has_offsets: false,
        })))
    }

    /// Insists from now on that no event ends in a string other than an offset, which the standard client would take for one.
    pub fn insist_on_offsets(&self) {
        self.0.borrow_mut().has_offsets = true;
    }

    pub fn now(&self) -> Time {
        self.0.borrow().now
    }

    /// Whatever happens from now on comes from this address.
    pub fn comes_from(&self, address: &str) {
        self.0.borrow_mut().address = Address::parse(address);
    }

    /// Whatever is requested from now on carries the query and headers of this request.
    pub fn requests_carry(&self, request: &'static dyn HandshakeRequest) {
        self.0.borrow_mut().handshake = Some(request);
    }

    /// Lets the clock say something else, be it earlier, without anybody being woken.
    pub fn set_clock(&self, now: Time) {
        self.0.borrow_mut().now = now;
    }

    /// Lets what is random be different from other worlds.
    pub fn shuffle(&self, seed: u64) {
        self.0.borrow_mut().entropy = Dice::new(seed);
    }

    /// Lets time pass and meets every deadline on the way.
    #[track_caller]
    pub fn pass(&self, time: Duration) {
        let until = self.now() + time;
        while let Some(at) = self.next_deadline().filter(|&at| at <= until) {
            let now = self.now().max(at);
            self.set_clock(now);
            self.tick();
        }
        self.set_clock(until);
    }

    /// Lets time pass while the alarm does not go off.
    pub fn oversleep(&self, time: Duration) {
        self.set_clock(self.now() + time);
    }

    #[track_caller]
    pub fn tick(&self) {
        let outcome = {
            let Inner { service, now, entropy, lines, ticks, pongs_read, .. } = &mut *self.0.borrow_mut();
            *ticks += 1;
            let read = Cell::new(0);
            let last_pong = |id: WebSocketId| {
                read.set(read.get() + 1);
                lines.get(&id).expect("a WebSocket that is not closed").borrow().last_pong
            };
            let mut cx = Context::new(*now, entropy);
            let outcome = service.handle(&mut cx, Input::Tick { last_pong: &last_pong });
            *pongs_read += read.get();
            outcome
        };
        self.run(outcome);
        if let Some(at) = self.next_deadline() {
            assert!(at > self.now(), "the next deadline is {at}, and it is {} already", self.now());
        }
    }

    /// The alarm goes off.
    #[track_caller]
    pub fn alarm(&self) {
        {
            let Inner { service, now, .. } = &mut *self.0.borrow_mut();
            service.alarm_fired(*now);
        }
        self.tick();
    }

    pub fn next_deadline(&self) -> Option<Time> {
        self.0.borrow().service.next_deadline()
    }

    /// How often the service was woken.
    pub fn ticks(&self) -> usize {
        self.0.borrow().ticks
    }

    /// How often the service has asked the platform for the last pong of a WebSocket.
    pub fn pongs_read(&self) -> usize {
        self.0.borrow().pongs_read
    }

    /// Returns the lines logged since the last call.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut().log)
    }

    /// How many requests wait for their response.
    pub fn waiting_requests(&self) -> usize {
        self.0.borrow().requests.len()
    }

    /// How many WebSockets are open.
    pub fn open_sockets(&self) -> usize {
        self.0.borrow().lines.len()
    }

    #[track_caller]
    pub fn handle(&self, input: Input<'_>) {
        let outcome = {
            let Inner { service, now, entropy, address, handshake, .. } = &mut *self.0.borrow_mut();
            let mut cx =
                Context { address: address.as_ref(), request: *handshake, ..Context::new(*now, entropy) };
            service.handle(&mut cx, input)
        };
        self.run(outcome);
    }

    /// The platform refuses to store the state of a WebSocket.
    pub fn refuse_state(&self, socket: WebSocketId) {
        let outcome = {
            let Inner { service, now, entropy, .. } = &mut *self.0.borrow_mut();
            service.state_refused(&mut Context::new(*now, entropy), socket)
        };
        self.run(outcome);
    }

    /// A request; `input` makes the input of its number.
    #[track_caller]
    pub fn request<'i>(&self, input: impl FnOnce(RequestId) -> Input<'i>) -> (RequestId, Waiting) {
        let waiting = Waiting::default();
        let id = {
            let mut inner = self.0.borrow_mut();
            let id = RequestId(inner.next_request);
            inner.next_request += 1;
            inner.requests.insert(id, (waiting.clone(), None));
            id
        };
        let input = input(id);
        let poll = match &input {
            Input::Get { query, .. } => query.sid.clone(),
            _ => None,
        };
        self.handle(input);
        let inner = &mut *self.0.borrow_mut();
        if let Some((_, waiting_for)) = inner.requests.get_mut(&id) {
            let sid = poll.expect("only a poll may wait");
            assert!(inner.polled.insert(sid.clone()), "two polls of one session wait");
            *waiting_for = Some(sid);
        }
        (id, waiting)
    }

    /// The client of a request goes away, perhaps just after the request was answered.
    #[track_caller]
    pub fn abort(&self, request: RequestId) {
        self.0.borrow_mut().forget_request(request);
        self.handle(Input::RequestAborted { request });
    }

    /// A new WebSocket, not accepted yet. Its number is the lowest that is free, as in the shell.
    pub fn add_line(&self) -> Line {
        let mut inner = self.0.borrow_mut();
        let next = WebSocketId(inner.lines.len() as u32);
        let id = inner.free_numbers.pop_first().unwrap_or(next);
        let line = Rc::new(RefCell::new(LineState {
            id: Some(id),
            accepted: false,
            inbox: VecDeque::new(),
            close_code: None,
            stored: None,
            answers_pings: false,
            last_pong: None,
        }));
        inner.lines.insert(id, line.clone());
        line
    }

    /// The number of a WebSocket is free again.
    pub fn remove_line(&self, line: &Line) -> Option<WebSocketId> {
        let id = line.borrow_mut().id.take()?;
        self.0.borrow_mut().forget_line(id);
        Some(id)
    }

    /// The object is evicted and comes back with `service` in it: waiting requests are lost, WebSockets are not.
    pub fn fall_asleep_and_wake_up_with(&self, service: S) {
        let lines = {
            let mut inner = self.0.borrow_mut();
            inner.service = service;
            inner.requests.clear();
            inner.polled.clear();
            inner.free_numbers.clear();
            std::mem::take(&mut inner.lines)
        };
        // In another order, so that everyone gets another number.
        for line in lines.into_values().rev() {
            let inner = &mut *self.0.borrow_mut();
            let id = WebSocketId(inner.lines.len() as u32);
            let mut state = line.borrow_mut();
            // Of a client that answers pings itself the platform knows nothing.
            let heard_at = if state.answers_pings {
                state.last_pong
            } else {
                Some(state.last_pong.unwrap_or(inner.now))
            };
            let restored =
                state.stored.as_deref().is_some_and(|it| inner.service.restore(inner.now, id, heard_at, it));
            if restored {
                state.id = Some(id);
                inner.lines.insert(id, line.clone());
            } else {
                state.id = None;
                state.close_code = Some(1011);
            }
        }
    }

    #[track_caller]
    fn run(&self, outcome: Outcome) {
        let inner = &mut *self.0.borrow_mut();
        inner.log.extend(outcome.log);
        for effect in outcome.effects {
            inner.carry_out(effect);
        }
        for (id, stored) in outcome.stored {
            let line = inner.lines.get(&id).expect("state is stored with WebSockets that are open");
            line.borrow_mut().stored = Some(stored);
        }
    }
}

impl<S> Inner<S> {
    fn forget_line(&mut self, id: WebSocketId) -> Option<Line> {
        self.free_numbers.insert(id);
        self.lines.remove(&id)
    }

    fn forget_request(&mut self, request: RequestId) -> Option<Waiting> {
        let (waiting, sid) = self.requests.remove(&request)?;
        if let Some(sid) = sid {
            self.polled.remove(&sid);
        }
        Some(waiting)
    }

    #[track_caller]
    fn answer(&mut self, request: RequestId, answer: Answer) {
        let waiting = self.forget_request(request).expect("a request that waits for its answer");
        *waiting.borrow_mut() = Some(answer);
    }

    #[track_caller]
    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Respond { request, response } => {
                if self.has_offsets {
                    response.body.split(payload::SEPARATOR).for_each(expect_offset);
                }
                self.answer(request, Answer::Response(response));
            }
            Effect::Accept { request, socket } => {
                let mut line = self.lines.get(&socket).expect("a WebSocket that waits").borrow_mut();
                assert!(!line.accepted, "a WebSocket is accepted once");
                line.accepted = true;
                drop(line);
                self.answer(request, Answer::Accepted);
            }
            Effect::Send { sockets, frame } => {
                if let (true, Frame::Text(text)) = (self.has_offsets, &frame) {
                    expect_offset(text);
                }
                let recipients: HashSet<_> = sockets.iter().collect();
                assert_eq!(recipients.len(), sockets.len(), "a frame is sent twice to a WebSocket");
                for id in sockets {
                    let mut line = self.lines.get(&id).expect("a WebSocket that is not closed").borrow_mut();
                    assert!(line.accepted, "nothing is sent before a WebSocket is accepted");
                    if line.answers_pings && frame == Frame::Text("2".into()) {
                        line.last_pong = Some(self.now);
                    } else {
                        line.inbox.push_back(frame.clone());
                    }
                }
            }
            Effect::Close { socket, code } => {
                let line = self.forget_line(socket).expect("a WebSocket that is not closed");
                let mut line = line.borrow_mut();
                assert!(line.accepted, "only an accepted WebSocket can be closed");
                line.id = None;
                line.close_code = Some(code);
            }
        }
    }
}

/// Checks the string that the standard client would take for its offset: a message, or a signalling event after one.
#[track_caller]
fn expect_offset(packet: &str) {
    let Some(rest) = packet.strip_prefix("42").or_else(|| packet.strip_prefix("45")) else { return };
    let elements: Vec<Value> = serde_json::from_str(&rest[rest.find('[').expect("a list")..]).expect("JSON");
    let Some(offset) = elements.last().and_then(Value::as_str) else { return };
    let parts: Vec<_> = offset.split('.').collect();
    assert!(Uuid::try_parse(parts[0]).is_ok() && matches!(parts.len(), 1 | 3), "no offset: {packet}");
}

impl<A: Application> World<Server<A>> {
    pub fn session_count(&self) -> usize {
        self.0.borrow().service.session_count()
    }

    pub fn socket_count(&self) -> usize {
        self.0.borrow().service.socket_count()
    }

    pub fn with_application<T>(&self, look: impl FnOnce(&A) -> T) -> T {
        look(self.0.borrow().service.application())
    }

    /// Lets the application do something that did not come over a socket.
    #[track_caller]
    pub fn apply<T>(&self, command: impl FnOnce(&mut A, &mut Context<'_>, &mut Actions) -> T) -> T {
        let (result, outcome) = {
            let Inner { service, now, entropy, .. } = &mut *self.0.borrow_mut();
            service.apply(&mut Context::new(*now, entropy), command)
        };
        self.run(outcome);
        result
    }
}
