//! Binary packets in the making: the text that announced them, and the attachments that have come so far.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::Value;

use super::Arguments;
use super::packet::{Kind, MalformedPacket, Packet};

/// A binary packet that is not complete yet.
pub(super) struct Reassembly {
    kind: Kind,
    namespace: String,
    json: String,
    expected: usize,
    attachments: Vec<Rc<[u8]>>,
    bytes: usize,
}

impl Reassembly {
    /// Begins with the packet that announces attachments.
    pub fn begin(packet: &Packet<'_>) -> Self {
        Self {
            kind: packet.kind.clone(),
            namespace: packet.namespace.clone().into_owned(),
            json: packet.json.to_owned(),
            expected: packet.attachments,
            attachments: Vec::with_capacity(packet.attachments),
            bytes: 0,
        }
    }

    /// Adds the next attachment.
    pub fn add(&mut self, bytes: Rc<[u8]>, limit: usize) -> Result<(), MalformedPacket> {
        self.bytes += bytes.len();
        if self.bytes > limit {
            return Err(MalformedPacket("attachments too large"));
        }
        self.attachments.push(bytes);
        Ok(())
    }

    /// Whether all announced attachments have come.
    pub fn is_complete(&self) -> bool {
        self.attachments.len() == self.expected
    }

    /// The whole packet.
    ///
    /// A placeholder that stands for no attachment is refused here: relayed, it would break its receivers.
    pub fn finish(self) -> Result<(Kind, String, Arguments<'static>), MalformedPacket> {
        let json: Value = serde_json::from_str(&self.json).map_err(|_| MalformedPacket("unfit JSON"))?;
        if has_illegal_placeholder(&json, self.attachments.len()) {
            return Err(MalformedPacket("illegal attachments"));
        }
        let arguments = Arguments { json: Cow::Owned(self.json), attachments: self.attachments };
        Ok((self.kind, self.namespace, arguments))
    }
}

/// Whether a placeholder in `json` stands for none of so many attachments.
fn has_illegal_placeholder(json: &Value, attachments: usize) -> bool {
    match json {
        Value::Array(items) => items.iter().any(|item| has_illegal_placeholder(item, attachments)),
        Value::Object(fields) if fields.get("_placeholder") == Some(&Value::Bool(true)) => {
            let number = fields.get("num").and_then(Value::as_u64);
            number.is_none_or(|number| number >= attachments as u64)
        }
        Value::Object(fields) => fields.values().any(|field| has_illegal_placeholder(field, attachments)),
        _ => false,
    }
}
