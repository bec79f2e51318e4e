//! `call_user`: calls a user, or renegotiates a call.

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

/// A call of another user.
pub struct CallUser {
    to: String,
    offer: Content,
}

impl Command for CallUser {
    const NAME: &'static str = "call_user";
    const RATE: Kind = Kind::Call;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let payload = Payload::parse(arguments, "call_user takes { to, offer }, where to is a username.")?;
        let to = payload.to()?;
        let offer = payload.offer.ok_or_else(|| Refusal::invalid("invalid_offer", "offer is missing."))?;
        let offer = signal::content(offer, &arguments.attachments, MAX_DESCRIPTION_BYTES)
            .ok_or_else(|| Refusal::invalid("offer_too_large", "offer is larger than 256 kB."))?;
        Ok(Self { to, offer })
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        part::signal(room, cx.now, &self.to, SignalKind::Offer, Some(self.offer), responder)
    }

    /// Ends the call: a frontend may wait for `call_ended` alone.
    fn refused<S: Storage + Clone>(
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        arguments: Option<&Arguments<'_>>,
        responder: &mut Responder<'_>,
    ) {
        let to = arguments.and_then(signal::addressee).unwrap_or_default();
        part::refuse_offer(room, cx.now, &to, responder);
    }
}
