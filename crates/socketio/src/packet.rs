//! Socket.IO packets, as an Engine.IO message carries them.
//!
//! See the Socket.IO protocol, revision 5, section "Packet encoding":
//! `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`.

use std::borrow::Cow;
use std::fmt::{self, Write};

use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The most binary attachments that one packet may announce.
pub const MAX_ATTACHMENTS: usize = 10;

/// How deep JSON may be nested, the outermost array or object included.
pub const MAX_DEPTH: usize = 64;

/// The events that the client library raises by itself, and that therefore nobody may send.
const RESERVED_EVENTS: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// The type of a packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `0`: the client wants into a namespace, or the server lets it in.
    Connect,
    /// `1`: one side leaves the namespace.
    Disconnect,
    /// `2` and `5`: an event. Its name and, if it wants to be acknowledged, the id of the answer.
    Event { name: String, ack: Option<u64> },
    /// `2` and `5`, too: an event that is framed as one but cannot be accepted. Of its name only what is text is kept.
    Unreadable { name: String, ack: Option<u64>, reason: Unreadable },
    /// `3` and `6`: the answer to an event.
    Ack { id: u64 },
    /// `4`: the server does not let the client in.
    ConnectError,
}

/// Why an event is refused, whatever it means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// Its name is no text: it contains half of a surrogate pair.
    Name,
    /// Its arguments are nested deeper than [`MAX_DEPTH`].
    TooDeep,
}

/// One packet without the bytes of its attachments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// The type.
    pub kind: Kind,
    /// The namespace, with its leading slash.
    pub namespace: Cow<'a, str>,
    /// The JSON text: an object or nothing for `Connect`, an array for `Event` (its name included) and `Ack`.
    pub json: &'a str,
    /// How many binary messages follow and belong to it.
    pub attachments: usize,
}

/// The message is not a packet, or one that is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MalformedPacket(pub &'static str);

impl fmt::Display for MalformedPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed Socket.IO packet: {}", self.0)
    }
}

impl std::error::Error for MalformedPacket {}

impl<'a> Packet<'a> {
    /// Decodes a text message.
    ///
    /// # Errors
    /// The message does not follow the grammar, its JSON is not what its type calls for, it announces more than
    /// [`MAX_ATTACHMENTS`], its event is reserved, or it is no event and nested deeper than [`MAX_DEPTH`].
    pub fn decode(text: &'a str) -> Result<Self, MalformedPacket> {
        let (kind, rest) = text.split_at_checked(1).ok_or(MalformedPacket("empty"))?;
        let (attachments, rest) = match kind {
            "5" | "6" => take_attachments(rest)?,
            _ => (0, rest),
        };
        let (namespace, rest) = take_namespace(rest);
        let (id, json) = take_id(rest)?;
        let is_too_deep = is_too_deep(json);
        if is_too_deep && !matches!(kind, "2" | "5") {
            return Err(MalformedPacket("nested too deep"));
        }
        let kind = match (kind, id) {
            ("0", None) => {
                if !json.is_empty() {
                    require(json, "{")?;
                }
                Kind::Connect
            }
            ("1", None) if json.is_empty() => Kind::Disconnect,
            ("2" | "5", ack) => match event_name(json)? {
                Name::Text(name) if !is_too_deep => Kind::Event { name, ack },
                Name::Text(name) => Kind::Unreadable { name, ack, reason: Unreadable::TooDeep },
                Name::NoText(name) => Kind::Unreadable { name, ack, reason: Unreadable::Name },
            },
            ("3" | "6", Some(id)) => {
                require(json, "[")?;
                Kind::Ack { id }
            }
            ("4", None) => {
                require(json, "")?;
                Kind::ConnectError
            }
            _ => return Err(MalformedPacket("unknown type, or parts that it cannot have")),
        };
        Ok(Self { kind, namespace, json, attachments })
    }
}

