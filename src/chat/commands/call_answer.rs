//! `call_answer`: answers a call, or a renegotiation.

use engineio::Context;
use socketio::Arguments;

use super::Command;
use super::signal::{self, MAX_DESCRIPTION_BYTES, Payload};
use crate::chat::Chat;
use crate::chat::calls::part;
use crate::chat::calls::signal::{Content, SignalKind};
use crate::chat::limits::Kind;
use crate::chat::responder::Responder;
use crate::refusal::{Failure, Refusal};
use crate::storage::Storage;

/// An answer to another user's offer.
pub struct CallAnswer {
    to: String,
    answer: Content,
}

impl Command for CallAnswer {
    const NAME: &'static str = "call_answer";
    const RATE: Kind = Kind::Call;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let payload = Payload::parse(arguments, "call_answer takes { to, answer }, where to is a username.")?;
        let to = payload.to()?;
        let answer =
            payload.answer.ok_or_else(|| Refusal::invalid("invalid_answer", "answer is missing."))?;
        let answer = signal::content(answer, &arguments.attachments, MAX_DESCRIPTION_BYTES)
            .ok_or_else(|| Refusal::invalid("answer_too_large", "answer is larger than 256 kB."))?;
        Ok(Self { to, answer })
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        part::signal(room, cx.now, &self.to, SignalKind::Answer, Some(self.answer), responder)
    }
}
