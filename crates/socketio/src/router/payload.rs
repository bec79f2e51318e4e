//! Payloads as arguments, both ways: a tuple is several arguments, `()` is none, and anything else is one. Serde knows no
//! difference between a tuple and an array of fixed length.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::rc::Rc;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::{Serialize, forward_to_deserialize_any};
use serde_json::Error;
use serde_json::ser::{Formatter, Serializer};
use serde_json::value::RawValue;

use super::bytes::with_attachments;
use super::shape::{Shape, shape_of};
use crate::arguments::Arguments;
use crate::packet::MAX_ATTACHMENTS;
use crate::placeholders;

/// The reason why a payload cannot be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsendable(String);

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Encodes the event `name` with a payload, and an offset behind it if there is one.
///
/// # Errors
/// The payload cannot be JSON, or has more than [`MAX_ATTACHMENTS`].
pub fn event<T: Serialize + ?Sized>(
    name: &str,
    payload: &T,
    offset: Option<&str>,
) -> Result<Arguments<'static>, Unsendable> {
    let mut list = List::default();
    list.push(name)?;
    list.push_all(payload)?;
    if let Some(offset) = offset {
        list.push(offset)?;
    }
    list.finish()
}

/// Encodes an answer.
///
/// # Errors
/// As those of [`event`].
pub fn answer<T: Serialize + ?Sized>(payload: &T) -> Result<Arguments<'static>, Unsendable> {
    let mut list = List::default();
    list.push_all(payload)?;
    list.finish()
}

/// Reads the payload of an event, whose name comes first.
///
/// # Errors
/// The arguments are not what the type calls for.
pub fn read_event<T: DeserializeOwned>(arguments: &Arguments<'_>) -> Result<T, Error> {
    read(arguments, 1)
}

/// Reads the payload of an answer.
///
/// # Errors
/// The arguments are not what the type calls for.
pub fn read_answer<T: DeserializeOwned>(arguments: &Arguments<'_>) -> Result<T, Error> {
    read(arguments, 0)
}

fn read<T: DeserializeOwned>(arguments: &Arguments<'_>, skipped: usize) -> Result<T, Error> {
    let elements: Vec<&RawValue> = serde_json::from_str(&arguments.json)?;
    let elements = elements.get(skipped..).unwrap_or_default();
    with_attachments(arguments.attachments.clone(), || T::deserialize(Elements(elements)))
}

/// A JSON array in the making.
#[derive(Default)]
struct List {
    json: Vec<u8>,
    attachments: Vec<Rc<[u8]>>,
}

impl List {
    /// Adds one argument.
    fn push<T: Serialize + ?Sized>(&mut self, argument: &T) -> Result<(), Unsendable> {
        self.json.push(if self.json.is_empty() { b'[' } else { b',' });
        let detach = Detach { attachments: &mut self.attachments };
        let mut serializer = Serializer::with_formatter(&mut self.json, detach);
        argument.serialize(&mut serializer).map_err(|error| Unsendable(error.to_string()))
    }

    /// Adds the arguments that a payload amounts to.
    fn push_all<T: Serialize + ?Sized>(&mut self, payload: &T) -> Result<(), Unsendable> {
        match shape_of(payload) {
            Shape::Nothing => Ok(()),
            Shape::One => self.push(payload),
            Shape::List => {
                let start = self.json.len();
                self.push(payload)?;
                // The tuple is an array of its own until its brackets are gone; one that is empty leaves no comma.
                self.json.pop();
                self.json.remove(start + 1);
                if self.json.len() == start + 1 {
                    self.json.pop();
                }
                Ok(())
            }
        }
    }

    fn finish(mut self) -> Result<Arguments<'static>, Unsendable> {
        if self.attachments.len() > MAX_ATTACHMENTS {
            return Err(Unsendable(format!("a packet has at most {MAX_ATTACHMENTS} attachments")));
        }
        if self.json.is_empty() {
            self.json.push(b'[');
        }
        self.json.push(b']');
        let json = String::from_utf8(self.json).map_err(|error| Unsendable(error.to_string()))?;
        // A payload of a client's own making can look like a placeholder, at which the receivers' parsers would fail.
        if !self.attachments.is_empty() && !placeholders::are_legal(&json, self.attachments.len()) {
            return Err(Unsendable(
                "it holds a placeholder of an attachment that it does not have".to_owned(),
            ));
        }
        Ok(Arguments { json: Cow::Owned(json), attachments: self.attachments })
    }
}

/// Writes placeholders for bytes, which become attachments.
struct Detach<'a> {
    attachments: &'a mut Vec<Rc<[u8]>>,
}

impl Formatter for Detach<'_> {
    fn write_byte_array<W: io::Write + ?Sized>(&mut self, writer: &mut W, bytes: &[u8]) -> io::Result<()> {
        write!(writer, r#"{{"_placeholder":true,"num":{}}}"#, self.attachments.len())?;
        self.attachments.push(bytes.into());
        Ok(())
    }
}

/// Arguments as a tuple or `()` reads them: all; or as any other type does: the first. A missing argument reads as `null`, as
/// JavaScript's `undefined` does.
struct Elements<'de, 'a>(&'a [&'de RawValue]);

impl<'de> Elements<'de, '_> {
    fn first(&self) -> &'de RawValue {
        self.0.first().copied().unwrap_or(RawValue::NULL)
    }
}

impl<'de> Deserializer<'de> for Elements<'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.first().deserialize_any(visitor)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_tuple<V: Visitor<'de>>(mut self, length: usize, visitor: V) -> Result<V::Value, Error> {
        struct Sequence<'de, 'a, 'b> {
            elements: &'b mut Elements<'de, 'a>,
            left: usize,
        }

        impl<'de> SeqAccess<'de> for Sequence<'de, '_, '_> {
            type Error = Error;

            fn next_element_seed<T: DeserializeSeed<'de>>(
                &mut self,
                seed: T,
            ) -> Result<Option<T::Value>, Error> {
                let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
                self.left = left;
                let element = self.elements.first();
                self.elements.0 = self.elements.0.get(1..).unwrap_or_default();
                seed.deserialize(element).map(Some)
            }
        }

        visitor.visit_seq(Sequence { elements: &mut self, left: length })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.first().deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.first().deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.first().deserialize_enum(name, variants, visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.first().deserialize_bytes(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.first().deserialize_byte_buf(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string seq tuple_struct map struct identifier ignored_any
    }
}
