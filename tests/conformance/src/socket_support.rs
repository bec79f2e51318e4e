//! Answers as the support server of the Socket.IO client's suite does (`packages/socket.io-client/test/support/server.ts`), as
//! far as the suite asks for it outside a browser.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use natter_echo::elements;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use socketio::{
    AckRequest, Action, Actions, Admission, Application, Arguments, ConnectError, Context, Departure, Event,
    Handshake, JoinRequest, Recipients, RestoredPlace, SocketKey,
};

const NAMESPACES: [&str; 7] = ["/", "/foo", "/timeout_socket", "/valid", "/asd", "/abc", "/no"];

/// How long a client may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

const UTF8: [&str; 5] = ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"];

/// The server.
#[derive(Default)]
pub struct SocketSupport {
    members: BTreeMap<SocketKey, Member>,
    /// The sessions that clients can recover, by private id.
    sessions: BTreeMap<String, Session>,
    next_offset: u64,
}

/// A socket that has joined.
#[derive(Serialize, Deserialize)]
pub struct Member {
    sid: String,
    private_id: String,
    namespace: String,
    /// The handshake as the client's tests see it.
    handshake: Value,
    /// Whether `abuff1` has come, with bytes.
    has_sent_bytes: bool,
}

/// The part of a session that a client can recover.
struct Session {
    sid: String,
    namespace: String,
    /// The offset of the latest event.
    offset: String,
    /// `None` after the socket was lost.
    socket: Option<SocketKey>,
}

impl SocketSupport {
    /// Returns why a client is refused, if it is.
    fn refusal(request: &JoinRequest<'_>) -> Option<&'static str> {
        match request.namespace.as_str() {
            "/no" => Some("Auth failed (custom namespace)"),
            "/" => request.handshake.query_parameter("fail").map(|_| "Auth failed (main namespace)"),
            _ => None,
        }
    }

    /// Returns the admission to the session that the client lost, if it missed nothing there, or else to a new one.
    fn admission(&self, cx: &mut Context<'_>, request: &JoinRequest<'_>, auth: &Value) -> Admission {
        let private_id = auth["pid"].as_str().unwrap_or_default();
        let session = self.sessions.get(private_id).filter(|session| {
            session.namespace == request.namespace.as_str() && auth["offset"] == session.offset.as_str()
        });
        let new = Admission::new(cx);
        match session {
            Some(session) => Admission {
                sid: session.sid.clone(),
                private_id: Some(private_id.to_owned()),
                replaces: session.socket,
                ..new
            },
            None => Admission { private_id: Some(cx.unguessable_id()), ..new },
        }
    }

    /// Sends an event with the offset by which its recipient recovers.
    fn emit(&mut self, to: SocketKey, name: &str, argument: Option<Value>, actions: &mut Actions) {
        self.emit_binary(to, name, argument, Vec::new(), actions);
    }

    fn emit_binary(
        &mut self,
        to: SocketKey,
        name: &str,
        argument: Option<Value>,
        attachments: Vec<Rc<[u8]>>,
        actions: &mut Actions,
    ) {
        self.next_offset += 1;
        let offset = self.next_offset.to_string();
        let elements = [Some(name.into()), argument, Some(offset.clone().into())];
        let json = Value::from_iter(elements.into_iter().flatten()).to_string();
        let member = &self.members[&to];
        if let Some(session) = self.sessions.get_mut(&member.private_id) {
            session.offset = offset;
        }
        let event = Arguments { json: json.into(), attachments };
        actions.push(Action::Emit { to: Recipients::Socket(to), event });
    }
}

impl Application for SocketSupport {
    type Member = Member;

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
        if let Some(message) = Self::refusal(&request) {
            return actions.push(Action::Refuse { socket, error: ConnectError::new(message) });
        }
        let auth: Value = serde_json::from_str(request.auth).unwrap_or_else(|_| json!({}));
        let admission = self.admission(cx, &request, &auth);
        let namespace = request.namespace.as_str().to_owned();
        let (sid, private_id) = (admission.sid.clone(), admission.private_id.clone().unwrap_or_default());
        let session = self.sessions.entry(private_id.clone()).or_insert_with(|| Session {
            sid: sid.clone(),
            namespace: namespace.clone(),
            offset: String::new(),
            socket: None,
        });
        session.socket = Some(socket);
        let handshake = json!({ "query": query(request.handshake), "auth": auth });
        let is_greeted = namespace == "/abc";
        self.members.insert(
            socket,
            Member { sid, private_id, namespace, handshake: handshake.clone(), has_sent_bytes: false },
        );
        actions.push(Action::Accept { socket, admission });
        if is_greeted {
            self.emit(socket, "handshake", Some(handshake), actions);
        }
    }

