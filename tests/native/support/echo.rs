//! The echo of the official test suites, and a few events more that make the server do what an echo never does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use engineio::Context;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use socketio::Server;
use socketio::{
    AckRequest, Action, Actions, Admission, Application, Arguments, ConnectError, Departure, Event,
    Handshake, JoinRequest, Namespace, Recipients, RestoredPlace, Selection, SocketKey, UnreadableEvent,
};

use super::client::Socket;
use super::world::World;

/// How long a client may take to answer.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The namespaces there are.
pub const NAMESPACES: [&str; 2] = ["/", "/custom"];

#[derive(Default)]
pub struct Echo {
    pub members: HashMap<SocketKey, Member>,
    /// How sockets left, in order.
    pub departures: Vec<Departure>,
    /// What came of questions, by their tags.
    pub answers: Vec<(u64, Option<String>)>,
    /// The sockets whose request to join waits for [`Echo::answer_requests`].
    pub asking: Vec<SocketKey>,
    /// The handshakes of the sockets that asked to join.
    pub handshakes: Vec<Handshake>,
    /// Whether any namespace exists.
    pub is_open_to_any_namespace: bool,
    /// Namespaces that there were once.
    pub closed_namespaces: Vec<&'static str>,
    pub next_tag: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    pub auth: String,
    pub namespace: Namespace,
}

impl Application for Echo {
    type Member = Member;

    fn has_namespace(&self, name: &str) -> bool {
        (self.is_open_to_any_namespace || NAMESPACES.contains(&name))
            && !self.closed_namespaces.contains(&name)
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
        if auth.contains("intruder") {
            let error = ConnectError::new("No").with_data(&json!({ "code": "intruder" }));
            return actions.push(Action::Refuse { socket, error });
        }
        if auth.contains("later") {
            return self.asking.push(socket);
        }
        let auth = if auth.is_empty() { "{}" } else { auth };
        actions.push(Action::Accept { socket, admission: Admission::new(cx) });
        actions.push(emit(socket, "auth", &[auth], Vec::new()));
        let member = Member { auth: auth.to_owned(), namespace: namespace.clone() };
        assert!(self.members.insert(socket, member).is_none(), "a socket joins once");
    }

