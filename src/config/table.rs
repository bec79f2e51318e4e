//! The table of settings: each is described here once.
//!
//! `docs/configuration.md`, `wrangler.toml` and `.dev.vars.example` repeat the table, and a test compares them with it.

use std::fmt;

use crate::accounts::password::{DEFAULT_MIN_CHARS, DEFAULT_ROUNDS, MAX_ROUNDS};

/// A setting that is a whole number.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The name to look up.
    pub name: &'static str,
    /// The value if none is given.
    pub default: u32,
    /// The least value.
    pub min: u32,
    /// The greatest value.
    pub max: u32,
    /// The things counted, for messages.
    pub unit: &'static str,
}

/// A setting that is text.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The name to look up.
    pub name: &'static str,
    /// The value if none is given; blank if there is none.
    pub default: &'static str,
    /// Whether the value is stored with `wrangler secret` instead of in a file.
    pub is_secret: bool,
}

/// An entry of the table. The Worker reads [`Number`] and [`Text`] alone, which keeps the meanings out of the upload.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The setting as it is read.
    pub value: Value,
    /// A noun phrase that says what the setting is.
    pub meaning: &'static str,
}

/// A setting of either kind.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A text.
    Text(Text),
}

impl Setting {
    /// Returns the name to look up.
    pub fn name(&self) -> &'static str {
        match self.value {
            Value::Number(number) => number.name,
            Value::Text(text) => text.name,
        }
    }

    /// Returns whether the value is stored with `wrangler secret`.
    pub fn is_secret(&self) -> bool {
        matches!(self.value, Value::Text(text) if text.is_secret)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The name of the variable that `npm start` sets to `true`; a deployed Worker never has it. A local run allows loopback
/// origins, and trusts no proxy unless [`TRUSTED_PROXY`] names one.
pub const LOCAL_RUN: &str = "LOCAL_RUN";

/// Seconds in a day.
pub(super) const DAY: u32 = 24 * 60 * 60;
const ROUNDS: u32 = DEFAULT_ROUNDS.get();

const fn number(name: &'static str, default: u32, min: u32, max: u32, unit: &'static str) -> Number {
    Number { name, default, min, max, unit }
}

const fn text(name: &'static str, default: &'static str) -> Text {
    Text { name, default, is_secret: false }
}

const fn secret(name: &'static str) -> Text {
    Text { name, default: "", is_secret: true }
}

/// Defines a constant for each setting, and lists them all in [`SETTINGS`].
macro_rules! settings {
    ($($id:ident: $kind:ident = $value:expr, $meaning:literal;)*) => {
        $(
            #[doc = concat!("The ", $meaning, ".")]
            pub const $id: $kind = $value;
        )*

        /// Every setting, in the order of the documentation.
        pub const SETTINGS: &[Setting] = &[$(Setting { value: Value::$kind($id), meaning: $meaning }),*];
    };
}

// The small minima serve the conformance suites, which ping every 300 ms and wait 200.
#[rustfmt::skip]
settings! {
    FRONTEND_URL: Text = text("FRONTEND_URL", "http://localhost:5173"),
        "origins whose pages may use the server, comma separated";
    TRUSTED_PROXY: Text = text("TRUSTED_PROXY", "cloudflare"),
        "proxy trusted for addresses, scheme and host: `cloudflare`, `forwarded`, `none`";
    JWT_SECRET: Text = secret("JWT_SECRET"),
        "secret that signs the tokens";
    JWT_SECRET_PREVIOUS: Text = secret("JWT_SECRET_PREVIOUS"),
        "former secret, while tokens signed with it should stay valid";
    JWT_TTL: Number = number("JWT_TTL_SECONDS", 7 * DAY, 60, 365 * DAY, "seconds"),
        "lifetime of a token";
    REFRESH_TTL: Number = number("REFRESH_TTL_SECONDS", 30 * DAY, 60, 365 * DAY, "seconds"),
        "lifetime of a login that is not renewed";
    SESSIONS_PER_USER: Number = number("SESSIONS_PER_USER", 20, 1, 1000, "logins"),
        "logins per user";
    HISTORY_LIMIT: Number = number("HISTORY_LIMIT", 50, 1, 100, "messages"),
        "messages in `message_history`";
    RETENTION_MESSAGES: Number = number("RETENTION_MESSAGES", 0, 0, 100_000_000, "messages"),
        "messages to keep, 0 for all";
    RETENTION_DAYS: Number = number("RETENTION_DAYS", 0, 0, 36_500, "days"),
        "days to keep a message, 0 for no limit";
    RECOVERY_WINDOW: Number = number("RECOVERY_WINDOW_MS", 120_000, 1000, 3_600_000, "milliseconds"),
        "time for a client that lost its connection to recover its session";
    PING_INTERVAL: Number = number("PING_INTERVAL_MS", 25_000, 100, 300_000, "milliseconds"),
        "longest time between two heartbeats";
    PING_TIMEOUT: Number = number("PING_TIMEOUT_MS", 20_000, 100, 300_000, "milliseconds"),
        "time for a client to answer a heartbeat";
    MAX_PAYLOAD: Number = number("MAX_PAYLOAD_BYTES", 1_000_000, 1024, 16 * 1024 * 1024, "bytes"),
        "largest frame or polling payload";
    CONNECT_TIMEOUT: Number = number("CONNECT_TIMEOUT_MS", 45_000, 100, 300_000, "milliseconds"),
        "time for a connection to join a namespace";
    UPGRADE_TIMEOUT: Number = number("UPGRADE_TIMEOUT_MS", 10_000, 100, 300_000, "milliseconds"),
        "time for the upgrade to WebSocket";
    LOGIN_ATTEMPTS: Number = number("LOGIN_ATTEMPTS", 5, 1, 100_000, "wrong passwords"),
        "wrong passwords without delay, per account and address";
    LOGIN_ATTEMPTS_PER_ADDRESS: Number =
        number("LOGIN_ATTEMPTS_PER_ADDRESS", 50, 1, 100_000, "wrong passwords"),
        "wrong passwords without delay, per address, for any accounts";
    LOGIN_ATTEMPTS_PER_ACCOUNT: Number =
        number("LOGIN_ATTEMPTS_PER_ACCOUNT", 100, 1, 100_000, "wrong passwords"),
        "wrong passwords per account before addresses unknown to it have to wait";
    LOGIN_MAX_DELAY: Number = number("LOGIN_MAX_DELAY_SECONDS", 900, 1, 86_400, "seconds"),
        "longest delay after wrong passwords";
    REGISTRATIONS: Number = number("REGISTRATIONS_PER_HOUR", 20, 1, 100_000, "registrations"),
        "registrations per address";
    MESSAGES: Number = number("MESSAGES_PER_MINUTE", 240, 1, 60_000, "messages"),
        "messages per user, a quarter of them at once";
    HISTORY_LOADS: Number = number("HISTORY_LOADS_PER_MINUTE", 120, 1, 60_000, "loads"),
        "history loads per user, a quarter of them at once";
    CALLS: Number = number("CALLS_PER_MINUTE", 60, 1, 60_000, "calls"),
        "calls and answers per user, a quarter of them at once";
    CANDIDATES: Number = number("CANDIDATES_PER_MINUTE", 1200, 1, 60_000, "candidates"),
        "candidates and all other events per user, a quarter of them at once";
    CONNECTS: Number = number("CONNECTS_PER_MINUTE", 480, 1, 60_000, "connects"),
        "joins per user, over all sockets, a quarter of them at once";
    SOCKETS_PER_USER: Number = number("SOCKETS_PER_USER", 32, 1, 10_000, "sockets"),
        "connected sockets per user";
    CONNECTIONS_PER_ADDRESS: Number = number("CONNECTIONS_PER_ADDRESS", 256, 1, 32_000, "connections"),
        "connections per address";
    STUN_URLS: Text = text("STUN_URLS", "stun:stun.cloudflare.com:3478"),
        "STUN servers for calls, comma separated";
    TURN_URLS: Text = text("TURN_URLS", ""),
        "TURN servers that share `TURN_SECRET` with this one, comma separated";
    TURN_SECRET: Text = secret("TURN_SECRET"),
        "secret of these TURN servers, as coturn takes it with `use-auth-secret`";
    TURN_KEY_ID: Text = text("TURN_KEY_ID", ""),
        "id of a key of Cloudflare's TURN service, in place of your own servers";
    TURN_KEY_API_TOKEN: Text = secret("TURN_KEY_API_TOKEN"),
        "API token that comes with this key";
    TURN_API_URL: Text = text("TURN_API_URL", "https://rtc.live.cloudflare.com"),
        "URL of that service's API";
    TURN_TTL: Number = number("TURN_TTL_SECONDS", 3600, 60, 172_800, "seconds"),
        "lifetime of TURN credentials";
    PASSWORD_MIN_LENGTH: Number = number("PASSWORD_MIN_LENGTH", DEFAULT_MIN_CHARS, 6, 64, "characters"),
        "shortest new password, in characters";
    PASSWORD_ROUNDS: Number = number("PASSWORD_ROUNDS", ROUNDS, ROUNDS, MAX_ROUNDS, "rounds"),
        "rounds of PBKDF2-HMAC-SHA512 in a new password hash";
}
