//! The origins whose pages may use the server (Fetch standard, "CORS protocol").

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A set of origins: scheme, host and port (RFC 6454), as browsers write them in the header `Origin`.
#[derive(Default, Clone, PartialEq, Eq, Debug)]
pub struct Origins {
    entries: Vec<Entry>,
    /// Whether every loopback origin belongs to the set as well.
    loopback: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Entry {
    /// `*`: every page.
    Any,
    /// `null`: pages without an origin, such as files, and sandboxed frames of any site.
    Opaque,
    /// One origin.
    Origin(String),
    /// `https://*.chat.example:8443`: the hosts below a domain, at any depth, and not the domain itself.
    Below { scheme: String, domain: String },
}

/// The access that a page has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// Its origin is listed: it may read responses, also to requests with credentials.
    Listed,
    /// Any page could have its origin: it may read responses to requests without credentials.
    Anyone,
}

impl Origins {
    /// Reads comma-separated origins and normalises each to the form that browsers send: scheme and host in lower case, no
    /// default port, no slash at the end.
    ///
    /// # Errors
    /// A sentence about the first malformed origin, which calls the list `name`.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (index, entry) in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).enumerate() {
            let entry = Entry::parse(entry)
                .map_err(|wrong| format!("{name}: origin number {} {wrong}.", index + 1))?;
            if !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        if entries.is_empty() {
            Err(format!("{name} names no origin."))
        } else {
            Ok(Self { entries, loopback: false })
        }
    }

    /// Adds every loopback origin, on any port, if `loopback`.
    #[must_use]
    pub fn with_loopback(self, loopback: bool) -> Self {
        Self { loopback, ..self }
    }

    /// Returns the access of a page whose requests say `Origin: <origin>`; `None` if it is not in the set. Only the form that
    /// browsers send is understood.
    pub fn permission(&self, origin: &str) -> Option<Permission> {
        let is_listed = self.entries.iter().any(|entry| match entry {
            Entry::Origin(allowed) => allowed == origin,
            Entry::Below { scheme, domain } => is_below(origin, scheme, domain),
            Entry::Any | Entry::Opaque => false,
        });
        if is_listed || (self.loopback && is_loopback(origin)) {
            return Some(Permission::Listed);
        }
        let is_anyone = |entry: &Entry| *entry == Entry::Any || (*entry == Entry::Opaque && origin == "null");
        self.entries.iter().any(is_anyone).then_some(Permission::Anyone)
    }

    /// Returns whether a server whose own origin is `own` may answer a request that says `Origin: <origin>`. A request without
    /// an origin comes from an app, a script, or a page that the user navigated to.
    pub fn admits(&self, origin: Option<&str>, own: &str) -> bool {
        origin.is_none_or(|origin| origin == own || self.permission(origin).is_some())
    }

    /// Iterates over the origins and patterns in their given order.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'_, str>> {
        self.entries.iter().map(|entry| match entry {
            Entry::Any => "*".into(),
            Entry::Opaque => "null".into(),
            Entry::Origin(origin) => origin.into(),
            Entry::Below { scheme, domain } => format!("{scheme}*.{domain}").into(),
        })
    }
}

impl Entry {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "*" => return Ok(Self::Any),
            "null" => return Ok(Self::Opaque),
            _ => {}
        }
        let (scheme, domain) = match text.split_once("://*.") {
            Some((scheme, domain)) if !domain.contains('*') => (scheme, domain),
            _ if text.contains('*') => {
                return Err(
                    "has a `*` that is neither alone nor the first label of a host, as in https://*.chat.example",
                );
            }
            _ => return normalise(text).map(Self::Origin),
        };
        let domain = normalise(&format!("{scheme}://{domain}"))?;
        let at = domain.find("://").map_or(0, |at| at + 3);
        let (scheme, domain) = domain.split_at(at);
        let host = domain.split(':').next().unwrap_or_default();
        let labels = host.split('.').collect::<Vec<_>>();
        // Only an IPv4 address ends in a number (URL standard, "ends in a number").
        let is_number = |label: &&str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit());
        if domain.starts_with('[') || labels.last().is_some_and(is_number) {
            return Err("has a `*` before an address, which has no hosts below it");
        }
        // `https://*.com` would be most of the web.
        if labels.len() < 2 || labels.contains(&"") {
            return Err("has a `*` that is not followed by a domain such as chat.example");
        }
        Ok(Self::Below { scheme: scheme.to_owned(), domain: domain.to_owned() })
    }
}

/// Returns whether the origin's host is a subdomain of `domain`, which includes the port.
fn is_below(origin: &str, scheme: &str, domain: &str) -> bool {
    let is_label = |label: &str| {
        let label_chars = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        !label.is_empty() && label.bytes().all(label_chars)
    };
    origin
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_suffix(domain))
        .and_then(|rest| rest.strip_suffix('.'))
        .is_some_and(|labels| labels.split('.').all(is_label))
}

/// Returns whether this machine itself serves the origin over HTTP.
fn is_loopback(origin: &str) -> bool {
    let Some(authority) = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://")) else {
        return false;
    };
    let (host, port) = split_port(authority);
    if port.is_some_and(|port| read_port(port).is_err()) {
        return false;
    }
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse().is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        // Subdomains of `localhost` are loopback too (RFC 6761, section 6.3).
        None => {
            host == "localhost"
                || is_below(host, "", "localhost")
                || host.parse().is_ok_and(|address: Ipv4Addr| address.is_loopback())
        }
    }
}

/// Normalises an origin to the form that browsers send.
///
/// # Errors
/// The end of a sentence that begins with the origin's number.
pub(crate) fn normalise(entry: &str) -> Result<String, &'static str> {
    let (scheme, rest) =
        entry.split_once("://").ok_or("lacks a scheme: write it like https://chat.example")?;
    let scheme_chars = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(scheme_chars) {
        return Err("has a malformed scheme");
    }
    let scheme = scheme.to_ascii_lowercase();
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains(['/', '?', '#']) {
        return Err("has a path: an origin is only scheme, host and port");
    }
    if rest.contains('@') {
        return Err("has a username or password: an origin is only scheme, host and port");
    }
    let (host, port) = split_port(rest);
    let host = normalise_host(host)?;
    let port = port.map(read_port).transpose()?;
    let default_port = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    Ok(match port.filter(|port| Some(*port) != default_port) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

/// Separates a port from a host. The colons of an IPv6 address are inside brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let colon = authority.rfind(':');
    match colon.filter(|&colon| authority.rfind(']').is_none_or(|bracket| bracket < colon)) {
        Some(colon) => (&authority[..colon], Some(&authority[colon + 1..])),
        None => (authority, None),
    }
}

fn normalise_host(host: &str) -> Result<String, &'static str> {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Ipv6Addr = address.parse().map_err(|_| "has a malformed IPv6 address")?;
        return Ok(format!("[{address}]"));
    }
    if !host.is_ascii() {
        return Err("has a host with letters beyond ASCII: write it as browsers send it, with xn--");
    }
    let host_chars = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() || !host.chars().all(host_chars) {
        return Err("has a malformed host");
    }
    Ok(host.to_ascii_lowercase())
}

fn read_port(port: &str) -> Result<u16, &'static str> {
    let wrong = "has a port that is not a number from 1 to 65535";
    if !port.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong);
    }
    port.parse().ok().filter(|&port| port != 0).ok_or(wrong)
}
