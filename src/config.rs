//! The settings: what each means, its default, its bounds, and what is said when it is wrong.
//!
//! They come from `wrangler.toml` `[vars]`, `wrangler secret` or `.dev.vars`; how they are looked up is the caller's.
//! A setting that is absent or blank has its default. Messages name a setting and its bounds, and quote what was given
//! only where it was read as a number or is `*`: a secret pasted in the wrong place must not end up in a log.

#[cfg(target_arch = "wasm32")]
mod environment;
mod layers;

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use crate::accounts::attempts;
use crate::accounts::password::{DEFAULT_MIN_CHARS, DEFAULT_ROUNDS, MAX_ROUNDS, Rounds};
use crate::accounts::token::{MIN_SECRET_BYTES, TokenSecret, Tokens};
use crate::chat::limits::Rates;
use crate::ice::{self, Turn};
#[cfg(target_arch = "wasm32")]
pub use environment::read_config;
use socketio_durable::{Origins, TrustedProxy};
use table::{
    CALLS, CANDIDATES, CONNECT_TIMEOUT, CONNECTIONS_PER_ADDRESS, CONNECTS, HISTORY_LIMIT, HISTORY_LOADS,
    JWT_TTL, LOGIN_ATTEMPTS, LOGIN_ATTEMPTS_PER_ACCOUNT, LOGIN_ATTEMPTS_PER_ADDRESS, LOGIN_MAX_DELAY,
    MAX_PAYLOAD, MESSAGES, PASSWORD_MIN_LENGTH, PASSWORD_ROUNDS, PING_INTERVAL, PING_TIMEOUT,
    RECOVERY_WINDOW, REFRESH_TTL, REGISTRATIONS, RETENTION_DAYS, RETENTION_MESSAGES, SESSIONS_PER_USER,
    SOCKETS_PER_USER, TURN_TTL, UPGRADE_TIMEOUT,
};

/// The pages that may use this server: origins, patterns such as `https://*.chat.example`, `*` or `null`, separated by commas.
pub const FRONTEND_URL: &str = "FRONTEND_URL";
/// Where Vite serves a frontend that is being worked on.
pub const DEFAULT_FRONTEND_URL: &str = "http://localhost:5173";
/// The proxy that is trusted for the client's address and the server's own origin: `cloudflare`, `forwarded` or `none`.
pub const TRUSTED_PROXY: &str = "TRUSTED_PROXY";
/// `true` under `npm start`, which passes it, and absent when deployed. Loopback origins are allowed then, and no proxy is
/// trusted unless [`TRUSTED_PROXY`] names one.
pub const LOCAL_RUN: &str = "LOCAL_RUN";
/// The secret that tokens are signed with; required.
pub const JWT_SECRET: &str = "JWT_SECRET";
/// The secret before it, whose tokens stay valid until they expire.
pub const JWT_SECRET_PREVIOUS: &str = "JWT_SECRET_PREVIOUS";

/// STUN servers, separated by commas.
pub const STUN_URLS: &str = "STUN_URLS";
/// The STUN server of Cloudflare, which asks for nothing.
pub const DEFAULT_STUN_URLS: &str = "stun:stun.cloudflare.com:3478";
/// TURN servers that share [`TURN_SECRET`], separated by commas.
pub const TURN_URLS: &str = "TURN_URLS";
/// The secret of the TURN servers.
pub const TURN_SECRET: &str = "TURN_SECRET";
/// The id of a key of Cloudflare's TURN service.
pub const TURN_KEY_ID: &str = "TURN_KEY_ID";
/// The token that comes with the key.
pub const TURN_KEY_API_TOKEN: &str = "TURN_KEY_API_TOKEN";
/// Where the API of Cloudflare's TURN service is.
pub const TURN_API_URL: &str = "TURN_API_URL";
/// Where it is unless something stands in for it.
pub const DEFAULT_TURN_API_URL: &str = "https://rtc.live.cloudflare.com";

