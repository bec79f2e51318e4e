//! What a client may ask for: one variant an event, parsed from its arguments.

use std::rc::Rc;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::message::{self, HistoryQuery};
use crate::refusal::{Refusal, RefusalKind};

/// The event by which a user calls another one, or renegotiates a call.
pub const CALL_USER: &str = "call_user";

/// The largest offer or answer, in bytes with its attachments. Those of browsers take some 10 kB a video track.
pub const MAX_DESCRIPTION_BYTES: usize = 256 * 1024;

/// The largest candidate, in bytes with its attachments.
pub const MAX_CANDIDATE_BYTES: usize = 8 * 1024;

/// A command with valid arguments.
pub enum Command<'a> {
    /// `send_message`: say something to everyone.
    SendMessage(NewMessage),
    /// `load_history`: read messages from before the ones that one has.
    LoadHistory(HistoryQuery),
    /// `refresh_token`: stay connected beyond the expiry of the token that one came with.
    RefreshToken { token: String },
    /// One of the events by which two users set up a call.
    Signal(Signal<'a>),
}

/// A message to everyone.
#[derive(Debug)]
pub struct NewMessage {
    /// The text as it was written.
    pub text: String,
    /// The client's own id for it, under which it may send it again.
    pub client_id: Option<String>,
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

    /// The code and the sentence for an event without its content.
    fn missing_content(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Offer => Some(("invalid_offer", "offer is missing.")),
            Self::Answer => Some(("invalid_answer", "answer is missing.")),
            Self::Candidate => {
                Some(("invalid_candidate", "candidate is missing: null stands for the last one."))
            }
            Self::End => None,
        }
    }
}

impl Signal<'_> {
    /// Checks the content's size, together with that of the event's attachments.
    ///
    /// # Errors
    /// It is larger than [`MAX_DESCRIPTION_BYTES`] or [`MAX_CANDIDATE_BYTES`].
    pub fn check_size(&self, attachments: &[Rc<[u8]>]) -> Result<(), Refusal> {
        let (limit, code, sentence) = match self.kind {
            SignalKind::Offer => (MAX_DESCRIPTION_BYTES, "offer_too_large", "offer is larger than 256 kB."),
            SignalKind::Answer => {
                (MAX_DESCRIPTION_BYTES, "answer_too_large", "answer is larger than 256 kB.")
            }
            SignalKind::Candidate => {
                (MAX_CANDIDATE_BYTES, "candidate_too_large", "candidate is larger than 8 kB.")
            }
            SignalKind::End => return Ok(()),
        };
        let attached: usize = attachments.iter().map(|attachment| attachment.len()).sum();
        let size = self.content.map_or(0, |content| content.get().len()) + attached;
        if size > limit { Err(Refusal::invalid(code, sentence)) } else { Ok(()) }
    }
}

/// The fields of every signalling event. A candidate may be `null`, which ends the candidates; a missing one may not.
#[derive(Deserialize)]
struct SignalPayload<'a> {
    #[serde(borrow)]
    to: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    offer: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    answer: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    candidate: Option<&'a RawValue>,
}

/// Tells a field that is `null` from one that is missing.
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
            CALL_USER => SignalKind::Offer,
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
            Some(field) => format!("{name} takes {{ to, {field} }}, where to is a username."),
            None => format!("{name} takes {{ to }}, where to is a username."),
        };
        let payload: SignalPayload<'a> = argument(arguments, &wanted)?;
        let to = field(payload.to, "invalid_to", "to has to be a username.")?;
        let to =
            to.ok_or_else(|| Refusal::invalid("invalid_to", "to is missing: it has to be a username."))?;
        let content = match signal {
            SignalKind::Offer => payload.offer,
            SignalKind::Answer => payload.answer,
            SignalKind::Candidate => payload.candidate,
            SignalKind::End => None,
        };
        if content.is_none()
            && let Some((code, sentence)) = signal.missing_content()
        {
            return Err(Refusal::invalid(code, sentence));
        }
        Ok(Self::Signal(Signal { kind: signal, to, content }))
    }
}

fn send_message(arguments: &str) -> Result<Command<'_>, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Payload<'a> {
        #[serde(borrow)]
        text: Option<&'a RawValue>,
        #[serde(borrow)]
        client_id: Option<&'a RawValue>,
    }

    let wanted = "send_message takes { text, clientId? }, both strings.";
    let Payload { text, client_id } = argument(arguments, wanted)?;
    let text: Option<String> = field(text, "invalid_text", "text has to be a string.")?;
    let text =
        text.ok_or_else(|| Refusal::invalid("invalid_text", "text is missing: it has to be a string."))?;
    message::check_text(&text)?;
    let client_id = match client_id {
        Some(json) => Some(message::check_client_id(serde_json::from_str(json.get()).ok())?),
        None => None,
    };
    Ok(Command::SendMessage(NewMessage { text, client_id }))
}

fn load_history(arguments: &str) -> Result<Command<'_>, Refusal> {
    #[derive(Default, Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        before: Option<&'a RawValue>,
        #[serde(borrow)]
        limit: Option<&'a RawValue>,
    }

    let wanted = "load_history takes { before?, limit? }, a message id and a number.";
    let Payload { before, limit } = match elements(arguments, wanted)?.get(1) {
        Some(payload) if payload.get() != "null" => argument(arguments, wanted)?,
        _ => Payload::default(),
    };
    let before: Option<String> = field(before, "invalid_before", message::INVALID_BEFORE)?;
    // Anything but a whole number is out of bounds.
    let limit = limit.map(|json| serde_json::from_str(json.get()).unwrap_or(0));
    Ok(Command::LoadHistory(HistoryQuery::new(before.as_deref(), limit)?))
}

fn refresh_token(arguments: &str) -> Result<Command<'_>, Refusal> {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        token: Option<&'a RawValue>,
    }

    let Payload { token } = argument(arguments, "refresh_token takes { token }, a string.")?;
    // A token that is no string cannot be verified, like one of any other text.
    let token = token.map_or_else(String::new, |json| {
        serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned())
    });
    Ok(Command::RefreshToken { token })
}

/// The user that a signalling event is for, of whatever else is wrong with the event. `None` if that is not a string.
pub fn addressee(arguments: &str) -> Option<String> {
    let payload: SignalPayload<'_> = argument(arguments, "").ok()?;
    serde_json::from_str(payload.to?.get()).ok()
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

/// A field of the payload, which is refused by itself if it is of another type. `None` if it is missing or `null`.
fn field<'a, T: Deserialize<'a>>(
    json: Option<&'a RawValue>,
    code: &'static str,
    sentence: &str,
) -> Result<Option<T>, Refusal> {
    json.map(|json| serde_json::from_str(json.get()).map_err(|_| Refusal::invalid(code, sentence)))
        .transpose()
}

/// The event's name and its arguments.
fn elements<'a>(arguments: &'a str, wanted: &str) -> Result<Vec<&'a RawValue>, Refusal> {
    serde_json::from_str(arguments).map_err(|_| Refusal::invalid("invalid_payload", wanted))
}
