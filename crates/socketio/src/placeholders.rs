//! Placeholders: the objects in a packet's JSON that stand for its attachments.
//!
//! See the Socket.IO protocol, revision 5, section "Packet encoding": `{"_placeholder":true,"num":0}`.

/// An object whose end has not been read yet.
#[derive(Default)]
struct Object {
    /// The key of the next value; none where a key is next.
    key: Option<Key>,
    is_placeholder: bool,
    /// Whether `num` is the number of an attachment.
    is_legal: bool,
}

#[derive(Clone, Copy)]
enum Key {
    Placeholder,
    Number,
    Other,
}

/// Returns whether every placeholder in `json`, which is valid, stands for one of so many attachments.
///
/// The text is read as it is and not decoded, because JSON holds what Rust's types do not: strings with half a surrogate pair,
/// and numbers of any size. Of a repeated key the last counts, as in JavaScript.
pub fn are_legal(json: &str, attachments: usize) -> bool {
    let bytes = json.as_bytes();
    // None for an array.
    let mut open: Vec<Option<Object>> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at = match byte {
            b'"' => end_of_string(bytes, at),
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => at + 1,
            _ => bytes[at..]
                .iter()
                .position(|it| b",]} \t\n\r".contains(it))
                .map_or(bytes.len(), |end| at + end),
        };
        let token = &json[start..at];
        match byte {
            b':' | b' ' | b'\t' | b'\n' | b'\r' => {}
            b',' => {
                if let Some(Some(object)) = open.last_mut() {
                    object.key = None;
                }
            }
            b'}' | b']' => {
                if let Some(Some(object)) = open.pop()
                    && object.is_placeholder
                    && !object.is_legal
                {
                    return false;
                }
            }
            _ => {
                if let Some(Some(object)) = open.last_mut() {
                    object.take(token, attachments);
                }
                match byte {
                    b'{' => open.push(Some(Object::default())),
                    b'[' => open.push(None),
                    _ => {}
                }
            }
        }
    }
    true
}

/// Returns the place behind a string that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

impl Object {
    /// Takes a key, or the first token of a value.
    fn take(&mut self, token: &str, attachments: usize) {
        match self.key {
            None => self.key = Some(Key::of(token)),
            Some(Key::Placeholder) => self.is_placeholder = token == "true",
            Some(Key::Number) => {
                self.is_legal = token.parse::<usize>().is_ok_and(|number| number < attachments);
            }
            Some(Key::Other) => {}
        }
    }
}

impl Key {
    fn of(token: &str) -> Self {
        let decoded = token.contains('\\').then(|| serde_json::from_str::<String>(token).ok()).flatten();
        match decoded.as_deref().unwrap_or(token.trim_matches('"')) {
            "_placeholder" => Self::Placeholder,
            "num" => Self::Number,
            _ => Self::Other,
        }
    }
}
