//! `send_message`: says something to everyone, at once or in its turn if its user exceeds the rate.

use std::rc::Rc;
use std::time::Duration;

use engineio::Context;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketio::{Action, Actions, Arguments, Namespace, Recipients};

use super::{Command, payload};
use crate::chat::Chat;
use crate::chat::limits::Kind;
use crate::chat::log::Added;
use crate::chat::message::{self, Message, NewMessage};
use crate::chat::pacing::Waiting;
use crate::chat::responder::{Asker, Failure, Responder, acknowledge, refuse};
use crate::refusal::Refusal;
use crate::storage::{Storage, StorageError};

/// A message to everyone.
pub struct SendMessage(NewMessage);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
    #[serde(borrow)]
    client_id: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Answer<'a> {
    message: &'a Message,
}

impl Command for SendMessage {
    const NAME: &'static str = "send_message";
    const RATE: Kind = Kind::Message;
    const IS_PACED: bool = true;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let wanted = "send_message takes { text, clientId? }, both strings.";
        let Payload { text, client_id } = payload::object(&arguments.json, wanted)?;
        let text: Option<String> = payload::field(text, "invalid_text", "text has to be a string.")?;
        let text =
            text.ok_or_else(|| Refusal::invalid("invalid_text", "text is missing: it has to be a string."))?;
        message::check_text(&text)?;
        let client_id = match client_id {
            Some(json) => Some(message::check_client_id(serde_json::from_str(json.get()).ok())?),
            None => None,
        };
        Ok(Self(NewMessage { text, client_id }))
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        let Responder { asker, member, actions, .. } = responder;
        // The messages of this user that wait already go first.
        send_waiting(room, cx, &member.name_key, actions);
        let Err(refusal) = room.limits.take(cx.now, &member.name_key, Self::RATE) else {
            return Ok(post(room, cx, &member.username, &self.0, &[*asker], actions)?);
        };
        let pace = (refusal.retry_after.unwrap_or(Duration::ZERO), room.limits.period(Self::RATE));
        let waiting = Waiting {
            username: member.username.clone(),
            login: member.login.clone(),
            message: self.0,
            askers: vec![*asker],
        };
        let is_held = room.parts.pacing.hold(cx.now, &member.name_key, waiting, pace);
        if is_held { Ok(()) } else { Err(refusal.into()) }
    }
}

/// Sends as many of a user's waiting messages as the rate allows.
pub fn send_waiting<S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    name_key: &Rc<str>,
    actions: &mut Actions,
) {
    while room.parts.pacing.is_waiting(name_key) {
        if let Err(refusal) = room.limits.take(cx.now, name_key, SendMessage::RATE) {
            let next = refusal.retry_after.unwrap_or(Duration::ZERO);
            return room.parts.pacing.look_again(cx.now, name_key, next);
        }
        let Some(Waiting { username, message, askers, .. }) = room.parts.pacing.pop(name_key) else {
            return;
        };
        if let Err(error) = post(room, cx, &username, &message, &askers, actions) {
            let failure = Failure::Storage(error);
            for &asker in &askers {
                refuse(asker, SendMessage::NAME, &failure, actions);
            }
        }
    }
}

/// Stores a message, answers its senders, and tells everyone.
fn post<S: Storage + Clone>(
    room: &mut Chat<S>,
    cx: &mut Context<'_>,
    username: &str,
    message: &NewMessage,
    askers: &[Asker],
    actions: &mut Actions,
) -> Result<(), StorageError> {
    let added = room.log.add(cx, username, message)?;
    let (Added::New(message) | Added::Before(message)) = &added;
    for &asker in askers {
        acknowledge(asker, &Answer { message }, actions);
    }
    if let Added::New(message) = &added {
        room.parts.retention.added(cx.now, message.id);
        actions.push(Action::Emit { to: Recipients::Everyone(Namespace::MAIN), event: message.event() });
    }
    Ok(())
}
