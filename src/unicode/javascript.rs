//! Unicode properties from the JavaScript engine: see [`crate::unicode`].

use js_sys::{JsString, RegExp};

/// Normalisation Form C.
pub fn nfc(text: &str) -> String {
    normalize(text, "NFC")
}

/// Normalisation Form D.
pub fn nfd(text: &str) -> String {
    normalize(text, "NFD")
}

/// Normalisation Form KC.
pub fn nfkc(text: &str) -> String {
    normalize(text, "NFKC")
}

/// Normalisation Form KD.
pub fn nfkd(text: &str) -> String {
    normalize(text, "NFKD")
}

fn normalize(text: &str, form: &str) -> String {
    JsString::from(text).normalize(form).into()
}

/// In small letters.
pub fn lowercase(c: char) -> String {
    JsString::from(c.encode_utf8(&mut [0; 4]) as &str).to_lower_case().into()
}

/// In capitals.
pub fn uppercase(c: char) -> String {
    JsString::from(c.encode_utf8(&mut [0; 4]) as &str).to_upper_case().into()
}

/// Alphabetic, or General_Category N.
pub fn is_alphanumeric(c: char) -> bool {
    thread_local!(static ALPHANUMERIC: RegExp = RegExp::new(r"^[\p{Alphabetic}\p{N}]$", "u"));
    matches(&ALPHANUMERIC, c)
}

/// General_Category M.
pub fn is_mark(c: char) -> bool {
    thread_local!(static MARK: RegExp = RegExp::new(r"^\p{M}$", "u"));
    matches(&MARK, c)
}

/// General_Category P or S.
pub fn is_sign(c: char) -> bool {
    thread_local!(static SIGN: RegExp = RegExp::new(r"^[\p{P}\p{S}]$", "u"));
    matches(&SIGN, c)
}

/// Emoji.
pub fn is_emoji(c: char) -> bool {
    thread_local!(static EMOJI: RegExp = RegExp::new(r"^\p{Emoji}$", "u"));
    matches(&EMOJI, c)
}

fn matches(pattern: &'static std::thread::LocalKey<RegExp>, c: char) -> bool {
    pattern.with(|pattern| pattern.test(c.encode_utf8(&mut [0; 4])))
}
