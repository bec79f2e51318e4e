//! Socket.IO packets, as an Engine.IO message carries them.
//!
//! See the Socket.IO protocol, revision 5, section "Packet encoding":
//! `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`.

use std::borrow::Cow;
use std::fmt::{self, Write};

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The most binary attachments that one packet may announce.
pub const MAX_ATTACHMENTS: usize = 10;

/// How deep JSON may be nested, the outermost array or object included.
pub const MAX_DEPTH: usize = 64;

/// The events that the client library raises by itself, and that therefore nobody may send.
const RESERVED_EVENTS: [&str; 6] =
    ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/// What a packet is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `0`: the client wants into a namespace, or the server lets it in.
    Connect,
    /// `1`: one side leaves the namespace.
    Disconnect,
    /// `2` and `5`: an event. Its name and, if it wants to be acknowledged, the id of the answer.
    Event { name: String, ack: Option<u64> },
    /// `3` and `6`: the answer to an event.
    Ack { id: u64 },
    /// `4`: the server does not let the client in.
    ConnectError,
}

/// One packet without the bytes of its attachments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet<'a> {
    /// What it is about.
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
    /// The message does not follow the grammar, its JSON is not what its type calls for or nested deeper than
    /// [`MAX_DEPTH`], it announces more than [`MAX_ATTACHMENTS`], or its event is reserved.
    pub fn decode(text: &'a str) -> Result<Self, MalformedPacket> {
        let (kind, rest) = text.split_at_checked(1).ok_or(MalformedPacket("empty"))?;
        let (attachments, rest) = match kind {
            "5" | "6" => take_attachments(rest)?,
            _ => (0, rest),
        };
        let (namespace, rest) = take_namespace(rest);
        let (id, json) = take_id(rest)?;
        check_depth(json)?;
        let kind = match (kind, id) {
            ("0", None) => {
                if !json.is_empty() {
                    require::<Object>(json)?;
                }
                Kind::Connect
            }
            ("1", None) if json.is_empty() => Kind::Disconnect,
            ("2" | "5", ack) => Kind::Event { name: event_name(json)?, ack },
            ("3" | "6", Some(id)) => {
                require::<Array>(json)?;
                Kind::Ack { id }
            }
            ("4", None) => {
                require::<IgnoredAny>(json)?;
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
            (Kind::Event { .. }, false) => '2',
            (Kind::Ack { .. }, false) => '3',
            (Kind::ConnectError, _) => '4',
            (Kind::Event { .. }, true) => '5',
            (Kind::Ack { .. }, true) => '6',
        })?;
        if binary {
            write!(f, "{}-", self.attachments)?;
        }
        if self.namespace != "/" {
            write!(f, "{},", self.namespace)?;
        }
        match &self.kind {
            Kind::Event { ack: Some(id), .. } | Kind::Ack { id } => write!(f, "{id}")?,
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

/// Refuses JSON that is nested too deep, before anything recurses into it.
fn check_depth(json: &str) -> Result<(), MalformedPacket> {
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
                    return Err(MalformedPacket("nested too deep"));
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

fn require<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, MalformedPacket> {
    serde_json::from_str(json).map_err(|_| MalformedPacket("unfit JSON"))
}

/// Any JSON object.
struct Object;

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Any("an object")).map(|_| Self)
    }
}

/// Any JSON array.
struct Array;

impl<'de> Deserialize<'de> for Array {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Any("an array")).map(|_| Self)
    }
}

struct Any(&'static str);

impl<'de> Visitor<'de> for Any {
    type Value = IgnoredAny;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(seq)
    }
}

/// The first element of an event's array: a string that is not reserved, or a number.
fn event_name(json: &str) -> Result<String, MalformedPacket> {
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
        .map_err(|_| MalformedPacket("unfit JSON"))?
        .get();
    if name.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return Ok(name.to_owned());
    }
    let name: String = require(name)?;
    if RESERVED_EVENTS.contains(&name.as_str()) {
        return Err(MalformedPacket("reserved event"));
    }
    Ok(name)
}
