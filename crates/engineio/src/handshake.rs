//! Opening requests: what a client may ask for, and how it is refused.
//!
//! See the Engine.IO protocol, revision 4, section "Handshake".

use serde::Serialize;

use crate::config::Config;
use crate::session::{Sid, TransportName};

/// The query parameters that concern the protocol; all others (`t`, `j`, an application's own) are ignored.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Query {
    /// `EIO`: the protocol revision.
    pub revision: Option<String>,
    /// `transport`.
    pub transport: Option<String>,
    /// `sid`: the session that the request belongs to; without it, or with an empty one, the request opens one.
    pub sid: Option<String>,
    /// `b64`: the client wants bytes as base64, over WebSocket too (its option `forceBase64`).
    pub base64: bool,
}

impl Query {
    /// Takes the protocol's parameters from decoded query pairs. Of a repeated parameter the first counts.
    pub fn from_pairs<K: AsRef<str>, V: Into<String>>(pairs: impl Iterator<Item = (K, V)>) -> Self {
        let mut query = Self::default();
        let mut base64: Option<String> = None;
        for (name, value) in pairs {
            let slot = match name.as_ref() {
                "EIO" => &mut query.revision,
                "transport" => &mut query.transport,
                "sid" => &mut query.sid,
                "b64" => &mut base64,
                _ => continue,
            };
            slot.get_or_insert_with(|| value.into());
        }
        query.sid = query.sid.filter(|sid| !sid.is_empty());
        // The reference server takes any text for a yes.
        query.base64 = base64.is_some_and(|value| !value.is_empty());
        query
    }

    /// The transport that was asked for.
    ///
    /// # Errors
    /// [`Rejection::TransportUnknown`] when it is missing or not one of ours.
    pub fn transport(&self) -> Result<TransportName, Rejection> {
        match self.transport.as_deref() {
            Some("polling") => Ok(TransportName::Polling),
            Some("websocket") => Ok(TransportName::WebSocket),
            _ => Err(Rejection::TransportUnknown),
        }
    }

    /// Whether a plain GET may open a session. What is wrong first is what the reference server checks first.
    ///
    /// # Errors
    /// [`Rejection::BadRequest`] when it asks for WebSocket, and what [`Query::require_revision_4`] says.
    pub fn require_polling_handshake(&self) -> Result<(), Rejection> {
        match self.transport()? {
            TransportName::Polling => self.require_revision_4(),
            TransportName::WebSocket => Err(Rejection::BadRequest),
        }
    }

    /// Whether the client speaks revision 4.
    ///
    /// # Errors
    /// [`Rejection::UnsupportedProtocolVersion`] when it says anything else, or nothing.
    pub fn require_revision_4(&self) -> Result<(), Rejection> {
        match self.revision.as_deref() {
            Some("4") => Ok(()),
            _ => Err(Rejection::UnsupportedProtocolVersion),
        }
    }
}

/// Longer subprotocols are declined, in bytes.
const MAX_SUBPROTOCOL: usize = 256;

/// Returns the first subprotocol that a client offers in `Sec-WebSocket-Protocol`, which the handshake has to name: a client
/// closes a WebSocket that takes none of those it offered (RFC 6455, section 4.1). None if it is not a token, or too long.
pub fn subprotocol(offered: &str) -> Option<&str> {
    let first = offered.split(',').next()?.trim_matches([' ', '\t']);
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (!first.is_empty() && first.len() <= MAX_SUBPROTOCOL && first.bytes().all(is_token)).then_some(first)
}

/// Why a request is refused. The numbers and sentences are those of the reference server, which clients match on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rejection {
    /// The `transport` parameter is missing or names no transport of ours.
    TransportUnknown,
    /// There is no such session, or no longer.
    UnknownSid,
    /// A session is opened with GET only.
    BadHandshakeMethod,
    /// The request does not fit the session.
    BadRequest,
    /// The server is not willing.
    Forbidden,
    /// The client speaks another revision of the protocol.
    UnsupportedProtocolVersion,
    /// The body is longer than `maxPayload`.
    PayloadTooLarge,
    /// There are too many sessions from the client's address.
    TooManyConnections,
}

#[derive(Serialize)]
struct RejectionBody {
    code: u8,
    message: &'static str,
}

impl Rejection {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::Forbidden => 403,
            Self::PayloadTooLarge => 413,
            Self::TooManyConnections => 429,
            _ => 400,
        }
    }

    /// The JSON body. `None` for [`Rejection::PayloadTooLarge`], whose status says it all.
    pub fn body(self) -> Option<String> {
        let (code, message) = match self {
            Self::TransportUnknown => (0, "Transport unknown"),
            Self::UnknownSid => (1, "Session ID unknown"),
            Self::BadHandshakeMethod => (2, "Bad handshake method"),
            Self::BadRequest => (3, "Bad request"),
            Self::Forbidden => (4, "Forbidden"),
            Self::UnsupportedProtocolVersion => (5, "Unsupported protocol version"),
            Self::PayloadTooLarge => return None,
            Self::TooManyConnections => (4, "Too many connections"),
        };
        serde_json::to_string(&RejectionBody { code, message }).ok()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Open<'a> {
    sid: &'a str,
    upgrades: &'a [&'a str],
    ping_interval: u64,
    ping_timeout: u64,
    max_payload: usize,
}

/// The content of the open packet.
pub(crate) fn open_packet(config: &Config, sid: &Sid, transport: TransportName) -> String {
    let upgrades: &[&str] = match transport {
        TransportName::Polling => &["websocket"],
        TransportName::WebSocket => &[],
    };
    let open = Open {
        sid: sid.as_str(),
        upgrades,
        ping_interval: config.ping_interval.as_millis() as u64,
        ping_timeout: config.ping_timeout.as_millis() as u64,
        max_payload: config.max_payload,
    };
    serde_json::to_string(&open).unwrap_or_default()
}
