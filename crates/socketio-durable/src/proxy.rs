//! The proxy in front of the server, and what it says of a request.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use crate::origins;
use engineio::Address;

/// The proxy whose headers are believed. A header of any other is the client's own claim.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum TrustedProxy {
    /// None: clients connect to the server itself, and have no address that it knows.
    None,
    /// Cloudflare, which overwrites `CF-Connecting-IP`. Scheme and host are those of the request.
    #[default]
    Cloudflare,
    /// A reverse proxy, which adds to or overwrites `X-Forwarded-For`, `-Proto` and `-Host`.
    Forwarded,
}

impl TrustedProxy {
    /// Reads the value of the setting.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::None),
            "cloudflare" => Some(Self::Cloudflare),
            "forwarded" => Some(Self::Forwarded),
            _ => None,
        }
    }

    /// Returns the client's address. `header` looks up a header of the request.
    pub fn client_address(self, header: impl Fn(&str) -> Option<String>) -> Option<Address> {
        match self {
            Self::None => None,
            Self::Cloudflare => Address::parse(&header("CF-Connecting-IP")?),
            Self::Forwarded => {
                let list = header("X-Forwarded-For")?;
                let client = last(&list);
                // Some proxies add the port.
                let address = client
                    .parse::<SocketAddr>()
                    .map(|address| address.ip())
                    .or_else(|_| client.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>());
                Address::parse(&address.ok()?.to_string())
            }
        }
    }

    /// Returns the server's own origin, as browsers know it. `target` is the origin that the request was sent to, and
    /// stands in for whatever the proxy does not say.
    pub fn own_origin(self, target: &str, header: impl Fn(&str) -> Option<String>) -> Cow<'_, str> {
        if self != Self::Forwarded {
            return target.into();
        }
        let (scheme, host) = target.split_once("://").unwrap_or_default();
        let forwarded = |name| header(name).map(|list| last(&list).to_ascii_lowercase());
        let scheme = match forwarded("X-Forwarded-Proto").as_deref() {
            // Some proxies name the protocol inside.
            Some("https" | "wss") => "https",
            Some("http" | "ws") => "http",
            _ => scheme,
        };
        let host = forwarded("X-Forwarded-Host").unwrap_or_else(|| host.to_owned());
        origins::normalise(&format!("{scheme}://{host}")).map_or(target.into(), Cow::Owned)
    }
}

/// The entry that the nearest proxy wrote; the ones before it came with the request.
fn last(list: &str) -> &str {
    list.rsplit(',').next().unwrap_or_default().trim()
}
