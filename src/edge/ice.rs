//! `/api/ice-servers`: what helps browsers to reach each other.

use engineio::Time;
use socketio_durable::Reply;
use socketio_durable::platform::now;

use crate::ice::{self, IceServer, Settings, Turn};

/// The servers where credentials need not be asked for, for a user whom TURN servers know by a pseudonym.
pub fn servers(settings: &Settings, pseudonym: &str) -> Reply {
    let now = now();
    let turn = match &settings.turn {
        Some(Turn::SharedSecret { urls, secret }) => {
            vec![ice::shared_secret(urls, secret, pseudonym, settings.expiry(now))]
        }
        None | Some(Turn::Cloudflare { .. }) => Vec::new(),
    };
    Reply::json(200, &settings.servers(now, turn))
}

/// The servers with credentials that a room has given.
pub fn servers_with(settings: &Settings, turn: Vec<IceServer>, asked_at: u64) -> Reply {
    Reply::json(200, &settings.servers(Time::from_millis(asked_at), turn))
}
