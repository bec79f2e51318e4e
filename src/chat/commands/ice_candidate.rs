//! `ice_candidate`: passes a candidate on to the other side of a call.

use engineio::Context;
use socketio::Arguments;

use super::Command;
use super::signal::{self, MAX_CANDIDATE_BYTES, Payload};
use crate::chat::Chat;
use crate::chat::calls::part;
use crate::chat::calls::signal::{Content, SignalKind};
use crate::chat::limits::Kind;
use crate::chat::responder::Responder;
use crate::refusal::{Failure, Refusal};
use crate::storage::Storage;

/// A candidate for the other side of a call.
pub struct IceCandidate {
    to: String,
    candidate: Content,
}

impl Command for IceCandidate {
    const NAME: &'static str = "ice_candidate";
    const RATE: Kind = Kind::Other;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let payload =
            Payload::parse(arguments, "ice_candidate takes { to, candidate }, where to is a username.")?;
        let to = payload.to()?;
        let candidate = payload.candidate.ok_or_else(|| {
            Refusal::invalid("invalid_candidate", "candidate is missing: null stands for the last one.")
        })?;
        let candidate = signal::content(candidate, &arguments.attachments, MAX_CANDIDATE_BYTES)
            .ok_or_else(|| Refusal::invalid("candidate_too_large", "candidate is larger than 8 kB."))?;
        Ok(Self { to, candidate })
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        part::signal(room, cx.now, &self.to, SignalKind::Candidate, Some(self.candidate), responder)
    }
}
