//! The Socket.IO application that the suites expect: on connecting it emits `auth` with what the client sent; it answers
//! `message` with `message-back`, acknowledges `message-with-ack` with the same arguments, and sends `emit-with-ack` back
//! with a question whose answer it emits in turn.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use engineio::Context;
use serde_json::value::RawValue;
use socketio::{
    AckRequest, Action, Actions, Admission, Application, Arguments, Departure, Event, JoinRequest,
    Recipients, RestoredPlace, SocketKey,
};

/// How long a client may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The echo.
#[derive(Default)]
pub struct Echo {
    /// What each socket sent as `auth`.
    auths: HashMap<SocketKey, String>,
}

impl Application for Echo {
    type Member = String;

    fn has_namespace(&self, name: &str) -> bool {
        matches!(name, "/" | "/custom")
    }

    fn asked_to_join(
        &mut self,
        cx: &mut Context<'_>,
        socket: SocketKey,
        request: JoinRequest<'_>,
        actions: &mut Actions,
    ) {
        let auth = if request.auth.is_empty() { "{}" } else { request.auth };
        actions.push(Action::Accept { socket, admission: Admission::new(cx) });
        let event = with_name("auth", &[auth], Vec::new());
        actions.push(Action::Emit { to: Recipients::Socket(socket), event });
        self.auths.insert(socket, auth.to_owned());
    }

    fn event(&mut self, _: &mut Context<'_>, socket: SocketKey, event: Event<'_>, actions: &mut Actions) {
        let Arguments { json, attachments } = event.arguments;
        let all = elements(&json);
        let rest = all.get(1..).unwrap_or_default();
        match (event.name.as_str(), event.ack) {
            ("message", _) => {
                let event = with_name("message-back", rest, attachments);
                actions.push(Action::Emit { to: Recipients::Socket(socket), event });
            }
            ("message-with-ack", Some(ack)) => {
                let answer = list(rest, attachments);
                actions.push(Action::Answer { to: socket, ack, answer });
            }
            ("emit-with-ack", _) => {
                let event = with_name("emit-with-ack", rest, attachments);
                let request = AckRequest { tag: 0, timeout: ANSWER_TIMEOUT };
                actions.push(Action::Ask { to: socket, event, request });
            }
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
        let event = match answer {
            Some(answer) => with_name("emit-with-ack", &elements(&answer.json), answer.attachments),
            None => with_name("emit-with-ack-timeout", &[], Vec::new()),
        };
        actions.push(Action::Emit { to: Recipients::Socket(socket), event });
    }

    fn left(&mut self, _: &mut Context<'_>, socket: SocketKey, _: Departure, _: &mut Actions) {
        self.auths.remove(&socket);
    }

    fn member(&self, socket: SocketKey) -> Option<&String> {
        self.auths.get(&socket)
    }

    fn restored(&mut self, socket: SocketKey, _: RestoredPlace<'_>, auth: String) {
        self.auths.insert(socket, auth);
    }
}

fn elements(json: &str) -> Vec<&str> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    elements.into_iter().map(RawValue::get).collect()
}

fn with_name(name: &str, rest: &[&str], attachments: Vec<std::rc::Rc<[u8]>>) -> Arguments<'static> {
    let name = format!("\"{name}\"");
    let elements: Vec<&str> = std::iter::once(name.as_str()).chain(rest.iter().copied()).collect();
    list(&elements, attachments)
}

fn list(elements: &[&str], attachments: Vec<std::rc::Rc<[u8]>>) -> Arguments<'static> {
    Arguments { json: Cow::Owned(format!("[{}]", elements.join(","))), attachments }
}
