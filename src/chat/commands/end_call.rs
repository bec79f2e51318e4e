//! `end_call`: ends, declines or cancels a call.

use engineio::Context;
use socketio::Arguments;

use super::Command;
use super::signal::Payload;
use crate::chat::Chat;
use crate::chat::calls::part;
use crate::chat::calls::signal::SignalKind;
use crate::chat::limits::Kind;
use crate::chat::responder::Responder;
use crate::refusal::{Failure, Refusal};
use crate::storage::Storage;

/// The end of a call with another user.
pub struct EndCall {
    to: String,
}

impl Command for EndCall {
    const NAME: &'static str = "end_call";
    const RATE: Kind = Kind::Other;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let payload = Payload::parse(arguments, "end_call takes { to }, where to is a username.")?;
        Ok(Self { to: payload.to()? })
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        part::signal(room, cx.now, &self.to, SignalKind::End, None, responder)
    }
}
