//! Bytes in payloads.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::rc::Rc;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

thread_local! {
    /// The attachments of the packet that is being read.
    static ATTACHMENTS: RefCell<Vec<Rc<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes anywhere in a payload: a `Uint8Array`, `ArrayBuffer` or `Buffer` on the client's side.
///
/// They travel as an attachment, and their place in the JSON holds a placeholder. In other formats, such as the stored data of a
/// socket, they are a sequence of numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Bytes(Rc<[u8]>);

/// Makes `attachments` available to every [`Bytes`] that `read` deserialises.
pub(super) fn with_attachments<T>(attachments: Vec<Rc<[u8]>>, read: impl FnOnce() -> T) -> T {
    let outer = ATTACHMENTS.replace(attachments);
    let result = read();
    ATTACHMENTS.set(outer);
    result
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl From<Rc<[u8]>> for Bytes {
    fn from(bytes: Rc<[u8]>) -> Self {
        Self(bytes)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BytesVisitor)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(bytes.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = seq.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bytes, A::Error> {
        let (mut is_placeholder, mut number) = (false, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "_placeholder" => is_placeholder = map.next_value()?,
                "num" => number = Some(map.next_value::<usize>()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let number = number.filter(|_| is_placeholder);
        number
            .and_then(|number| ATTACHMENTS.with_borrow(|attachments| attachments.get(number).cloned()))
            .map(Bytes)
            .ok_or_else(|| de::Error::custom("an object in place of bytes"))
    }
}