/// A setting that is a whole number.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The name it is looked up by.
    pub name: &'static str,
    /// What it is when it is not given.
    pub default: u32,
    /// The least it may be.
    pub min: u32,
    /// The most it may be.
    pub max: u32,
    /// What it counts.
    pub unit: &'static str,
    /// What it is for.
    pub meaning: &'static str,
}

const DAY: u32 = 24 * 60 * 60;
const ROUNDS: u32 = DEFAULT_ROUNDS.get();

// The conformance suites ping every 300 ms and wait 200: hence the small minima.
#[rustfmt::skip] // A line each: it is a table.
mod table {
    use super::{DAY, DEFAULT_MIN_CHARS, MAX_ROUNDS, Number, ROUNDS, number};

    pub const JWT_TTL: Number = number("JWT_TTL_SECONDS", 7 * DAY, 60, 365 * DAY, "seconds",
        "how long a token is valid");
    pub const REFRESH_TTL: Number = number("REFRESH_TTL_SECONDS", 30 * DAY, 60, 365 * DAY, "seconds",
        "how long a login lasts that is not renewed; never less than JWT_TTL_SECONDS");
    pub const SESSIONS_PER_USER: Number = number("SESSIONS_PER_USER", 20, 1, 1000, "logins",
        "how many logins a user can have; a further one ends the one that was renewed longest ago");
    pub const HISTORY_LIMIT: Number = number("HISTORY_LIMIT", 50, 1, 100, "messages",
        "how many of the latest messages a client gets when it connects");
    pub const RETENTION_MESSAGES: Number = number("RETENTION_MESSAGES", 0, 0, 100_000_000, "messages",
        "how many messages are kept, or 0 for all of them");
    pub const RETENTION_DAYS: Number = number("RETENTION_DAYS", 0, 0, 36_500, "days",
        "how long a message is kept, or 0 for ever");
    pub const RECOVERY_WINDOW: Number = number("RECOVERY_WINDOW_MS", 120_000, 1000, 3_600_000, "milliseconds",
        "how long a client whose connection was lost can come back to its session");
    pub const PING_INTERVAL: Number = number("PING_INTERVAL_MS", 25_000, 100, 300_000, "milliseconds",
        "how often the server asks whether a client is still there");
    pub const PING_TIMEOUT: Number = number("PING_TIMEOUT_MS", 20_000, 100, 300_000, "milliseconds",
        "how long the answer to a ping may take; at most PING_INTERVAL_MS");
    pub const MAX_PAYLOAD: Number = number("MAX_PAYLOAD_BYTES", 1_000_000, 1024, 16 * 1024 * 1024, "bytes",
        "the largest payload or frame that is accepted from a client");
    pub const CONNECT_TIMEOUT: Number = number("CONNECT_TIMEOUT_MS", 45_000, 100, 300_000, "milliseconds",
        "how long a new connection may take to join a namespace");
    pub const UPGRADE_TIMEOUT: Number = number("UPGRADE_TIMEOUT_MS", 10_000, 100, 300_000, "milliseconds",
        "how long the upgrade from polling to WebSocket may take");
    pub const LOGIN_ATTEMPTS: Number = number("LOGIN_ATTEMPTS", 5, 1, 100_000, "wrong passwords",
        "how many are free of delay for one account from one address");
    pub const LOGIN_ATTEMPTS_PER_ADDRESS: Number = number("LOGIN_ATTEMPTS_PER_ADDRESS", 50, 1, 100_000, "wrong passwords",
        "how many are free of delay from one address, for any accounts");
    pub const LOGIN_ATTEMPTS_PER_ACCOUNT: Number = number("LOGIN_ATTEMPTS_PER_ACCOUNT", 100, 1, 100_000, "wrong passwords",
        "how many one account stands before addresses that it does not know have to wait");
    pub const LOGIN_MAX_DELAY: Number = number("LOGIN_MAX_DELAY_SECONDS", 900, 1, 86_400, "seconds",
        "how long one has to wait at most after wrong passwords");
    pub const REGISTRATIONS: Number = number("REGISTRATIONS_PER_HOUR", 20, 1, 100_000, "registrations",
        "how many are made from one address");
    pub const MESSAGES: Number = number("MESSAGES_PER_MINUTE", 240, 1, 60_000, "messages",
        "how many one user sends, a quarter of them at once");
    pub const HISTORY_LOADS: Number = number("HISTORY_LOADS_PER_MINUTE", 120, 1, 60_000, "loads",
        "how often one user reads the history, a quarter of them at once");
    pub const CALLS: Number = number("CALLS_PER_MINUTE", 60, 1, 60_000, "calls",
        "how often one user calls or answers, a quarter of them at once");
    pub const CANDIDATES: Number = number("CANDIDATES_PER_MINUTE", 1200, 1, 60_000, "candidates",
        "how many, and how many other events, one user sends, a quarter of them at once");
    pub const CONNECTS: Number = number("CONNECTS_PER_MINUTE", 480, 1, 60_000, "connects",
        "how often one user joins, with any socket, a quarter of them at once");
    pub const SOCKETS_PER_USER: Number = number("SOCKETS_PER_USER", 32, 1, 10_000, "sockets",
        "how many one user has connected");
    pub const CONNECTIONS_PER_ADDRESS: Number = number("CONNECTIONS_PER_ADDRESS", 256, 1, 32_000, "connections",
        "how many there are from one address");
    pub const TURN_TTL: Number = number("TURN_TTL_SECONDS", 3600, 60, 172_800, "seconds",
        "how long credentials for TURN servers are good");
    pub const PASSWORD_MIN_LENGTH: Number = number("PASSWORD_MIN_LENGTH", DEFAULT_MIN_CHARS, 6, 64, "characters",
        "how long a new password is at least");
    pub const PASSWORD_ROUNDS: Number = number("PASSWORD_ROUNDS", ROUNDS, ROUNDS, MAX_ROUNDS, "rounds",
        "how much work hashing a password is (PBKDF2-HMAC-SHA512)");
}

