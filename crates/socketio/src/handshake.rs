//! The request that opened a session, as an application sees it.

use engineio::{Address, Context, Time};
use serde::{Deserialize, Serialize};

/// The longest query string that is kept, in bytes; of a longer one nothing is.
const MAX_QUERY_BYTES: usize = 2_048;

/// The most bytes of headers that are kept; those that exceed them are left out.
const MAX_HEADER_BYTES: usize = 4_096;

/// The parts of a handshake that are kept for the application. Each costs memory, and a place in what is stored with every
/// socket, so by default none is.
#[derive(Clone, Copy, Default, Debug)]
pub struct HandshakeParts {
    /// Whether the query string is kept.
    pub query: bool,
    /// The names of the headers that are kept.
    pub headers: &'static [&'static str],
}

/// The request that opened a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Handshake {
    /// The query string, without its question mark; empty unless [`HandshakeParts::query`] asks for it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// The headers that [`HandshakeParts::headers`] asks for and the request has, in that order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// The client's address, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The moment of the request.
    #[serde(with = "engineio::time::millis")]
    pub at: Time,
}

impl Handshake {
    /// Returns a parameter of the query as it was sent, percent-encoding included. Of a repeated one the first counts.
    pub fn query_parameter(&self, name: &str) -> Option<&str> {
        self.query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, it)| it)
    }

    /// Returns a header that was kept, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns a handshake of which nothing is kept but address and time.
    pub fn plain(at: Time, address: Option<Address>) -> Self {
        Self { query: String::new(), headers: Vec::new(), address, at }
    }

    pub(crate) fn of(cx: &Context<'_>, parts: HandshakeParts) -> Self {
        let mut handshake = Self::plain(cx.now, cx.address.cloned());
        let Some(request) = cx.request else { return handshake };
        if parts.query && request.query().len() <= MAX_QUERY_BYTES {
            request.query().clone_into(&mut handshake.query);
        }
        let mut bytes = 0;
        for name in parts.headers {
            if let Some(value) = request.header(name).filter(|value| bytes + value.len() <= MAX_HEADER_BYTES)
            {
                bytes += value.len();
                handshake.headers.push(((*name).to_owned(), value));
            }
        }
        handshake
    }

    /// Returns whether nothing is kept but what is in the session's own state.
    pub(crate) fn is_plain(&self) -> bool {
        self.query.is_empty() && self.headers.is_empty()
    }
}
