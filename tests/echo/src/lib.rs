//! The echo of the official Socket.IO test suite, and a few events more that make the server do everything it offers.
//!
//! | event | answer |
//! |---|---|
//! | `message` | `message-back` with the same arguments |
//! | `message-with-ack` | an ack with the same arguments |
//! | `emit-with-ack` | `emit-with-ack` with the same arguments, which expects an ack |
//! | `ask`, a number | as many times `question`, which expects an ack |
//! | `everyone` | the same event for everyone in the namespace |
//! | `join`, names of rooms | none |
//! | `leave`, the name of a room | none |
//! | `select`, `select-volatile` | `selected` for those in the rooms of a list, except those of another list and perhaps the sender |
//! | `watch`, a boolean | none: [`Action::Watch`] |
//! | `put-me-out` | a disconnect |
//! | `remind-me`, milliseconds | `reminder` after that time |
//!
//! On joining, a socket receives `auth` with what it sent. A client whose `auth` mentions `intruder` is refused, and
//! one that mentions `later` waits for [`Echo::answer_requests`] unless the echo is lively. Acks come back as
//! `emit-with-ack`, and a missing one as `emit-with-ack-timeout`.
//!
//! The echo panics if the server calls it in an impossible order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::{Context, Time};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use socketio::{
    AckRequest, Action, Actions, Admission, Application, Arguments, ConnectError, Departure, Event,
    Handshake, JoinRequest, Namespace, Recipients, RestoredPlace, Selection, SocketKey, UnreadableEvent,
};

/// The namespaces of the echo.
pub const NAMESPACES: [&str; 2] = ["/", "/custom"];

/// How long a client may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The most questions that one event causes.
const MAX_QUESTIONS: u64 = 1_000;

/// The longest time that `remind-me` waits, in milliseconds.
const MAX_REMINDER: u64 = 60_000;

/// The echo.
#[derive(Default)]
pub struct Echo {
    /// The sockets that have joined.
    pub members: BTreeMap<SocketKey, Member>,
    /// How sockets left, in order.
    pub departures: Vec<Departure>,
    /// The answers to questions, by tag. `None` for one that did not come in time.
    pub answers: Vec<(u64, Option<String>)>,
    /// The sockets whose request to join waits for [`Echo::answer_requests`].
    pub asking: Vec<SocketKey>,
    /// The handshakes of the sockets that asked to join.
    pub handshakes: Vec<Handshake>,
    /// The recipients of the questions that wait for an answer, by tag.
    questions: BTreeMap<u64, SocketKey>,
    next_tag: u64,
    reminders: Vec<(Time, SocketKey)>,
    is_lively: bool,
    is_open_to_any_namespace: bool,
    closed_namespace: Option<&'static str>,
}

/// A socket that has joined.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// The object that its client sent.
    pub auth: String,
    /// Its namespace.
    pub namespace: Namespace,
}

impl Echo {
    /// Returns an echo whose clients can recover, with `recover` in their `auth`, and that announces departures.
    pub fn lively() -> Self {
        Self { is_lively: true, ..Self::default() }
    }

    /// Returns an echo that lacks one of [`NAMESPACES`].
    pub fn without(namespace: &'static str) -> Self {
        Self { closed_namespace: Some(namespace), ..Self::default() }
    }

    /// Returns an echo that has every namespace.
    pub fn open_to_any_namespace() -> Self {
        Self { is_open_to_any_namespace: true, ..Self::default() }
    }

    /// Accepts or refuses the sockets whose request to join waits.
    pub fn answer_requests(&mut self, cx: &mut Context<'_>, is_accepted: bool, actions: &mut Actions) {
        for socket in std::mem::take(&mut self.asking) {
            if !is_accepted {
                actions.push(Action::Refuse { socket, error: ConnectError::new("Too late") });
                continue;
            }
            actions.push(Action::Accept { socket, admission: Admission::new(cx) });
            self.members.insert(socket, Member { auth: "{}".to_owned(), namespace: Namespace::MAIN });
        }
    }

    /// Begins or ceases to watch every client.
    pub fn watch_all(&self, is_wanted: bool, actions: &mut Actions) {
        for &socket in self.members.keys() {
            actions.push(Action::Watch { socket, is_wanted });
        }
    }

