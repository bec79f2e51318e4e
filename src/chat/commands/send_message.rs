//! `send_message`: says something to everyone, at once or in its turn if its user exceeds the rate.

use std::time::Duration;

use engineio::Context;
use serde::Deserialize;
use serde_json::value::RawValue;
use socketio::Arguments;

use super::{Command, payload};
use crate::chat::Chat;
use crate::chat::limits::Kind;
use crate::chat::message::{self, NewMessage};
use crate::chat::pacing::{self, Waiting};
use crate::chat::posting::post;
use crate::chat::responder::Responder;
use crate::refusal::{Failure, Refusal};
use crate::storage::Storage;

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
        pacing::send_waiting(room, cx, &member.name_key, actions);
        let Err(refusal) = room.limits.take(cx.now, &member.name_key, Self::RATE) else {
            return Ok(post(room, cx, &member.username, &self.0, &[*asker], actions)?);
        };
        let pace = (refusal.retry_after.unwrap_or(Duration::ZERO), room.limits.period(Self::RATE));
        let waiting = Waiting {
            event: Self::NAME,
            username: member.username.clone(),
            login: member.login.clone(),
            message: self.0,
            askers: vec![*asker],
        };
        let is_held = room.parts.pacing.hold(cx.now, &member.name_key, waiting, pace);
        if is_held { Ok(()) } else { Err(refusal.into()) }
    }
}