/// Every number, in the order in which a reader wants to hear of them.
pub const NUMBERS: [Number; 27] = [
    JWT_TTL,
    REFRESH_TTL,
    SESSIONS_PER_USER,
    HISTORY_LIMIT,
    RETENTION_MESSAGES,
    RETENTION_DAYS,
    RECOVERY_WINDOW,
    PING_INTERVAL,
    PING_TIMEOUT,
    MAX_PAYLOAD,
    CONNECT_TIMEOUT,
    UPGRADE_TIMEOUT,
    LOGIN_ATTEMPTS,
    LOGIN_ATTEMPTS_PER_ADDRESS,
    LOGIN_ATTEMPTS_PER_ACCOUNT,
    LOGIN_MAX_DELAY,
    REGISTRATIONS,
    MESSAGES,
    HISTORY_LOADS,
    CALLS,
    CANDIDATES,
    CONNECTS,
    SOCKETS_PER_USER,
    CONNECTIONS_PER_ADDRESS,
    TURN_TTL,
    PASSWORD_MIN_LENGTH,
    PASSWORD_ROUNDS,
];

const fn number(
    name: &'static str,
    default: u32,
    min: u32,
    max: u32,
    unit: &'static str,
    meaning: &'static str,
) -> Number {
    Number { name, default, min, max, unit, meaning }
}

