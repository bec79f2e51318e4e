//! The handlers of a namespace, or of all namespaces that match a pattern.

use std::collections::HashMap;

use serde::de::DeserializeOwned;

use super::answer::{Answer, EventError};
use super::payload;
use super::scope::Scope;
use super::socket::{AnswerTags, Socket};
use crate::actions::ConnectError;
use crate::application::{Departure, JoinRequest};
use crate::arguments::Arguments;

/// The handlers of a namespace, or of all namespaces that match a pattern.
pub struct Handlers<S, D> {
    pattern: Pattern,
    admit: Box<Admit<S, D>>,
    on_connect: Option<Box<OnConnect<S, D>>>,
    on_disconnect: Option<Box<OnDisconnect<S, D>>>,
    events: HashMap<&'static str, Box<OnEvent<S, D>>>,
    /// A question's tag is the index of its handler.
    answers: Vec<(&'static str, Box<OnAnswer<S, D>>)>,
}

type Admit<S, D> = dyn Fn(&mut Scope<'_, S, D>, &JoinRequest<'_>) -> Result<D, ConnectError>;
type OnConnect<S, D> = dyn Fn(&mut Socket<'_, S, D>);
type OnDisconnect<S, D> = dyn Fn(&mut Socket<'_, S, D>, Departure);
type OnEvent<S, D> = dyn Fn(&mut Socket<'_, S, D>, &Arguments<'_>, bool) -> Handled;
type OnAnswer<S, D> = dyn Fn(&mut Socket<'_, S, D>, Option<&Arguments<'_>>);

/// The outcome of an event.
#[derive(Default)]
pub(super) struct Handled {
    /// The answer, if one is wanted.
    pub(super) answer: Option<Arguments<'static>>,
    /// A line for the log.
    pub(super) log: Option<String>,
}

/// The names that belong to a namespace's handlers.
pub(super) enum Pattern {
    /// This name.
    Exact(&'static str),
    /// The names that begin and end like this and are longer.
    Between(&'static str, &'static str),
    /// The names for which this holds.
    Predicate(Box<dyn Fn(&str) -> bool>),
}

/// The reason why there is no answer to [`Socket::ask`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoAnswer {
    /// The client did not acknowledge the event in time.
    Timeout,
    /// The acknowledgement is not what its handler expects.
    Malformed,
}

impl Pattern {
    pub(super) fn parse(name: &'static str) -> Self {
        match name.split_once('*') {
            Some((prefix, suffix)) => Self::Between(prefix, suffix),
            None => Self::Exact(name),
        }
    }
}

impl<S: 'static, D: 'static> Handlers<S, D> {
    pub(super) fn new(pattern: Pattern) -> Self
    where
        D: Default,
    {
        Self {
            pattern,
            admit: Box::new(|_, _| Ok(D::default())),
            on_connect: None,
            on_disconnect: None,
            events: HashMap::new(),
            answers: Vec::new(),
        }
    }

    /// Decides on requests to join: returns the data of the socket, or the error that its client gets. By default every request is
    /// granted, with default data. Recovered sockets are not asked again.
    pub fn admit(
        &mut self,
        admit: impl Fn(&mut Scope<'_, S, D>, &JoinRequest<'_>) -> Result<D, ConnectError> + 'static,
    ) -> &mut Self {
        self.admit = Box::new(admit);
        self
    }

    /// Calls a handler when a socket has joined, recovered ones included.
    pub fn on_connect(&mut self, handler: impl Fn(&mut Socket<'_, S, D>) + 'static) -> &mut Self {
        self.on_connect = Some(Box::new(handler));
        self
    }

    /// Calls a handler when a socket is gone. It still has its rooms and data.
    pub fn on_disconnect(
        &mut self,
        handler: impl Fn(&mut Socket<'_, S, D>, Departure) + 'static,
    ) -> &mut Self {
        self.on_disconnect = Some(Box::new(handler));
        self
    }

    /// Calls a handler when a socket sends the event `name`, in place of the handler that it had. A payload that is a tuple reads
    /// all arguments, `()` none, and any other type the first; missing ones read as `null`.
    ///
    /// The returned value is the acknowledgement, if the client asks for one; see [`Answer`]. An event whose arguments do not
    /// fit is acknowledged with `{"error":"invalid payload"}`, and one without handler with `{"error":"unknown event"}`.
    pub fn on<T, R>(
        &mut self,
        name: &'static str,
        handler: impl Fn(&mut Socket<'_, S, D>, T) -> R + 'static,
    ) -> &mut Self
    where
        T: DeserializeOwned,
        R: Answer,
    {
        let on_event = move |socket: &mut Socket<'_, S, D>, arguments: &Arguments<'_>, is_asked: bool| {
            match payload::read_event(arguments) {
                Ok(payload) => Handled::by(handler(socket, payload), is_asked),
                Err(_) => Handled::unfit(is_asked),
            }
        };
        self.events.insert(name, Box::new(on_event));
        self
    }

    /// Calls a handler with the answer to [`Socket::ask`] under the same name. Handlers are registered here because closures do
    /// not survive hibernation.
    pub fn on_answer<T: DeserializeOwned>(
        &mut self,
        name: &'static str,
        handler: impl Fn(&mut Socket<'_, S, D>, Result<T, NoAnswer>) + 'static,
    ) -> &mut Self {
        let on_answer = move |socket: &mut Socket<'_, S, D>, answer: Option<&Arguments<'_>>| {
            let answer = answer.ok_or(NoAnswer::Timeout);
            handler(socket, answer.and_then(|it| payload::read_answer(it).map_err(|_| NoAnswer::Malformed)));
        };
        self.answers.push((name, Box::new(on_answer)));
        self
    }
}

impl<S, D> Handlers<S, D> {
    pub(super) fn matches(&self, name: &str) -> bool {
        match &self.pattern {
            Pattern::Exact(exact) => name == *exact,
            Pattern::Between(prefix, suffix) => name
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_suffix(suffix))
                .is_some_and(|it| !it.is_empty()),
            Pattern::Predicate(predicate) => predicate(name),
        }
    }

    pub(super) fn decide(
        &self,
        io: &mut Scope<'_, S, D>,
        request: &JoinRequest<'_>,
    ) -> Result<D, ConnectError> {
        (self.admit)(io, request)
    }

    pub(super) fn connected(&self, socket: &mut Socket<'_, S, D>) {
        if let Some(handler) = &self.on_connect {
            handler(socket);
        }
    }

    pub(super) fn disconnected(&self, socket: &mut Socket<'_, S, D>, how: Departure) {
        if let Some(handler) = &self.on_disconnect {
            handler(socket, how);
        }
    }

    pub(super) fn event(
        &self,
        socket: &mut Socket<'_, S, D>,
        name: &str,
        arguments: &Arguments<'_>,
        is_asked: bool,
    ) -> Handled {
        match self.events.get(name) {
            Some(handler) => handler(socket, arguments, is_asked),
            None => Handled::failed("unknown event", is_asked),
        }
    }

    pub(super) fn answered(&self, socket: &mut Socket<'_, S, D>, tag: u64, answer: Option<&Arguments<'_>>) {
        let handler = usize::try_from(tag).ok().and_then(|index| self.answers.get(index));
        if let Some((_, handler)) = handler {
            handler(socket, answer);
        }
    }
}

impl Handled {
    fn by(answer: impl Answer, is_asked: bool) -> Self {
        if !is_asked {
            return Self { answer: None, log: answer.into_cause() };
        }
        let (answer, log) = answer.into_arguments();
        Self { answer: Some(answer), log }
    }

    /// Returns the outcome of an event that cannot be read.
    pub(super) fn unfit(is_asked: bool) -> Self {
        Self::failed("invalid payload", is_asked)
    }

    fn failed(error: &'static str, is_asked: bool) -> Self {
        Self::by(Err::<(), _>(EventError::new(error)), is_asked)
    }
}

impl<S, D> AnswerTags for Handlers<S, D> {
    fn tag_of(&self, name: &str) -> Option<u64> {
        self.answers.iter().position(|(it, _)| *it == name).map(|index| index as u64)
    }
}
