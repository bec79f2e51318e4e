//! Where clients come from, as far as limits care.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// An IPv4 address, or the network of an IPv6 address: whoever has one address of a /64 has all of it (RFC 6177).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(Rc<str>);

impl Address {
    /// Reads an address as the platform writes it.
    pub fn parse(text: &str) -> Option<Self> {
        let address: IpAddr = text.trim().parse().ok()?;
        // An IPv4 address in IPv6 clothes is the same client.
        let text = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        };
        Some(Self(text.into()))
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
