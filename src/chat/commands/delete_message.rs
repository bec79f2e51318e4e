//! `delete_message`: deletes a message of the sender's own.

use engineio::Context;
use serde::Deserialize;
use serde_json::value::RawValue;
use socketio::{Action, Arguments, Namespace, Recipients};
use uuid::Uuid;

use super::{Command, payload};
use crate::chat::Chat;
use crate::chat::changes::message_deleted::MessageDeleted;
use crate::chat::limits::Kind;
use crate::chat::responder::{Done, Responder};
use crate::refusal::{Failure, Refusal, RefusalKind};
use crate::storage::Storage;

/// The deletion of a message. Deleting it again succeeds without another event.
pub struct DeleteMessage {
    id: Uuid,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Command for DeleteMessage {
    const NAME: &'static str = "delete_message";
    /// Everyone is told of a deletion, as of a message.
    const RATE: Kind = Kind::Message;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let Payload { id } = payload::object(&arguments.json, "delete_message takes { id }, a message id.")?;
        let invalid = || Refusal::invalid("invalid_id", "id has to be the id of a message.");
        let id: Option<&str> = id.and_then(|json| serde_json::from_str(json.get()).ok());
        let id = Uuid::try_parse(id.ok_or_else(invalid)?).map_err(|_| invalid())?;
        Ok(Self { id })
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        let Some(message) = room.log.find(self.id)? else {
            let sentence = "This message doesn't exist any more.";
            return Err(Refusal::new(RefusalKind::NotFound, "unknown_message", sentence).into());
        };
        if message.username != *responder.member.username {
            let sentence = "You can only delete your own messages.";
            return Err(Refusal::new(RefusalKind::Forbidden, "not_your_message", sentence).into());
        }
        if message.is_deleted() {
            responder.answer(&Done {});
            return Ok(());
        }
        let event = room.log.change(cx, &MessageDeleted { id: self.id })?;
        responder.answer(&Done {});
        responder.actions.push(Action::Emit { to: Recipients::Everyone(Namespace::MAIN), event });
        Ok(())
    }
}