/// The settings, valid.
#[derive(Clone, Debug)]
pub struct Config {
    /// `FRONTEND_URL`: the origins whose pages may use this server. Its own origin, which it cannot know, comes on top.
    pub origins: Origins,
    /// `TRUSTED_PROXY`.
    pub trusted_proxy: TrustedProxy,
    /// `JWT_SECRET`.
    pub jwt_secret: TokenSecret,
    /// `JWT_SECRET_PREVIOUS`.
    pub jwt_secret_previous: Option<TokenSecret>,
    /// `JWT_TTL_SECONDS`.
    pub jwt_ttl: Duration,
    /// `REFRESH_TTL_SECONDS`: never less than the tokens' own.
    pub refresh_ttl: Duration,
    /// `SESSIONS_PER_USER`.
    pub logins_per_user: u32,
    /// `HISTORY_LIMIT`, in messages.
    pub history_limit: u32,
    /// `RETENTION_MESSAGES`; none for all.
    pub retention_messages: Option<NonZeroU32>,
    /// `RETENTION_DAYS`; none for ever.
    pub retention_age: Option<Duration>,
    /// `RECOVERY_WINDOW_MS`.
    pub recovery_window: Duration,
    /// `PING_INTERVAL_MS`.
    pub ping_interval: Duration,
    /// `PING_TIMEOUT_MS`: never more than the interval.
    pub ping_timeout: Duration,
    /// `MAX_PAYLOAD_BYTES`, in bytes.
    pub max_payload: usize,
    /// `CONNECT_TIMEOUT_MS`.
    pub connect_timeout: Duration,
    /// `UPGRADE_TIMEOUT_MS`.
    pub upgrade_timeout: Duration,
    /// `LOGIN_ATTEMPTS` and the like.
    pub attempts: attempts::Limits,
    /// `MESSAGES_PER_MINUTE` and the like.
    pub rates: Rates,
    /// `SOCKETS_PER_USER`.
    pub sockets_per_user: u32,
    /// `CONNECTIONS_PER_ADDRESS`.
    pub connections_per_address: u32,
    /// `STUN_URLS`, `TURN_URLS` and the like.
    pub ice: ice::Settings,
    /// `PASSWORD_MIN_LENGTH`, in characters.
    pub password_min_chars: u32,
    /// `PASSWORD_ROUNDS`.
    pub password_rounds: Rounds,
}