impl fmt::Display for Packet<'_> {
    /// Encodes the packet as a text message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = self.attachments > 0;
        f.write_char(match (&self.kind, binary) {
            (Kind::Connect, _) => '0',
            (Kind::Disconnect, _) => '1',
            (Kind::Event { .. } | Kind::Unreadable { .. }, false) => '2',
            (Kind::Ack { .. }, false) => '3',
            (Kind::ConnectError, _) => '4',
            (Kind::Event { .. } | Kind::Unreadable { .. }, true) => '5',
            (Kind::Ack { .. }, true) => '6',
        })?;
        if binary {
            write!(f, "{}-", self.attachments)?;
        }
        if self.namespace != "/" {
            write!(f, "{},", self.namespace)?;
        }
        match &self.kind {
            Kind::Event { ack: Some(id), .. } | Kind::Unreadable { ack: Some(id), .. } | Kind::Ack { id } => {
                write!(f, "{id}")?
            }
            _ => {}
        }
        f.write_str(self.json)
    }
}

fn take_attachments(text: &str) -> Result<(usize, &str), MalformedPacket> {
    let (count, rest) = text.split_once('-').ok_or(MalformedPacket("no number of attachments"))?;
    let count = digits(count).ok_or(MalformedPacket("illegal number of attachments"))?;
    match usize::try_from(count) {
        Ok(count) if count <= MAX_ATTACHMENTS => Ok((count, rest)),
        _ => Err(MalformedPacket("too many attachments")),
    }
}

fn take_namespace(text: &str) -> (Cow<'_, str>, &str) {
    if !text.starts_with('/') {
        return (Cow::Borrowed("/"), text);
    }
    match text.split_once(',') {
        Some((namespace, rest)) => (Cow::Borrowed(namespace), rest),
        None => (Cow::Borrowed(text), ""),
    }
}

fn take_id(text: &str) -> Result<(Option<u64>, &str), MalformedPacket> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    if end == 0 {
        return Ok((None, text));
    }
    let id = digits(&text[..end]).ok_or(MalformedPacket("illegal ack id"))?;
    Ok((Some(id), &text[end..]))
}

/// A decimal number without sign that JavaScript represents exactly.
fn digits(text: &str) -> Option<u64> {
    const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&number| all_digits && number <= MAX_SAFE_INTEGER)
}

/// Whether JSON is nested too deep for anything that recurses into it.
fn is_too_deep(json: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Requires JSON that begins like this. It is not decoded: what its strings and numbers are is of no concern here, nor is its
/// depth, because ignoring it does not recurse.
fn require(json: &str, beginning: &str) -> Result<(), MalformedPacket> {
    let begins = json.trim_start_matches([' ', '\t', '\n', '\r']).starts_with(beginning);
    match serde_json::from_str::<IgnoredAny>(json) {
        Ok(IgnoredAny) if begins => Ok(()),
        _ => Err(UNFIT),
    }
}

const UNFIT: MalformedPacket = MalformedPacket("unfit JSON");

/// The name of an event.
enum Name {
    Text(String),
    /// The text of a string that contains half of a surrogate pair, without that half.
    NoText(String),
}

/// A string with a replacement character for each half of a surrogate pair, like JavaScript's `toWellFormed`.
struct Lossy;

impl Visitor<'_> for Lossy {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        // Halves come as three bytes each, none of which begins a character.
        Ok(String::from_utf8_lossy(bytes).replace("\u{fffd}\u{fffd}\u{fffd}", "\u{fffd}"))
    }
}

/// The first element of an event's array: a string that is not reserved, or a number.
fn event_name(json: &str) -> Result<Name, MalformedPacket> {
    struct EventName;

    impl<'de> Visitor<'de> for EventName {
        type Value = &'de RawValue;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array that begins with the name of an event")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let name = seq.next_element()?.ok_or_else(|| de::Error::invalid_length(0, &self))?;
            IgnoredAny.visit_seq(seq)?;
            Ok(name)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(json);
    let name = deserializer
        .deserialize_seq(EventName)
        .and_then(|name| deserializer.end().map(|()| name))
        .map_err(|_| UNFIT)?
        .get();
    if name.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return Ok(Name::Text(name.to_owned()));
    }
    match serde_json::from_str::<String>(name) {
        Ok(name) if RESERVED_EVENTS.contains(&name.as_str()) => Err(MalformedPacket("reserved event")),
        Ok(name) => Ok(Name::Text(name)),
        Err(_) => {
            let name = serde_json::Deserializer::from_str(name).deserialize_bytes(Lossy);
            name.map(Name::NoText).map_err(|_| UNFIT)
        }
    }
}
