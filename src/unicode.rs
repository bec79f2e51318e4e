//! Normal forms of Unicode (UAX #15), small and capital letters, and the character properties that names are judged by.
//!
//! Their tables would add some 80 kB to the upload, and the JavaScript engine around the wasm has them already: so they are asked
//! of it there, and of libraries elsewhere. Nothing that was normalised changes with a later version of Unicode as
//! long as its characters are [assigned](is_assigned) (UAX #15, section 3).

#[cfg(target_arch = "wasm32")]
use crate::cloudflare::unicode as tables;

/// Normalisation Form C.
pub fn nfc(text: &str) -> String {
    normalised(text, tables::nfc)
}

/// Normalisation Form D.
pub fn nfd(text: &str) -> String {
    normalised(text, tables::nfd)
}

/// Normalisation Form KC.
pub fn nfkc(text: &str) -> String {
    normalised(text, tables::nfkc)
}

/// Normalisation Form KD.
pub fn nfkd(text: &str) -> String {
    normalised(text, tables::nfkd)
}

/// Most text is ASCII, which every form leaves as it is.
fn normalised(text: &str, form: fn(&str) -> String) -> String {
    if text.is_ascii() { text.to_owned() } else { form(text) }
}

/// Every character in small letters, by itself: a capital sigma becomes `σ` also where a word ends.
pub fn lowercase(text: &str) -> String {
    mapped(text, char::to_ascii_lowercase, tables::lowercase)
}

/// Every character in capitals, which may be several for one.
pub fn uppercase(text: &str) -> String {
    mapped(text, char::to_ascii_uppercase, tables::uppercase)
}

fn mapped(text: &str, of_ascii: fn(&char) -> char, of_others: fn(char) -> String) -> String {
    let mut mapped = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            mapped.push(of_ascii(&c));
        } else {
            mapped.push_str(&of_others(c));
        }
    }
    mapped
}

/// Whether it is a letter or a number, or counts as one: Alphabetic, or General_Category N.
pub fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { tables::is_alphanumeric(c) }
}

/// Whether it combines with what stands before it: General_Category M.
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && tables::is_mark(c)
}

/// Whether this version of Unicode, or a private agreement, says what it is.
pub fn is_assigned(c: char) -> bool {
    c.is_ascii() || tables::is_assigned(c)
}

/// Whether its Canonical_Combining_Class is another than 0, so that it stacks on what it combines with. `c` is of a text in one of
/// the normal forms.
///
/// Told from how it is ordered among marks (UAX #15, section 1.3): it goes after U+0334, whose class is the lowest, 1, and
/// before U+0345, whose class is the highest, 240. A character of class 0 goes past neither.
pub fn stacks(c: char) -> bool {
    const LOWEST: char = '\u{334}';
    const HIGHEST: char = '\u{345}';

    if c.is_ascii() {
        return false;
    }
    // A composed character is of class 0, and so is what it begins with.
    let first = nfd(&c.to_string()).chars().next().unwrap_or(c);
    let moves = |pair: [char; 2]| {
        let pair = String::from_iter(pair);
        nfd(&pair) != pair
    };
    moves([first, LOWEST]) || moves([HIGHEST, first])
}

#[cfg(not(target_arch = "wasm32"))]
mod tables {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::{is_combining_mark, is_public_assigned};

    pub fn nfc(text: &str) -> String {
        text.nfc().collect()
    }

    pub fn nfd(text: &str) -> String {
        text.nfd().collect()
    }

    pub fn nfkc(text: &str) -> String {
        text.nfkc().collect()
    }

    pub fn nfkd(text: &str) -> String {
        text.nfkd().collect()
    }

    pub fn lowercase(c: char) -> String {
        c.to_lowercase().collect()
    }

    pub fn uppercase(c: char) -> String {
        c.to_uppercase().collect()
    }

    pub fn is_alphanumeric(c: char) -> bool {
        c.is_alphanumeric()
    }

    pub fn is_mark(c: char) -> bool {
        is_combining_mark(c)
    }

    pub fn is_assigned(c: char) -> bool {
        is_public_assigned(c)
    }
}
