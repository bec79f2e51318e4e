//! Normal forms of Unicode (UAX #15), small and capital letters, and the character properties that names are judged by.
//!
//! Their tables would add some 80 kB to the upload, and the JavaScript engine around the wasm has them already: so they are asked
//! of it there, and of libraries elsewhere; `tests/worker/unicode.test.mjs` compares the two. A later version of Unicode
//! normalises text of assigned characters as this one does (UAX #15, section 3).

#[cfg(target_arch = "wasm32")]
mod javascript;

#[cfg(target_arch = "wasm32")]
use javascript as tables;

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

/// Whether it is a letter or a number, or counts as one: Alphabetic, or General_Category N. Unassigned characters are neither.
pub fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { tables::is_alphanumeric(c) }
}

/// Whether it combines with what stands before it: General_Category M.
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && tables::is_mark(c)
}

/// Whether it is punctuation or a symbol: General_Category P or S.
pub fn is_sign(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { tables::is_sign(c) }
}

/// Whether it is an emoji by itself or with others, and not ASCII: Emoji. Unicode 17 took characters out of Extended_Pictographic;
/// from this property none was ever taken.
pub fn is_emoji(c: char) -> bool {
    !c.is_ascii() && tables::is_emoji(c)
}

/// Whether a display that knows nothing of it shows nothing: Default_Ignorable_Code_Point. Unicode assigns new ones only within
/// these ranges.
pub fn is_default_ignorable(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether anything of a text can be seen. Most text has an ASCII letter near its beginning, and is not looked at any further.
pub fn is_any_visible(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_graphic()) || !text.chars().all(is_invisible)
}

/// Whether it leaves nothing to be seen where it stands alone: white space, controls, [default-ignorable](is_default_ignorable)
/// characters, and the few that are displayed as a blank.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_default_ignorable(c)
        || matches!(c, '\u{2800}' | '\u{FFF9}'..='\u{FFFB}' | '\u{13441}'..='\u{13442}' | '\u{16FE4}' | '\u{1D159}')
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
    let first = first_decomposed(c);
    is_reordered(first, LOWEST) || is_reordered(HIGHEST, first)
}

/// Whether its Canonical_Combining_Class is 9, Virama: a sign that takes the vowel from an Indic letter and may join it to the next.
pub fn is_virama(c: char) -> bool {
    const OF_CLASS_8: char = '\u{3099}';
    const OF_CLASS_10: char = '\u{5B0}';

    if c.is_ascii() {
        return false;
    }
    let first = first_decomposed(c);
    is_reordered(first, OF_CLASS_8) && is_reordered(OF_CLASS_10, first)
}

/// Returns the first character of a character's NFD. Like a composed character, it has class 0.
fn first_decomposed(c: char) -> char {
    nfd(&c.to_string()).chars().next().unwrap_or(c)
}

/// Whether the canonical order of two characters is the other one, because the class of the first is higher.
fn is_reordered(first: char, second: char) -> bool {
    let pair = String::from_iter([first, second]);
    nfd(&pair) != pair
}

#[cfg(not(target_arch = "wasm32"))]
mod tables {
    use std::sync::LazyLock;

    use regex_syntax::hir::{Class, ClassUnicode, HirKind};
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
        // The tables of normal forms may not normalise characters that they do not know.
        c.is_alphanumeric() && is_public_assigned(c)
    }

    pub fn is_mark(c: char) -> bool {
        is_combining_mark(c)
    }

    pub fn is_sign(c: char) -> bool {
        static SIGNS: LazyLock<ClassUnicode> = LazyLock::new(|| class(r"[\p{P}\p{S}]"));
        contains(&SIGNS, c)
    }

    pub fn is_emoji(c: char) -> bool {
        static EMOJI: LazyLock<ClassUnicode> = LazyLock::new(|| class(r"\p{Emoji}"));
        contains(&EMOJI, c)
    }

    /// The characters that a pattern matches.
    fn class(pattern: &str) -> ClassUnicode {
        match regex_syntax::parse(pattern).map(|hir| hir.into_kind()) {
            Ok(HirKind::Class(Class::Unicode(class))) => class,
            other => unreachable!("{pattern} is a class of characters, not {other:?}"),
        }
    }

    fn contains(class: &ClassUnicode, c: char) -> bool {
        let ranges = class.ranges();
        let after = ranges.partition_point(|range| range.start() <= c);
        after > 0 && c <= ranges[after - 1].end()
    }
}