    fn event(&mut self, cx: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions) {
        let member = self.members.get_mut(&socket).expect("only members send events");
        let Arguments { json, attachments } = event.arguments;
        let argument = elements(&json).get(1).map(|argument| argument.to_string()).unwrap_or_default();
        let has_bytes = attachments.len() == 1;
        match (member.namespace.as_str(), event.name.as_str(), event.ack) {
            ("/" | "/foo", "getId", Some(ack)) => actions.answer(socket, ack, &member.sid),
            ("/", "getHandshake", Some(ack)) => actions.answer(socket, ack, &member.handshake),
            ("/", "getAckDate", Some(ack)) => actions.answer(socket, ack, &cx.now),
            ("/", "echo", Some(ack)) => {
                let answer = Arguments { json: format!("[{argument}]").into(), attachments };
                actions.push(Action::Answer { to: socket, ack, answer });
            }
            ("/", "ack", _) => {
                let event = Arguments { json: r#"["ack"]"#.into(), attachments: Vec::new() };
                let request = AckRequest { tag: 0, timeout: ANSWER_TIMEOUT };
                actions.push(Action::Ask { to: socket, event, request });
            }
            ("/", "hi", _) => self.emit(socket, "hi", None, actions),
            ("/", "false", _) => self.emit(socket, "false", Some(false.into()), actions),
            ("/", "getDate", _) => self.emit(socket, "takeDate", Some(json!(cx.now)), actions),
            ("/", "getDateObj", _) => {
                self.emit(socket, "takeDateObj", Some(json!({ "date": cx.now })), actions);
            }
            ("/", "getUtf8", _) => {
                for text in UTF8 {
                    self.emit(socket, "takeUtf8", Some(text.into()), actions);
                }
            }
            ("/", "doge", _) => {
                let placeholder = json!({ "_placeholder": true, "num": 0 });
                let bytes = vec![Rc::from(*b"asdfasdf")];
                self.emit_binary(socket, "doge", Some(placeholder), bytes, actions);
            }
            ("/", "buffa", _) if has_bytes => self.emit(socket, "buffack", None, actions),
            ("/", "jsonbuff", _) if has_bytes => {
                let expected =
                    r#"{"hello":"lol","message":{"_placeholder":true,"num":0},"goodbye":"gotcha"}"#;
                if argument == expected {
                    self.emit(socket, "jsonbuff-ack", None, actions);
                }
            }
            ("/", "abuff1", _) => member.has_sent_bytes = has_bytes,
            ("/", "abuff2", _) if member.has_sent_bytes => self.emit(socket, "abuff2-ack", None, actions),
            _ => {}
        }
    }

    fn answered(
        &mut self,
        _: &mut Context<'_>,
        socket: SocketKey,
        _: u64,
        answer: Option<Arguments<'_>>,
        actions: &mut Actions,
    ) {
        if answer.is_some_and(|answer| answer.json == r#"[5,{"test":true}]"#) {
            self.emit(socket, "got it", None, actions);
        }
    }

    fn left(&mut self, _: &mut Context<'_>, socket: SocketKey, how: Departure, _: &mut Actions) {
        let Some(Member { private_id, .. }) = self.members.remove(&socket) else { return };
        // A session that was recovered meanwhile has another socket.
        let session = self.sessions.get_mut(&private_id).filter(|session| session.socket == Some(socket));
        match session {
            Some(session) if how.is_loss() => session.socket = None,
            Some(_) => drop(self.sessions.remove(&private_id)),
            None => {}
        }
    }

    fn member(&self, socket: SocketKey) -> Option<&Member> {
        self.members.get(&socket)
    }

    fn restored(&mut self, socket: SocketKey, _: RestoredPlace<'_>, member: Member) {
        self.members.insert(socket, member);
    }
}

/// The decoded query as a JSON object.
fn query(handshake: &Handshake) -> Value {
    let pairs = form_urlencoded::parse(handshake.query.as_bytes());
    pairs.map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
}