impl Config {
    /// Reads the settings; `lookup` gives the value of a name, if there is one.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { lookup, problems: Vec::new() };
        let is_local_run = reader.is_local_run();
        let origins = reader.origins().map(|origins| origins.with_loopback(is_local_run));
        let trusted_proxy = reader.trusted_proxy(is_local_run);
        let jwt_secret = reader.jwt_secret();
        let jwt_secret_previous = reader.secret(JWT_SECRET_PREVIOUS);
        let jwt_ttl = Duration::from_secs(reader.number(&JWT_TTL).into());
        let refresh_ttl = Duration::from_secs(reader.number(&REFRESH_TTL).into());
        let logins_per_user = reader.number(&SESSIONS_PER_USER);
        let history_limit = reader.number(&HISTORY_LIMIT);
        let retention_messages = NonZeroU32::new(reader.number(&RETENTION_MESSAGES));
        let retention_days = NonZeroU32::new(reader.number(&RETENTION_DAYS));
        let recovery_window = reader.number(&RECOVERY_WINDOW);
        let ping_interval = reader.number(&PING_INTERVAL);
        let ping_timeout = reader.number(&PING_TIMEOUT);
        let max_payload = reader.number(&MAX_PAYLOAD) as usize;
        let connect_timeout = reader.number(&CONNECT_TIMEOUT);
        let upgrade_timeout = reader.number(&UPGRADE_TIMEOUT);
        let attempts = attempts::Limits {
            per_pair: reader.number(&LOGIN_ATTEMPTS),
            per_address: reader.number(&LOGIN_ATTEMPTS_PER_ADDRESS),
            per_account: reader.number(&LOGIN_ATTEMPTS_PER_ACCOUNT),
            max_delay: Duration::from_secs(reader.number(&LOGIN_MAX_DELAY).into()),
            registrations_per_hour: reader.number(&REGISTRATIONS),
        };
        let rates = Rates {
            messages: reader.number(&MESSAGES),
            history_loads: reader.number(&HISTORY_LOADS),
            calls: reader.number(&CALLS),
            candidates: reader.number(&CANDIDATES),
            connects: reader.number(&CONNECTS),
        };
        let sockets_per_user = reader.number(&SOCKETS_PER_USER);
        let connections_per_address = reader.number(&CONNECTIONS_PER_ADDRESS);
        let ice = reader.ice();
        let password_min_chars = reader.number(&PASSWORD_MIN_LENGTH);
        let password_rounds = Rounds::new(reader.number(&PASSWORD_ROUNDS)).unwrap_or(DEFAULT_ROUNDS);
        if ping_timeout > ping_interval {
            reader.problem(format!(
                "PING_TIMEOUT_MS is {ping_timeout}, but must not be more than PING_INTERVAL_MS, which is {ping_interval}."
            ));
        }
        match (origins, jwt_secret) {
            (Some(origins), Some(jwt_secret)) if reader.problems.is_empty() => Ok(Self {
                origins,
                trusted_proxy,
                jwt_secret,
                jwt_secret_previous,
                jwt_ttl,
                refresh_ttl: refresh_ttl.max(jwt_ttl),
                logins_per_user,
                history_limit,
                retention_messages,
                retention_age: retention_days
                    .map(|days| Duration::from_secs(u64::from(DAY) * u64::from(days.get()))),
                recovery_window: Duration::from_millis(recovery_window.into()),
                ping_interval: Duration::from_millis(ping_interval.into()),
                ping_timeout: Duration::from_millis(ping_timeout.into()),
                max_payload,
                connect_timeout: Duration::from_millis(connect_timeout.into()),
                upgrade_timeout: Duration::from_millis(upgrade_timeout.into()),
                attempts,
                rates,
                sockets_per_user,
                connections_per_address,
                ice,
                password_min_chars,
                password_rounds,
            }),
            _ => Err(ConfigError { problems: reader.problems }),
        }
    }

    /// What issues and verifies access tokens.
    pub fn tokens(&self) -> Tokens {
        Tokens::new(&self.jwt_secret, self.jwt_ttl).accepting(self.jwt_secret_previous.as_ref())
    }
}

struct Reader<L> {
    lookup: L,
    problems: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    fn problem(&mut self, sentence: String) {
        self.problems.push(sentence);
    }

