//! What a client may ask for: one variant an event, parsed from its arguments.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::message::{self, HistoryQuery};
use crate::refusal::{Refusal, RefusalKind};

/// A command with valid arguments.
pub enum Command<'a> {
    /// `send_message`: say something to everyone.
    SendMessage { text: String, client_id: Option<String> },
    /// `load_history`: read messages from before the ones that one has.
    LoadHistory(HistoryQuery),
    /// `refresh_token`: stay connected beyond the expiry of the token that one came with.
    RefreshToken { token: String },
    /// One of the events by which two users set up a call.
    Signal(Signal<'a>),
}

/// A signalling event: passed on to another user with the sender's name on it.
#[derive(Debug)]
pub struct Signal<'a> {
    /// Which one.
    pub kind: SignalKind,
    /// The user it is for, as the client wrote it.
    pub to: String,
    /// What it carries, as it came: an SDP offer or answer, or an ICE candidate.
    pub content: Option<&'a RawValue>,
}

/// The signalling events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignalKind {
    /// `call_user`.
    Offer,
    /// `call_answer`.
    Answer,
    /// `ice_candidate`.
    Candidate,
    /// `end_call`.
    End,
}

impl SignalKind {
    /// The event that the other user gets.
    pub fn relayed_event(self) -> &'static str {
        match self {
            Self::Offer => "incoming_call",
            Self::Answer => "call_answered",
            Self::Candidate => "ice_candidate",
            Self::End => "call_ended",
        }
    }

    /// The field in which its content comes and goes.
    pub fn content_field(self) -> Option<&'static str> {
        match self {
            Self::Offer => Some("offer"),
            Self::Answer => Some("answer"),
            Self::Candidate => Some("candidate"),
            Self::End => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendMessage {
    text: String,
    #[serde(default)]
    client_id: Option<String>,
}

#[derive(Deserialize)]
struct SignalPayload<'a> {
    to: String,
    #[serde(borrow, default, deserialize_with = "present")]
    offer: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    answer: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    candidate: Option<&'a RawValue>,
}

/// A field that is there, be it `null`, which as a candidate means that there are no more.
fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(field).map(Some)
}

impl<'a> Command<'a> {
    /// Parses the event `name` with its arguments, a JSON array that begins with the name.
    ///
    /// # Errors
    /// There is no such event, or its argument is not what the event wants.
    pub fn parse(name: &str, arguments: &'a str) -> Result<Self, Refusal> {
        let signal = match name {
            "send_message" => return send_message(arguments),
            "load_history" => return load_history(arguments),
            "refresh_token" => return refresh_token(arguments),
            "call_user" => SignalKind::Offer,
            "call_answer" => SignalKind::Answer,
            "ice_candidate" => SignalKind::Candidate,
            "end_call" => SignalKind::End,
            _ => {
                return Err(Refusal::new(
                    RefusalKind::NotFound,
                    "unknown_event",
                    "The server doesn't know this event.",
                ));
            }
        };
        let wanted = match signal.content_field() {
            Some(field) => format!("{name} wants {{ to, {field} }}, where to is a username."),
            None => format!("{name} wants {{ to }}, where to is a username."),
        };
        let payload: SignalPayload<'a> = argument(arguments, &wanted)?;
        let content = match signal {
            SignalKind::Offer => payload.offer,
            SignalKind::Answer => payload.answer,
            SignalKind::Candidate => payload.candidate,
            SignalKind::End => None,
        };
        if signal.content_field().is_some() && content.is_none() {
            return Err(Refusal::invalid("invalid_payload", wanted));
        }
        Ok(Self::Signal(Signal { kind: signal, to: payload.to, content }))
    }
}

fn send_message(arguments: &str) -> Result<Command<'_>, Refusal> {
    let SendMessage { text, client_id } =
        argument(arguments, "send_message wants { text }, where text is a string.")?;
    message::check_text(&text)?;
    if let Some(client_id) = &client_id {
        message::check_client_id(client_id)?;
    }
    Ok(Command::SendMessage { text, client_id })
}

fn load_history(arguments: &str) -> Result<Command<'_>, Refusal> {
    #[derive(Deserialize)]
    struct Payload {
        #[serde(default)]
        before: Option<String>,
        #[serde(default)]
        limit: Option<u32>,
    }

    let wanted = "load_history wants { before?, limit? }, where before is a message id and limit a number.";
    let Payload { before, limit } = match elements(arguments, wanted)?.get(1) {
        Some(_) => argument(arguments, wanted)?,
        None => Payload { before: None, limit: None },
    };
    Ok(Command::LoadHistory(HistoryQuery::new(before.as_deref(), limit)?))
}

fn refresh_token(arguments: &str) -> Result<Command<'_>, Refusal> {
    #[derive(Deserialize)]
    struct Payload {
        token: String,
    }

    let Payload { token } = argument(arguments, "refresh_token wants { token }, where token is a string.")?;
    Ok(Command::RefreshToken { token })
}

/// The first argument after the event's name. Further ones are ignored, as a handler in JavaScript would.
fn argument<'a, T: Deserialize<'a>>(arguments: &'a str, wanted: &str) -> Result<T, Refusal> {
    let argument = elements(arguments, wanted)?.get(1).map_or("null", |argument| argument.get());
    // An array would pass for an object whose fields it lists in order.
    if !argument.starts_with('{') {
        return Err(Refusal::invalid("invalid_payload", wanted));
    }
    serde_json::from_str(argument).map_err(|_| Refusal::invalid("invalid_payload", wanted))
}

/// The event's name and its arguments.
fn elements<'a>(arguments: &'a str, wanted: &str) -> Result<Vec<&'a RawValue>, Refusal> {
    serde_json::from_str(arguments).map_err(|_| Refusal::invalid("invalid_payload", wanted))
}
