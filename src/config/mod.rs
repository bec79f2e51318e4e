//! The settings: [`table`] lists every one with its default and bounds, and [`Config::read`] reads them.
//!
//! They come from `[vars]` in `wrangler.toml`, from `wrangler secret`, or from `.dev.vars`; the caller looks them up.

#[cfg(target_arch = "wasm32")]
mod environment;
mod layers;
mod read;
pub mod table;

use std::num::NonZeroU32;
use std::time::Duration;

use socketio_durable::{Origins, TrustedProxy};

use crate::accounts::attempts;
use crate::accounts::password::Rounds;
use crate::accounts::token::{TokenSecret, Tokens};
use crate::chat::limits::Rates;
use crate::ice;
#[cfg(target_arch = "wasm32")]
pub use environment::read_config;
pub use read::ConfigError;

/// Valid settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// `FRONTEND_URL`. The server also allows its own origin, which only a request tells.
    pub origins: Origins,
    /// `TRUSTED_PROXY`.
    pub trusted_proxy: TrustedProxy,
    /// `JWT_SECRET`.
    pub jwt_secret: TokenSecret,
    /// `JWT_SECRET_PREVIOUS`.
    pub jwt_secret_previous: Option<TokenSecret>,
    /// `JWT_TTL_SECONDS`.
    pub jwt_ttl: Duration,
    /// `REFRESH_TTL_SECONDS`, at least `jwt_ttl`.
    pub refresh_ttl: Duration,
    /// `SESSIONS_PER_USER`.
    pub logins_per_user: u32,
    /// `HISTORY_LIMIT`, in messages.
    pub history_limit: u32,
    /// `RETENTION_MESSAGES`; `None` to keep all.
    pub retention_messages: Option<NonZeroU32>,
    /// `RETENTION_DAYS`; `None` for no limit.
    pub retention_age: Option<Duration>,
    /// `RECOVERY_WINDOW_MS`.
    pub recovery_window: Duration,
    /// `PING_INTERVAL_MS`.
    pub ping_interval: Duration,
    /// `PING_TIMEOUT_MS`, at most `ping_interval`.
    pub ping_timeout: Duration,
    /// `MAX_PAYLOAD_BYTES`.
    pub max_payload: usize,
    /// `CONNECT_TIMEOUT_MS`.
    pub connect_timeout: Duration,
    /// `UPGRADE_TIMEOUT_MS`.
    pub upgrade_timeout: Duration,
    /// `LOGIN_ATTEMPTS` and the others about passwords and registrations.
    pub attempts: attempts::Limits,
    /// `MESSAGES_PER_MINUTE` and the other rates.
    pub rates: Rates,
    /// `SOCKETS_PER_USER`.
    pub sockets_per_user: u32,
    /// `CONNECTIONS_PER_ADDRESS`.
    pub connections_per_address: u32,
    /// `STUN_URLS`, `TURN_URLS` and the others about calls.
    pub ice: ice::Settings,
    /// `PASSWORD_MIN_LENGTH`, in characters.
    pub password_min_chars: u32,
    /// `PASSWORD_ROUNDS`.
    pub password_rounds: Rounds,
}

impl Config {
    /// Returns the issuer and verifier of access tokens.
    pub fn tokens(&self) -> Tokens {
        Tokens::new(&self.jwt_secret, self.jwt_ttl).accepting(self.jwt_secret_previous.as_ref())
    }
}
