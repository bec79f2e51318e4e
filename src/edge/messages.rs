//! `/api/messages`: the history over REST.

use std::time::Duration;

use serde_json::value::RawValue;
use worker::Env;

use super::bearer;
use super::failure::Failure;
use crate::accounts::token::TokenError;
use crate::chat::message::HistoryQuery;
use crate::config::Config;
use crate::questions::{History, Question};
use crate::refusal::Refusal;
use socketio_durable::Reply;
use socketio_durable::Request;
use socketio_durable::object::Object;

/// `GET /api/messages?before=&limit=`, with a bearer token.
///
/// # Errors
/// The request is refused, or the platform fails.
pub async fn history(request: &Request, env: &Env, config: &Config, room: &str) -> Result<Reply, Failure> {
    let caller = bearer::caller(request, config)?;
    let query = query(request)?;
    let room = Object::named(env, "ROOM", room)?;
    match room.ask::<History<Box<RawValue>>>(&Question::History { caller, query }).await? {
        History::Page(page) => Ok(Reply::json_text(200, Box::<str>::from(page).into())),
        History::Ended => Err(TokenError::Revoked.into()),
        History::TooFast { message, retry_after_ms } => {
            Err(Refusal::too_many("rate_limited", message, Duration::from_millis(retry_after_ms)).into())
        }
    }
}

fn query(request: &Request) -> Result<HistoryQuery, Refusal> {
    let (mut before, mut limit) = (None, None);
    for (name, value) in request.query_pairs().filter(|(_, value)| !value.is_empty()) {
        match &*name {
            "before" => before = Some(value.into_owned()),
            // What is no number is out of bounds like any other.
            "limit" => limit = Some(value.parse().unwrap_or(0)),
            _ => {}
        }
    }
    HistoryQuery::new(before.as_deref(), limit)
}
