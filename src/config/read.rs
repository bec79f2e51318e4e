//! Reads the settings and collects everything that is wrong with them.
//!
//! Messages name a setting and its bounds. They quote a value only if it was read as a number or is `*`: a secret pasted into
//! the wrong place must not reach a log.

use std::fmt;
use std::num::NonZeroU32;
use std::time::Duration;

use socketio_durable::{Origins, TrustedProxy};

use super::Config;
use super::table::{
    CALLS, CANDIDATES, CONNECT_TIMEOUT, CONNECTIONS_PER_ADDRESS, CONNECTS, DAY, FRONTEND_URL, HISTORY_LIMIT,
    HISTORY_LOADS, JWT_SECRET, JWT_SECRET_PREVIOUS, JWT_TTL, LOCAL_RUN, LOGIN_ATTEMPTS,
    LOGIN_ATTEMPTS_PER_ACCOUNT, LOGIN_ATTEMPTS_PER_ADDRESS, LOGIN_MAX_DELAY, MAX_PAYLOAD, MESSAGES, Number,
    PASSWORD_MIN_LENGTH, PASSWORD_ROUNDS, PING_INTERVAL, PING_TIMEOUT, RECOVERY_WINDOW, REFRESH_TTL,
    REGISTRATIONS, RETENTION_DAYS, RETENTION_MESSAGES, SESSIONS_PER_USER, SOCKETS_PER_USER, STUN_URLS,
    TRUSTED_PROXY, TURN_API_URL, TURN_KEY_API_TOKEN, TURN_KEY_ID, TURN_SECRET, TURN_TTL, TURN_URLS, Text,
    UPGRADE_TIMEOUT,
};
use crate::accounts::attempts;
use crate::accounts::password::{DEFAULT_ROUNDS, Rounds};
use crate::accounts::token::{MIN_SECRET_BYTES, TokenSecret};
use crate::chat::limits::Rates;
use crate::ice::{self, Turn};

impl Config {
    /// Reads the settings. `lookup` returns the value of a name, if there is one; a blank value counts as none.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let mut reader = Reader { lookup, problems: Vec::new() };
        let is_local_run = reader.is_local_run();
        let origins = reader.origins().map(|origins| origins.with_loopback(is_local_run));
        let trusted_proxy = reader.trusted_proxy(is_local_run);
        let jwt_secret = reader.jwt_secret();
        let jwt_secret_previous = reader.secret(&JWT_SECRET_PREVIOUS);
        let jwt_ttl = reader.seconds(&JWT_TTL);
        let refresh_ttl = reader.seconds(&REFRESH_TTL);
        let logins_per_user = reader.number(&SESSIONS_PER_USER);
        let history_limit = reader.number(&HISTORY_LIMIT);
        let retention_messages = NonZeroU32::new(reader.number(&RETENTION_MESSAGES));
        let retention_days = NonZeroU32::new(reader.number(&RETENTION_DAYS));
        let recovery_window = reader.millis(&RECOVERY_WINDOW);
        let ping_interval = reader.millis(&PING_INTERVAL);
        let ping_timeout = reader.millis(&PING_TIMEOUT);
        let max_payload = reader.number(&MAX_PAYLOAD) as usize;
        let connect_timeout = reader.millis(&CONNECT_TIMEOUT);
        let upgrade_timeout = reader.millis(&UPGRADE_TIMEOUT);
        let attempts = attempts::Limits {
            per_pair: reader.number(&LOGIN_ATTEMPTS),
            per_address: reader.number(&LOGIN_ATTEMPTS_PER_ADDRESS),
            per_account: reader.number(&LOGIN_ATTEMPTS_PER_ACCOUNT),
            max_delay: reader.seconds(&LOGIN_MAX_DELAY),
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
                "{PING_TIMEOUT} is {}, but must not be more than {PING_INTERVAL}, which is {}.",
                ping_timeout.as_millis(),
                ping_interval.as_millis()
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
                recovery_window,
                ping_interval,
                ping_timeout,
                max_payload,
                connect_timeout,
                upgrade_timeout,
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
}

struct Reader<L> {
    lookup: L,
    problems: Vec<String>,
}

impl<L: Fn(&str) -> Option<String>> Reader<L> {
    /// Looks a value up; `None` if it is absent or blank.
    fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    fn given(&self, text: &Text) -> Option<String> {
        self.value(text.name)
    }

