//! `refresh_token`: keeps a socket connected beyond the expiry of its token.

use engineio::{Context, Time};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use socketio::Arguments;

use super::{Command, payload};
use crate::chat::limits::Kind;
use crate::chat::responder::Responder;
use crate::chat::{Chat, door};
use crate::refusal::{Failure, Refusal};
use crate::storage::Storage;

/// A newer token for a socket.
pub struct RefreshToken {
    token: String,
}

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    token: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    expires_at: Time,
}

impl Command for RefreshToken {
    const NAME: &'static str = "refresh_token";
    const RATE: Kind = Kind::Other;

    fn parse(arguments: &Arguments<'_>) -> Result<Self, Refusal> {
        let wanted = "refresh_token takes { token }, a string.";
        let Payload { token } = payload::object(&arguments.json, wanted)?;
        // Anything but a string is refused as a token that cannot be verified.
        let token = token.map_or_else(String::new, |json| {
            serde_json::from_str(json.get()).unwrap_or_else(|_| json.get().to_owned())
        });
        Ok(Self { token })
    }

    fn apply<S: Storage + Clone>(
        self,
        room: &mut Chat<S>,
        cx: &mut Context<'_>,
        responder: &mut Responder<'_>,
    ) -> Result<(), Failure> {
        let expires_at = door::renew(room, cx.now, responder.asker.socket, &self.token, responder.actions)?;
        responder.answer(&Answer { expires_at });
        Ok(())
    }
}