    fn event(&mut self, _: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions) {
        assert!(self.members.contains_key(&socket), "only who has joined and not left sends events");
        let Arguments { json, attachments } = event.arguments;
        let all = elements(&json);
        let rest = all.get(1..).unwrap_or_default();
        match (event.name.as_str(), event.ack) {
            ("message", _) => actions.push(emit(socket, "message-back", rest, attachments)),
            ("message-with-ack", Some(ack)) => {
                let answer = list(rest, attachments);
                actions.push(Action::Answer { to: socket, ack, answer });
            }
            ("emit-with-ack", _) => self.ask(socket, with_name("emit-with-ack", rest, attachments), actions),
            // Asks as often as the argument says.
            ("ask", _) => {
                for _ in 0..rest.first().and_then(|count| count.parse().ok()).unwrap_or(1) {
                    self.ask(socket, with_name("question", &[], Vec::new()), actions);
                }
            }
            // Sends everyone in the namespace what came.
            ("everyone", _) => {
                let to = Recipients::Everyone(self.members[&socket].namespace.clone());
                let event = with_name("everyone", rest, attachments);
                actions.push(Action::Emit { to, event });
            }
            ("join", _) => {
                let rooms = rest.iter().map(|room| unquoted(room).into());
                actions.extend(rooms.map(|room| Action::Join { socket, room }));
            }
            ("leave", _) => actions.push(Action::Leave { socket, room: unquoted(rest[0]).into() }),
            // The rooms, the rooms that are left out, whether the sender is, and what is sent.
            ("select" | "select-volatile", _) => {
                let rooms = |json| serde_json::from_str(json).expect("names of rooms");
                let selection = Selection {
                    namespace: self.members[&socket].namespace.clone(),
                    rooms: rooms(rest[0]),
                    except_rooms: rooms(rest[1]),
                    except: (rest[2] == "true").then_some(socket),
                };
                let to = Recipients::Selected(selection);
                let selected = with_name("selected", &rest[3..], attachments);
                actions.push(match event.name.as_str() {
                    "select" => Action::Emit { to, event: selected },
                    _ => Action::EmitVolatile { to, event: selected },
                });
            }
            ("watch", _) => {
                actions.push(Action::Watch { socket, is_wanted: rest.first() == Some(&"true") });
            }
            ("put-me-out", _) => actions.push(Action::Disconnect { socket }),
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
        self.answers.push((tag, answer.as_ref().map(|answer| answer.json.to_string())));
        actions.push(match answer {
            Some(answer) => emit(socket, "emit-with-ack", &elements(&answer.json), answer.attachments),
            None => emit(socket, "emit-with-ack-timeout", &[], Vec::new()),
        });
    }

    fn left(&mut self, _: &mut Context<'_>, socket: SocketKey, how: Departure, _: &mut Actions) {
        if let Some(index) = self.asking.iter().position(|&it| it == socket) {
            self.asking.remove(index);
            return;
        }
        assert!(self.members.remove(&socket).is_some(), "who leaves has joined, and not left yet");
        self.departures.push(how);
    }

    fn member(&self, socket: SocketKey) -> Option<&Member> {
        self.members.get(&socket)
    }

    fn restored(&mut self, socket: SocketKey, _: RestoredPlace<'_>, member: Member) {
        assert!(self.members.insert(socket, member).is_none(), "a socket is restored once");
    }
}

impl Echo {
    /// Has every client watched, or none any more.
    pub fn watch_all(&self, is_wanted: bool, actions: &mut Actions) {
        for &socket in self.members.keys() {
            actions.push(Action::Watch { socket, is_wanted });
        }
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

    fn ask(&mut self, to: SocketKey, event: Arguments<'static>, actions: &mut Actions) {
        let request = AckRequest { tag: self.next_tag, timeout: ANSWER_TIMEOUT };
        self.next_tag += 1;
        actions.push(Action::Ask { to, event, request });
    }
}

impl World<Server<Echo>> {
    /// A client that has a WebSocket and is in the main namespace.
    #[track_caller]
    pub fn joins(&self) -> Socket<Server<Echo>> {
        let socket = self.opens_web_socket();
        socket.joins("/");
        socket.expects(r#"42["auth",{}]"#);
        socket
    }

    pub fn departures(&self) -> Vec<Departure> {
        self.with_application(|echo| echo.departures.clone())
    }

    /// No layer holds anything, and nobody has to be woken.
    #[track_caller]
    pub fn expects_to_be_empty(&self) {
        assert_eq!(self.session_count(), 0, "sessions");
        assert_eq!(self.socket_count(), 0, "sockets");
        assert_eq!(self.with_application(|echo| echo.members.len()), 0, "members");
        assert_eq!(self.waiting_requests(), 0, "requests");
        assert_eq!(self.open_sockets(), 0, "WebSockets");
        assert_eq!(self.next_deadline(), None);
    }
}

fn unquoted(json: &str) -> String {
    serde_json::from_str(json).expect("a string")
}

fn elements(json: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).expect("an array");
    elements.into_iter().map(RawValue::get).collect()
}

fn emit(to: SocketKey, name: &str, rest: &[&str], attachments: Vec<Rc<[u8]>>) -> Action {
    Action::Emit { to: Recipients::Socket(to), event: with_name(name, rest, attachments) }
}

fn with_name(name: &str, rest: &[&str], attachments: Vec<Rc<[u8]>>) -> Arguments<'static> {
    let name = format!("\"{name}\"");
    let elements: Vec<&str> = std::iter::once(name.as_str()).chain(rest.iter().copied()).collect();
    list(&elements, attachments)
}

fn list(elements: &[&str], attachments: Vec<Rc<[u8]>>) -> Arguments<'static> {
    Arguments { json: Cow::Owned(format!("[{}]", elements.join(","))), attachments }
}
