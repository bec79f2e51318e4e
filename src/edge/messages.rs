//! `/api/messages`: the history over REST.

use socketio_durable::object::Object;
use socketio_durable::{Reply, Request};
use worker::Env;

use super::ask::ask;
use super::bearer;
use super::failure::Failure;
use crate::answers::room::History;
use crate::chat::message::HistoryQuery;
use crate::config::Config;
use crate::refusal::Refusal;

/// Answers `GET /api/messages?before=&limit=`.
///
/// # Errors
/// The request is refused, or the platform fails.
pub async fn history(request: &Request, env: &Env, config: &Config, room: &str) -> Result<Reply, Failure> {
    let caller = bearer::caller(request, config)?;
    let query = query(request)?;
    let page = ask(&Object::named(env, "ROOM", room)?, &History { caller, query }).await?;
    Ok(Reply::json_text(200, page.into_json()))
}

fn query(request: &Request) -> Result<HistoryQuery, Refusal> {
    let (mut before, mut limit) = (None, None);
    for (name, value) in request.query_pairs().filter(|(_, value)| !value.is_empty()) {
        match &*name {
            "before" => before = Some(value.into_owned()),
            // Zero is out of bounds, and so is what is not a number.
            "limit" => limit = Some(value.parse().unwrap_or(0)),
            _ => {}
        }
    }
    HistoryQuery::new(before.as_deref(), limit)
}
