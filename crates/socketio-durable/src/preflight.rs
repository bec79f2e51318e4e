//! The part of the CORS protocol that is only text (Fetch standard, "CORS protocol").

/// The headers that the routes read, for a preflight that asks for none or for too many.
const KNOWN_HEADERS: &str = "Content-Type, Authorization";

/// The most names of headers that a preflight may ask for.
const MAX_NAMES: usize = 64;

/// The longest list of headers that a preflight may ask for, in bytes.
const MAX_BYTES: usize = 2048;

/// Returns the headers that a page may send, for a preflight with this `Access-Control-Request-Headers`: all that it
/// asks for, since a header that nothing reads harms nothing.
pub fn allowed_headers(requested: Option<&str>) -> String {
    requested.and_then(reflected).unwrap_or_else(|| KNOWN_HEADERS.to_owned())
}

/// The list again, if it is one of names of headers and of bearable length.
fn reflected(requested: &str) -> Option<String> {
    if requested.len() > MAX_BYTES {
        return None;
    }
    let names = requested.split(',').map(|name| name.trim_matches([' ', '\t'])).collect::<Vec<_>>();
    (names.len() <= MAX_NAMES && names.iter().all(|name| is_token(name))).then(|| names.join(", "))
}

/// Whether the text is a token (RFC 9110, section 5.6.2).
fn is_token(text: &str) -> bool {
    let token_bytes = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(token_bytes)
}