    fn text(&self, text: &Text) -> String {
        self.given(text).unwrap_or_else(|| text.default.to_owned())
    }

    fn problem(&mut self, sentence: String) {
        self.problems.push(sentence);
    }

    /// Reads a number. Returns the default if the value is wrong, so that reading continues and finds every problem.
    fn number(&mut self, number: &Number) -> u32 {
        let Number { name, default, min, max, unit } = *number;
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

    fn seconds(&mut self, number: &Number) -> Duration {
        Duration::from_secs(self.number(number).into())
    }

    fn millis(&mut self, number: &Number) -> Duration {
        Duration::from_millis(self.number(number).into())
    }

    fn jwt_secret(&mut self) -> Option<TokenSecret> {
        if self.given(&JWT_SECRET).is_none() {
            self.problem(format!("{JWT_SECRET} is missing. {}", advice()));
        }
        self.secret(&JWT_SECRET)
    }

    /// Reads a secret; `None` if it is absent or weak.
    fn secret(&mut self, secret: &Text) -> Option<TokenSecret> {
        let text = self.given(secret)?;
        TokenSecret::parse(&text)
            .map_err(|weakness| self.problem(format!("{secret} {weakness}. {}", advice())))
            .ok()
    }

    /// Reads the STUN and TURN servers.
    fn ice(&mut self) -> ice::Settings {
        let ttl = self.seconds(&TURN_TTL);
        let stun = self.urls(&STUN_URLS, ice::is_stun_url, "stun: or stuns:");
        let urls = self.urls(&TURN_URLS, ice::is_turn_url, "turn: or turns:");
        let secret = self.given(&TURN_SECRET);
        let (key_id, api_token) = (self.given(&TURN_KEY_ID), self.given(&TURN_KEY_API_TOKEN));
        for (setting, is_given, other, is_other_given) in [
            (TURN_URLS, !urls.is_empty(), TURN_SECRET, secret.is_some()),
            (TURN_KEY_ID, key_id.is_some(), TURN_KEY_API_TOKEN, api_token.is_some()),
        ] {
            if is_given != is_other_given {
                let (given, missing) = if is_given { (setting, other) } else { (other, setting) };
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
        let api = self.text(&TURN_API_URL).trim().trim_end_matches('/').to_owned();
        if !api.starts_with("https://") && !api.starts_with("http://") {
            self.problem(format!("{TURN_API_URL} must begin with https:// or http://."));
        }
        // Both become part of a request, the id of its URL.
        if !key_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            self.problem(format!("{TURN_KEY_ID} must be made of letters and digits."));
        }
        if !api_token.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.problem(format!("{TURN_KEY_API_TOKEN} has characters that no token has."));
        }
        Turn::Cloudflare { api, key_id: key_id.to_owned(), api_token: api_token.to_owned() }
    }

    fn urls(&mut self, setting: &Text, fits: fn(&str) -> bool, schemes: &str) -> Vec<String> {
        let text = self.text(setting);
        let urls: Vec<_> =
            text.split(',').map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned).collect();
        if let Some(index) = urls.iter().position(|url| !fits(url)) {
            self.problem(format!("{setting}: URL number {} must be {schemes} and a host.", index + 1));
        } else if urls.is_empty() && !text.is_empty() {
            self.problem(format!("{setting} names no server."));
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
        let Some(text) = self.given(&TRUSTED_PROXY) else { return default };
        TrustedProxy::parse(text.trim()).unwrap_or_else(|| {
            self.problem(format!("{TRUSTED_PROXY} must be cloudflare, forwarded or none."));
            default
        })
    }

    fn origins(&mut self) -> Option<Origins> {
        let text = self.text(&FRONTEND_URL);
        Origins::parse(FRONTEND_URL.name, &text).map_err(|sentence| self.problem(sentence)).ok()
    }
}

fn advice() -> String {
    format!("Set it to at least {MIN_SECRET_BYTES} random bytes, for example with `openssl rand -base64 48`.")
}

/// Everything that is wrong with the settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// One sentence for each problem, without secrets; never empty.
    pub problems: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problems.join("\n"))
    }
}

impl std::error::Error for ConfigError {}
