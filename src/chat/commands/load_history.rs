//! `load_history`: returns messages from before those that the client has.

use engineio::Context;
use serde::Deserialize;
use serde_json::value::RawValue;
use socketio::Arguments;

use super::{Command, payload};
use crate::chat::Chat;
use crate::chat::limits::Kind;
use crate::chat::message::{self, HistoryQuery};
use crate::chat::responder::Responder;
use crate::refusal::{Failure, Refusal};
use crate::storage::Storage;

/// A request for a page of the history.
pub struct LoadHistory(HistoryQuery);

#[derive(Default, Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    before: Option<&'a RawValue>,
    #[serde(borrow)]
    limit: Option<&'a RawValue>,
}

impl Command for LoadHistory {
    const NAME: &'static str = "load_history";
    const RATE: Kind = Kind::HistoryLoad;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let wanted = "load_history takes { before?, limit? }, a message id and a number.";
        let Payload { before, limit } =
            payload::optional_object(&arguments.json, wanted)?.unwrap_or_default();
        let before: Option<String> = payload::field(before, "invalid_before", message::INVALID_BEFORE)?;
        // Anything but a whole number is out of bounds.
        let limit = limit.map(|json| serde_json::from_str(json.get()).unwrap_or(0));
        HistoryQuery::new(before.as_deref(), limit).map(Self)
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        _cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        let page = room.log.page(self.0)?;
        responder.answer(&page);
        Ok(())
    }
}
