//! Binary packets in the making: the text that announced them, and the attachments that have come so far.

use std::borrow::Cow;
use std::rc::Rc;

use crate::arguments::Arguments;
use crate::packet::{Kind, MalformedPacket, Packet};
use crate::placeholders;

/// A binary packet that is not complete yet.
pub struct Reassembly {
    kind: Kind,
    namespace: String,
    json: String,
    missing: usize,
    attachments: Vec<Rc<[u8]>>,
    bytes: usize,
}

impl Reassembly {
    /// Begins with the packet that announces attachments.
    pub fn begin(packet: &Packet<'_>) -> Self {
        let json = if is_refused(&packet.kind) { "" } else { packet.json };
        Self {
            kind: packet.kind.clone(),
            namespace: packet.namespace.clone().into_owned(),
            json: json.to_owned(),
            missing: packet.attachments,
            attachments: Vec::with_capacity(packet.attachments),
            bytes: 0,
        }
    }

    /// Adds the next attachment. One of an event that is refused is only counted.
    pub fn add(&mut self, bytes: Rc<[u8]>, limit: usize) -> Result<(), MalformedPacket> {
        self.bytes += bytes.len();
        if self.bytes > limit {
            return Err(MalformedPacket("attachments too large"));
        }
        self.missing = self.missing.saturating_sub(1);
        if !is_refused(&self.kind) {
            self.attachments.push(bytes);
        }
        Ok(())
    }

    /// Whether all announced attachments have come.
    pub fn is_complete(&self) -> bool {
        self.missing == 0
    }

    /// The whole packet.
    ///
    /// A placeholder that stands for no attachment is refused here: relayed, it would break its receivers.
    pub fn finish(self) -> Result<(Kind, String, Arguments<'static>), MalformedPacket> {
        if !placeholders::are_legal(&self.json, self.attachments.len()) {
            return Err(MalformedPacket("illegal attachments"));
        }
        let arguments = Arguments { json: Cow::Owned(self.json), attachments: self.attachments };
        Ok((self.kind, self.namespace, arguments))
    }
}

fn is_refused(kind: &Kind) -> bool {
    matches!(kind, Kind::Unreadable { .. })
}