    fn ask(&mut self, to: SocketKey, event: Arguments<'static>, actions: &mut Actions) {
        let request = AckRequest { tag: self.next_tag, timeout: ANSWER_TIMEOUT };
        self.questions.insert(self.next_tag, to);
        self.next_tag += 1;
        actions.push(Action::Ask { to, event, request });
    }

    /// Returns the admission of a client that recovers. It replaces the oldest socket of its namespace.
    fn recovery(&self, cx: &mut Context<'_>, namespace: &Namespace) -> Admission {
        let mut present = self.members.iter();
        Admission {
            missed: vec![
                event("missed", &["1"], Vec::new()),
                event("missed", &[r#"{"_placeholder":true,"num":0}"#], vec![Rc::from([1, 2, 3])]),
            ],
            replaces: present.find(|(_, member)| member.namespace == *namespace).map(|(&socket, _)| socket),
            ..Admission::new(cx)
        }
    }
}

impl Application for Echo {
    type Member = Member;

    fn has_namespace(&self, name: &str) -> bool {
        (self.is_open_to_any_namespace || NAMESPACES.contains(&name)) && self.closed_namespace != Some(name)
    }

    fn asked_to_join(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        request: JoinRequest<'_>,
        actions: &mut Actions,
    ) {
        let JoinRequest { namespace, auth, handshake } = request;
        self.handshakes.push(handshake.clone());
        assert!(auth.is_empty() || auth.trim_start().starts_with('{'), "{auth}");
        if auth.contains("intruder") {
            let error = ConnectError::new("No").with_data(&json!({ "code": "intruder" }));
            return actions.push(Action::Refuse { socket, error });
        }
        if auth.contains("later") && !self.is_lively {
            return self.asking.push(socket);
        }
        let is_recovery = self.is_lively && auth.contains("recover");
        let mut admission = if is_recovery { self.recovery(cx, namespace) } else { Admission::new(cx) };
        if self.is_lively {
            admission.private_id = Some(cx.unguessable_id());
        }
        let auth = if auth.is_empty() { "{}" } else { auth };
        actions.push(Action::Accept { socket, admission });
        actions.push(emit(socket, "auth", &[auth], Vec::new()));
        let member = Member { auth: auth.to_owned(), namespace: namespace.clone() };
        assert!(self.members.insert(socket, member).is_none(), "a socket joins once");
    }

    fn event(&mut self, cx: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions) {
        let member = self.members.get(&socket).expect("only members send events");
        let Arguments { json, attachments } = event.arguments;
        let all = elements(&json);
        let rest = &all[1..];
        let number = rest.first().and_then(|first| first.parse::<u64>().ok());
        match (event.name.as_str(), event.ack) {
            ("message", _) => actions.push(emit(socket, "message-back", rest, attachments)),
            ("message-with-ack", Some(ack)) => {
                let answer = list(rest, attachments);
                actions.push(Action::Answer { to: socket, ack, answer });
            }
            ("emit-with-ack", _) => {
                self.ask(socket, self::event("emit-with-ack", rest, attachments), actions)
            }
            ("ask", _) => {
                let rest = if number.is_some() { &rest[1..] } else { rest };
                for _ in 0..number.unwrap_or(1).min(MAX_QUESTIONS) {
                    self.ask(socket, self::event("question", rest, attachments.clone()), actions);
                }
            }
            ("everyone", _) => {
                let to = Recipients::Everyone(member.namespace.clone());
                actions.push(Action::Emit { to, event: self::event("everyone", rest, attachments) });
            }
            ("join", _) => {
                let rooms = rest.iter().filter_map(|room| serde_json::from_str::<String>(room).ok());
                actions.extend(rooms.map(|room| Action::Join { socket, room: room.into() }));
            }
            ("leave", _) => {
                let room = rest.first().and_then(|room| serde_json::from_str::<String>(room).ok());
                actions.extend(room.map(|room| Action::Leave { socket, room: room.into() }));
            }
            ("select" | "select-volatile", _) => {
                let [rooms, except_rooms, is_without_sender, rest @ ..] = rest else { return };
                let names = |json| serde_json::from_str(json).unwrap_or_default();
                let to = Recipients::Selected(Selection {
                    namespace: member.namespace.clone(),
                    rooms: names(rooms),
                    except_rooms: names(except_rooms),
                    except: (*is_without_sender == "true").then_some(socket),
                });
                let selected = self::event("selected", rest, attachments);
                actions.push(match event.name.as_str() {
                    "select" => Action::Emit { to, event: selected },
                    _ => Action::EmitVolatile { to, event: selected },
                });
            }
            ("watch", _) => {
                let is_wanted = !matches!(rest.first(), Some(&("false" | "0")));
                actions.push(Action::Watch { socket, is_wanted });
            }
            ("put-me-out", _) => actions.push(Action::Disconnect { socket }),
            ("remind-me", _) => {
                let delay = Duration::from_millis(number.unwrap_or(1).min(MAX_REMINDER));
                self.reminders.push((cx.now + delay, socket));
            }
            _ => {}
        }
    }

    fn unreadable(
        &mut self,
        _: &mut Context<'_>,
        socket: SocketKey,
        event: UnreadableEvent,
        actions: &mut Actions,
    ) {
        assert!(self.members.contains_key(&socket), "only members send events");
        let refused = [json!(event.name).to_string(), json!(format!("{:?}", event.reason)).to_string()];
        let refused: Vec<&str> = refused.iter().map(String::as_str).collect();
        actions.push(match event.ack {
            Some(ack) => Action::Answer { to: socket, ack, answer: list(&refused, Vec::new()) },
            None => emit(socket, "refused", &refused, Vec::new()),
        });
    }

    fn answered(
        &mut self,
        _: &mut Context<'_>,
        socket: SocketKey,
        tag: u64,
        answer: Option<Arguments<'_>>,
        actions: &mut Actions,
    ) {
        // After the object slept, a question is forgotten here as it is in the server.
        assert_eq!(self.questions.remove(&tag), Some(socket), "its recipient answers a question once");
        self.answers.push((tag, answer.as_ref().map(|answer| answer.json.to_string())));
        actions.push(match answer {
            Some(answer) => emit(socket, "emit-with-ack", &elements(&answer.json), answer.attachments),
            None => emit(socket, "emit-with-ack-timeout", &[], Vec::new()),
        });
    }

    fn left(&mut self, _: &mut Context<'_>, socket: SocketKey, how: Departure, actions: &mut Actions) {
        if let Some(index) = self.asking.iter().position(|&it| it == socket) {
            self.asking.remove(index);
            return;
        }
        let member = self.members.remove(&socket).expect("a member leaves once");
        self.questions.retain(|_, to| *to != socket);
        self.reminders.retain(|(_, to)| *to != socket);
        self.departures.push(how);
        if self.is_lively {
            actions.emit(Recipients::Everyone(member.namespace), "departure", &self.members.len());
        }
    }

    fn tick(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        let due = self.reminders.extract_if(.., |(at, _)| *at <= cx.now);
        let due: Vec<SocketKey> = due.map(|(_, socket)| socket).collect();
        assert!(!due.is_empty(), "the application is not woken for nothing");
        for socket in due {
            actions.push(emit(socket, "reminder", &[], Vec::new()));
        }
    }

    fn next_deadline(&self) -> Option<Time> {
        self.reminders.iter().map(|&(at, _)| at).min()
    }

    fn member(&self, socket: SocketKey) -> Option<&Member> {
        self.members.get(&socket)
    }

    fn restored(&mut self, socket: SocketKey, _: RestoredPlace<'_>, member: Member) {
        assert!(self.members.insert(socket, member).is_none(), "a socket is restored once");
    }
}

/// Returns the elements of a JSON array.
///
/// # Panics
/// If it is none.
pub fn elements(json: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).expect("an array");
    elements.into_iter().map(RawValue::get).collect()
}

fn emit(to: SocketKey, name: &str, rest: &[&str], attachments: Vec<Rc<[u8]>>) -> Action {
    Action::Emit { to: Recipients::Socket(to), event: event(name, rest, attachments) }
}

fn event(name: &str, rest: &[&str], attachments: Vec<Rc<[u8]>>) -> Arguments<'static> {
    let name = format!("\"{name}\"");
    let elements: Vec<&str> = std::iter::once(name.as_str()).chain(rest.iter().copied()).collect();
    list(&elements, attachments)
}

fn list(elements: &[&str], attachments: Vec<Rc<[u8]>>) -> Arguments<'static> {
    Arguments { json: Cow::Owned(format!("[{}]", elements.join(","))), attachments }
}
