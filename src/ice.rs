//! ICE servers for calls (RFC 8445): STUN (RFC 8489), and TURN (RFC 8656) with short-lived credentials.
//!
//! This module needs no network. It lists the servers, derives credentials from a shared secret, and reads responses of
//! Cloudflare's TURN service.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use sha1::Sha1;
use sha2::Sha256;

use crate::accounts::token::Tokens;
use engineio::Time;
use socketio::json;

mod kept;

pub use kept::{FAILURE_KEPT_FOR, Kept, MAX_KEPT};

/// The bytes of a [`pseudonym`] before encoding.
const PSEUDONYM_BYTES: usize = 16;

/// The configured servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// URLs of STUN servers.
    pub stun: Vec<String>,
    /// The source of TURN credentials, if any.
    pub turn: Option<Turn>,
    /// The lifetime of credentials.
    pub ttl: Duration,
}

/// A source of TURN credentials.
#[derive(Clone, PartialEq, Eq)]
pub enum Turn {
    /// Servers that share a secret with this one, as coturn does with `use-auth-secret`.
    SharedSecret {
        /// The servers' URLs.
        urls: Vec<String>,
        /// The secret.
        secret: String,
    },
    /// Cloudflare's TURN service.
    Cloudflare {
        /// The URL of its API, without a slash at the end.
        api: String,
        /// The id of the TURN key.
        key_id: String,
        /// The key's API token.
        api_token: String,
    },
}

/// Shows the kind, not the secrets.
impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SharedSecret { .. } => "SharedSecret(redacted)",
            Self::Cloudflare { .. } => "Cloudflare(redacted)",
        })
    }
}

/// An entry of `RTCPeerConnection`'s `iceServers` (WebRTC 1.0, section 4.2.2).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// The server's URLs.
    #[serde(deserialize_with = "one_or_several")]
    pub urls: Vec<String>,
    /// The username for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The password for TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// The response to a client.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServers {
    /// The servers, STUN first.
    pub ice_servers: Vec<IceServer>,
    /// The time from which the credentials are invalid.
    pub expires_at: Time,
}

/// The request to Cloudflare's API for credentials.
#[derive(Serialize)]
pub struct CloudflareRequest {
    /// The lifetime, in seconds.
    pub ttl: u64,
}

impl Settings {
    /// Returns the expiry of credentials made now, in whole seconds as TURN counts.
    pub fn expiry(&self, now: Time) -> Time {
        Time::from_millis((now + self.ttl).as_secs() * 1000)
    }

    /// Returns the servers whose credentials need no request, for a user with this [`pseudonym`].
    pub fn own_servers(&self, now: Time, pseudonym: &str) -> IceServers {
        let turn = match &self.turn {
            Some(Turn::SharedSecret { urls, secret }) => {
                vec![shared_secret(urls, secret, pseudonym, self.expiry(now))]
            }
            None | Some(Turn::Cloudflare { .. }) => Vec::new(),
        };
        self.servers(now, turn)
    }

    /// Returns the STUN servers and `turn`, whose credentials were made or requested at `made_at`.
    pub fn servers(&self, made_at: Time, turn: Vec<IceServer>) -> IceServers {
        let mut ice_servers = vec![IceServer { urls: self.stun.clone(), username: None, credential: None }];
        ice_servers.extend(turn);
        IceServers { ice_servers, expires_at: self.expiry(made_at) }
    }
}

/// Returns the name of a user on TURN servers: a keyed hash, so that their operators and logs do not learn the username. It has
/// no colon, coturn's separator, and stays the same, so that quotas per user work.
pub fn pseudonym(tokens: &Tokens, name_key: &str) -> String {
    let key = tokens.derive_key(b"natter: names of users on TURN servers");
    let mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length will do");
    let hash = mac.chain_update(name_key).finalize().into_bytes();
    URL_SAFE_NO_PAD.encode(&hash[..PSEUDONYM_BYTES])
}

/// Derives credentials by coturn's REST scheme (draft-uberti-behave-turn-rest-00): the username is the expiry and the user's
/// [`pseudonym`], and the password is a keyed hash of the username.
pub fn shared_secret(urls: &[String], secret: &str, pseudonym: &str, expires_at: Time) -> IceServer {
    let username = format!("{}:{pseudonym}", expires_at.as_secs());
    let mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("any length will do");
    let credential = STANDARD.encode(mac.chain_update(&username).finalize().into_bytes());
    IceServer { urls: urls.to_vec(), username: Some(username), credential: Some(credential) }
}

/// Returns the TURN servers in a response of Cloudflare's API; `None` if it is not understood.
pub fn read_cloudflare(answer: &str) -> Option<Vec<IceServer>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        ice_servers: Vec<IceServer>,
    }

    let Answer { ice_servers } = json::from_str(answer).ok()?;
    let turn =
        ice_servers.into_iter().filter(|server| server.credential.is_some() && server.username.is_some());
    let turn: Vec<_> = turn
        .filter(|server| !server.urls.is_empty() && server.urls.iter().all(|url| is_turn_url(url)))
        .collect();
    (!turn.is_empty()).then_some(turn)
}

/// Returns whether `url` looks like that of a STUN server (RFC 7064).
pub fn is_stun_url(url: &str) -> bool {
    has_scheme(url, &["stun:", "stuns:"])
}

/// Returns whether `url` looks like that of a TURN server (RFC 7065).
pub fn is_turn_url(url: &str) -> bool {
    has_scheme(url, &["turn:", "turns:"])
}

fn has_scheme(url: &str, schemes: &[&str]) -> bool {
    let host = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
    host.is_some_and(|host| host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
        && url.bytes().all(|byte| byte.is_ascii_graphic())
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let json = <&RawValue>::deserialize(deserializer)?.get();
    let one = serde_json::from_str(json).map(|url| vec![url]);
    one.or_else(|_| serde_json::from_str(json)).map_err(D::Error::custom)
}
