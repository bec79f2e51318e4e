//! `/api/ice-servers`: the STUN and TURN servers for calls.

use engineio::Time;
use socketio_durable::object::Object;
use socketio_durable::platform::now;
use socketio_durable::{Reply, Request};
use worker::Env;

use super::ask::ask;
use super::bearer;
use super::failure::Failure;
use crate::accounts::questions::Describe;
use crate::answers::room::{Turn, TurnCredentials};
use crate::config::Config;
use crate::ice;

/// Answers `GET /api/ice-servers`, with credentials for the caller.
///
/// # Errors
/// The request is refused, or the platform fails.
pub async fn servers(request: &Request, env: &Env, config: &Config, room: &str) -> Result<Reply, Failure> {
    let caller = bearer::caller(request, config)?;
    let room = Object::named(env, "ROOM", room)?;
    let settings = &config.ice;
    let servers = if let Some(ice::Turn::Cloudflare { .. }) = settings.turn {
        match ask(&room, &TurnCredentials { caller }).await? {
            Some(Turn { servers, asked_at }) => settings.servers(Time::from_millis(asked_at), servers),
            None => settings.servers(now(), Vec::new()),
        }
    } else {
        let pseudonym = ice::pseudonym(&config.tokens(), &caller.name_key);
        // The response tells that the login has not ended.
        ask(&room, &Describe { caller }).await?;
        settings.own_servers(now(), &pseudonym)
    };
    Ok(Reply::json(200, &servers))
}
