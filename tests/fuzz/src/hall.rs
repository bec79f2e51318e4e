//! The application of the operations: a hall in which everything that the server offers is asked for, and which insists
//! on hearing of each socket's coming, deeds and going in that order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::Context;
use engineio::Time;
use socketio::{
    AckRequest, Action, Actions, Admission, Application, Arguments, ConnectError, Departure, Event,
    JoinRequest, Namespace, Recipients, RestoredPlace, SocketKey, UnreadableEvent,
};

/// How long a client may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// As many questions as one event may cause.
const MAX_QUESTIONS: u64 = 700;

/// The namespaces there are.
pub const NAMESPACES: [&str; 2] = ["/", "/custom"];

#[derive(Default)]
pub struct Hall {
    /// The sockets that are here, and their namespaces.
    members: BTreeMap<SocketKey, usize>,
    /// Whom each question that waits for its answer was put to.
    questions: BTreeMap<u64, SocketKey>,
    next_question: u64,
    reminders: Vec<(Time, SocketKey)>,
}

impl Hall {
    pub fn member_count(&self) -> usize {
        self.members.len()
    }

    /// Tells everyone in a namespace something of this length.
    pub fn announce(namespace: Namespace, length: usize, actions: &mut Actions) {
        actions.emit(Recipients::Everyone(namespace), "announcement", &["-".repeat(length)]);
    }

    fn ask(&mut self, to: SocketKey, event: Arguments<'static>, actions: &mut Actions) {
        let request = AckRequest { tag: self.next_question, timeout: ANSWER_TIMEOUT };
        self.questions.insert(self.next_question, to);
        self.next_question += 1;
        actions.push(Action::Ask { to, event, request });
    }
}

impl Application for Hall {
    type Member = usize;

    fn has_namespace(&self, name: &str) -> bool {
        NAMESPACES.contains(&name)
    }

    fn asked_to_join(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        request: JoinRequest<'_>,
        actions: &mut Actions,
    ) {
        let JoinRequest { namespace, auth, .. } = request;
        assert!(auth.is_empty() || auth.trim_start().starts_with('{'), "{auth}");
        if auth.contains("intruder") {
            return actions
                .push(Action::Refuse { socket, error: ConnectError::new("No").with_data("intruder") });
        }
        let member = NAMESPACES.iter().position(|&name| name == namespace.as_str()).expect("a namespace");
        let mut admission = Admission::new(cx);
        admission.private_id = Some(cx.unguessable_id());
        // A client that recovers takes the place of the socket that has been here for longest.
        if auth.contains("recover") {
            admission.missed = vec![
                with_name("missed", &["1"], Vec::new()),
                with_name("missed", &[r#"{"_placeholder":true,"num":0}"#], vec![Rc::from([1, 2, 3])]),
            ];
            let mut present = self.members.iter();
            admission.replaces = present.find(|&(_, &it)| it == member).map(|(&socket, _)| socket);
        }
        actions.push(Action::Accept { socket, admission });
        actions.emit(Recipients::Socket(socket), "welcome", &member);
        assert!(self.members.insert(socket, member).is_none(), "a socket joins once");
    }

    fn event(&mut self, cx: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions) {
        let namespace = self.members[&socket];
        let Arguments { json, attachments } = event.arguments;
        let all = super::elements(&json);
        let rest = &all[1..];
        let number = rest.first().and_then(|it| it.parse::<u64>().ok()).unwrap_or(1);
        match (event.name.as_str(), event.ack) {
            ("message", _) => {
                let event = with_name("message-back", rest, attachments);
                actions.push(Action::Emit { to: Recipients::Socket(socket), event });
            }
            ("message-with-ack", Some(ack)) => {
                let answer = list(rest, attachments);
                actions.push(Action::Answer { to: socket, ack, answer });
            }
            ("ask", _) => {
                for _ in 0..number.min(MAX_QUESTIONS) {
                    self.ask(socket, with_name("question", rest, attachments.clone()), actions);
                }
            }
            ("everyone", _) => {
                let event = with_name("everyone", rest, attachments);
                actions.push(Action::Emit {
                    to: Recipients::Everyone(Namespace::new(NAMESPACES[namespace])),
                    event,
                });
            }
            ("watch", _) => actions.push(Action::Watch { socket, is_wanted: number == 1 }),
            ("put-me-out", _) => actions.push(Action::Disconnect { socket }),
            ("remind-me", _) => {
                self.reminders.push((cx.now + Duration::from_millis(number.min(60_000)), socket));
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
        match event.ack {
            Some(ack) => actions.answer(socket, ack, &event.name),
            None => actions.emit(Recipients::Socket(socket), "refused", &[event.name]),
        }
    }

    fn answered(
        &mut self,
        _: &mut Context<'_>,
        socket: SocketKey,
        tag: u64,
        answer: Option<Arguments<'_>>,
        actions: &mut Actions,
    ) {
        assert_eq!(
            self.questions.remove(&tag),
            Some(socket),
            "a question is answered once, by whom it was put to"
        );
        let event = match answer {
            Some(answer) => with_name("answer", &super::elements(&answer.json), answer.attachments),
            None => with_name("no-answer", &[], Vec::new()),
        };
        actions.push(Action::Emit { to: Recipients::Socket(socket), event });
    }

    fn left(&mut self, _: &mut Context<'_>, socket: SocketKey, _: Departure, actions: &mut Actions) {
        let namespace = self.members.remove(&socket).expect("who leaves has joined, and not left yet");
        self.questions.retain(|_, to| *to != socket);
        self.reminders.retain(|(_, to)| *to != socket);
        actions.emit(
            Recipients::Everyone(Namespace::new(NAMESPACES[namespace])),
            "departure",
            &self.members.len(),
        );
    }

    fn tick(&mut self, cx: &mut Context<'_>, actions: &mut Actions) {
        let mut due = 0;
        self.reminders.retain(|&(at, socket)| {
            if at <= cx.now {
                actions.emit(Recipients::Socket(socket), "reminder", &[0_u8; 0]);
                due += 1;
            }
            at > cx.now
        });
        assert!(due > 0, "the application is not woken for nothing");
    }

    fn next_deadline(&self) -> Option<Time> {
        self.reminders.iter().map(|&(at, _)| at).min()
    }

    fn member(&self, socket: SocketKey) -> Option<&usize> {
        self.members.get(&socket)
    }

    fn restored(&mut self, socket: SocketKey, _: RestoredPlace<'_>, member: usize) {
        assert!(self.members.insert(socket, member).is_none(), "a socket is restored once");
    }
}

fn with_name(name: &str, rest: &[&str], attachments: Vec<Rc<[u8]>>) -> Arguments<'static> {
    let name = format!("\"{name}\"");
    let elements: Vec<&str> = std::iter::once(name.as_str()).chain(rest.iter().copied()).collect();
    list(&elements, attachments)
}

fn list(elements: &[&str], attachments: Vec<Rc<[u8]>>) -> Arguments<'static> {
    Arguments { json: Cow::Owned(format!("[{}]", elements.join(","))), attachments }
}