    /// The number; its default when it is wrong, so that whatever else is wrong can be found too.
    fn number(&mut self, number: &Number) -> u32 {
        let Number { name, default, min, max, unit, .. } = *number;
        let Some(text) = self.value(name) else { return default };
        let text = text.trim();
        let must = format!("must be a whole number of {unit} from {min} to {max}");
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            self.problem(format!("{name} {must}, written in digits only."));
            return default;
        }
        match text.parse() {
            Ok(value) if (min..=max).contains(&value) => value,
            Ok(value) => {
                self.problem(format!("{name} is {value}, but {must}."));
                default
            }
            Err(_) => {
                self.problem(format!("{name} is too large: it {must}."));
                default
            }
        }
    }

    fn jwt_secret(&mut self) -> Option<TokenSecret> {
        if self.value(JWT_SECRET).is_none() {
            self.problem(format!("{JWT_SECRET} is missing. {}", advice()));
        }
        self.secret(JWT_SECRET)
    }

    /// The secret, if it is given and strong.
    fn secret(&mut self, name: &str) -> Option<TokenSecret> {
        let text = self.value(name)?;
        TokenSecret::parse(&text)
            .map_err(|weakness| self.problem(format!("{name} {weakness}. {}", advice())))
            .ok()
    }

    /// The STUN and TURN servers; what is wrong is left out.
    fn ice(&mut self) -> ice::Settings {
        let ttl = Duration::from_secs(self.number(&TURN_TTL).into());
        let stun = self.urls(STUN_URLS, DEFAULT_STUN_URLS, ice::is_stun_url, "stun: or stuns:");
        let urls = self.urls(TURN_URLS, "", ice::is_turn_url, "turn: or turns:");
        let secret = self.value(TURN_SECRET);
        let (key_id, api_token) = (self.value(TURN_KEY_ID), self.value(TURN_KEY_API_TOKEN));
        for (name, is_given, other, is_other_given) in [
            (TURN_URLS, !urls.is_empty(), TURN_SECRET, secret.is_some()),
            (TURN_KEY_ID, key_id.is_some(), TURN_KEY_API_TOKEN, api_token.is_some()),
        ] {
            if is_given != is_other_given {
                let (given, missing) = if is_given { (name, other) } else { (other, name) };
                self.problem(format!("{given} is of no use without {missing}, which is missing."));
            }
        }
        if secret.is_some() && api_token.is_some() {
            self.problem(format!(
                "{TURN_SECRET} and {TURN_KEY_API_TOKEN} are both given, but TURN credentials come from one of them."
            ));
        }
        let turn = match (secret, key_id.zip(api_token)) {
            (Some(secret), _) => Some(Turn::SharedSecret { urls, secret: secret.trim().to_owned() }),
            (None, Some((key_id, api_token))) => Some(self.cloudflare(key_id.trim(), api_token.trim())),
            (None, None) => None,
        };
        ice::Settings { stun, turn, ttl }
    }

    fn cloudflare(&mut self, key_id: &str, api_token: &str) -> Turn {
        let api = self.value(TURN_API_URL).unwrap_or_else(|| DEFAULT_TURN_API_URL.to_owned());
        let api = api.trim().trim_end_matches('/').to_owned();
        if !api.starts_with("https://") && !api.starts_with("http://") {
            self.problem(format!("{TURN_API_URL} must begin with https:// or http://."));
        }
        // Both end up in a request, one of them in its URL.
        if !key_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.problem(format!("{TURN_KEY_ID} must be made of letters and digits."));
        }
        if !api_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.problem(format!("{TURN_KEY_API_TOKEN} has characters that no token has."));
        }
        Turn::Cloudflare { api, key_id: key_id.to_owned(), api_token: api_token.to_owned() }
    }

    fn urls(&mut self, name: &str, default: &str, fits: fn(&str) -> bool, schemes: &str) -> Vec<String> {
        let text = self.value(name).unwrap_or_else(|| default.to_owned());
        let urls: Vec<_> =
            text.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect();
        if let Some(number) = urls.iter().position(|url| !fits(url)) {
            self.problem(format!("{name}: URL number {} must be {schemes} and a host.", number + 1));
        } else if urls.is_empty() && !text.is_empty() {
            self.problem(format!("{name} names no server."));
        }
        urls
    }

    fn is_local_run(&mut self) -> bool {
        let Some(text) = self.value(LOCAL_RUN) else { return false };
        let is_local_run = text.trim() == "true";
        if !is_local_run {
            self.problem(format!("{LOCAL_RUN} must be true, or absent."));
        }
        is_local_run
    }

    fn trusted_proxy(&mut self, is_local_run: bool) -> TrustedProxy {
        let default = if is_local_run { TrustedProxy::None } else { TrustedProxy::default() };
        let Some(text) = self.value(TRUSTED_PROXY) else { return default };
        TrustedProxy::parse(text.trim()).unwrap_or_else(|| {
            self.problem(format!("{TRUSTED_PROXY} must be cloudflare, forwarded or none."));
            default
        })
    }

    fn origins(&mut self) -> Option<Origins> {
        let text = self.value(FRONTEND_URL).unwrap_or_else(|| DEFAULT_FRONTEND_URL.to_owned());
        Origins::parse(FRONTEND_URL, &text).map_err(|sentence| self.problem(sentence)).ok()
    }
}

fn advice() -> String {
    format!("Set it to at least {MIN_SECRET_BYTES} random bytes, for example with `openssl rand -base64 48`.")
}

/// Everything that is wrong with the settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// One sentence for a person each; never empty, and never containing a secret.
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl std::error::Error for ConfigError {}
