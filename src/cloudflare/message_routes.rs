//! `/api/messages`: the history over REST.

use worker::{Env, Request, Result};

use super::ask::ask_for_text;
use super::platform::now;
use super::reply::Reply;
use super::room::Question;
use crate::accounts::token::{TokenError, Tokens};
use crate::chat::message::HistoryQuery;
use crate::config::Config;
use crate::refusal::Refusal;

/// `GET /api/messages?before=&limit=`, with a bearer token (RFC 6750, section 2.1).
///
/// # Errors
/// The platform fails; everything else is a reply.
pub async fn history(request: &Request, env: &Env, config: &Config, room: &str) -> Result<Reply> {
    let query = match authenticate(request, config).and_then(|()| query(request)) {
        Ok(query) => query,
        Err(refusal) => return Ok(Reply::from(refusal)),
    };
    let room = env.durable_object("ROOM")?.get_by_name(room)?;
    Ok(Reply::json_text(200, ask_for_text(&room, &Question::History(query)).await?))
}

fn authenticate(request: &Request, config: &Config) -> std::result::Result<(), Refusal> {
    let authorization = request.headers().get("Authorization").ok().flatten().unwrap_or_default();
    let token = match authorization.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(TokenError::Missing.into()),
    };
    Tokens::new(&config.jwt_secret, config.jwt_ttl).verify(token, now())?;
    Ok(())
}

fn query(request: &Request) -> std::result::Result<HistoryQuery, Refusal> {
    let (mut before, mut limit) = (None, None);
    if let Ok(url) = request.url() {
        for (name, value) in url.query_pairs().filter(|(_, value)| !value.is_empty()) {
            match &*name {
                "before" => before = Some(value.into_owned()),
                // What is no number is out of bounds like any other.
                "limit" => limit = Some(value.parse().unwrap_or(0)),
                _ => {}
            }
        }
    }
    HistoryQuery::new(before.as_deref(), limit)
}
