//! The characters allowed in a username, and their positions.
//!
//! Every visible character of any script is allowed. The [key](super::Username::key) drops default-ignorable characters, so that
//! no two accounts differ in them; they are allowed only where they change the displayed name. Joiners follow RFC 5892,
//! appendix A, except that the blocks of the cursive scripts stand in for Joining_Type, which JavaScript engines do not know.

use crate::refusal::Refusal;
use crate::unicode::{is_alphanumeric, is_default_ignorable, is_emoji, is_mark, is_sign, is_virama, stacks};

/// The most marks that stack on one character. Written languages need four at most (Hebrew with cantillation).
const MAX_STACKED_MARKS: usize = 4;

/// The most marks of any kind on one character. Burmese writes up to six.
const MAX_MARKS: usize = 8;

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const BLACK_FLAG: char = '\u{1F3F4}';

/// The invisible tags that turn a black flag into those of England, Scotland and Wales, the only tagged emoji.
const FLAG_TAGS: [&str; 3] = [
    "\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}",
    "\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
    "\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}",
];

/// Checks a name in NFC whose spaces have been trimmed and reduced.
///
/// # Errors
/// A refusal about the first character that is not allowed in its position.
pub fn check(name: &str) -> Result<(), Refusal> {
    let mut stacked_marks = 0;
    // The base of marks and selectors, and the preceding character.
    let mut base = None;
    let mut before = None;
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        let next = rest.clone().next();
        if c == ' ' {
            base = None;
        } else if is_default_ignorable(c) {
            if !changes_what_is_seen(c, base, before, next) {
                return Err(invalid(format!(
                    "A username cannot contain the invisible character {}.",
                    code_point(c)
                )));
            }
        } else if is_mark(c) && !is_blank(c) {
            if base.is_none() {
                return Err(invalid("An accent in a username needs a letter before it."));
            }
            // Marks of class 0, such as the vowel signs of Indic scripts, mostly take their own space.
            if stacks(c) || encloses(c) {
                stacked_marks += 1;
            }
            if stacked_marks > MAX_STACKED_MARKS {
                return Err(too_many_marks());
            }
        } else if (is_alphanumeric(c) || is_sign(c)) && !is_blank(c) {
            stacked_marks = 0;
            if !(is_skin_tone(c) && base.is_some_and(is_pictograph)) {
                base = Some(c);
            }
            let tags = FLAG_TAGS.iter().filter(|_| c == BLACK_FLAG);
            if let Some(after) = tags.copied().find_map(|tags| rest.as_str().strip_prefix(tags)) {
                rest = after.chars();
                base = None;
            }
        } else {
            return Err(not_allowed(c));
        }
        before = Some(c);
    }
    Ok(())
}

/// Checks the rules for new names: no character has more marks than any language writes, and there is a letter, digit or emoji.
/// Names such as `...` look alike and get lost in a sentence. `key` is the key of `name`.
///
/// # Errors
/// A refusal with the code `username_invalid`.
pub fn check_new(name: &str, key: &str) -> Result<(), Refusal> {
    let mut marks = 0;
    for c in name.chars() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MAX_MARKS {
            return Err(too_many_marks());
        }
    }
    if key.chars().any(|c| is_alphanumeric(c) || is_emoji(c)) {
        Ok(())
    } else {
        Err(invalid("A username needs a letter, a digit or an emoji."))
    }
}

/// Returns whether a default-ignorable character has an effect in its position.
fn changes_what_is_seen(c: char, base: Option<char>, before: Option<char>, next: Option<char>) -> bool {
    let (Some(base), Some(before)) = (base, before) else { return false };
    match c {
        TEXT_STYLE | EMOJI_STYLE => {
            is_pictograph(before)
                || matches!(before, '0'..='9' | '#' | '*') && c == EMOJI_STYLE && next == Some(KEYCAP)
        }
        ZERO_WIDTH_JOINER => {
            is_virama(before)
                || (before == base || before == EMOJI_STYLE || is_skin_tone(before))
                    && is_pictograph(base)
                    && next.is_some_and(is_pictograph)
        }
        ZERO_WIDTH_NON_JOINER => {
            is_virama(before)
                || !is_default_ignorable(before)
                    && is_cursive_letter(base)
                    && next.is_some_and(is_cursive_letter)
        }
        // The selectors of Mongolian variants, and the separator of its vowels.
        '\u{180B}'..='\u{180F}' => matches!(before, '\u{1820}'..='\u{18AA}'),
        // Variants of ideographs in some Japanese family names.
        '\u{FE00}'..='\u{FE02}' | '\u{E0100}'..='\u{E01EF}' => is_ideograph(before),
        _ => false,
    }
}

/// Returns whether selectors and joiners may follow `c`: an emoji other than a skin tone or a regional indicator.
fn is_pictograph(c: char) -> bool {
    is_emoji(c) && !is_skin_tone(c) && !matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

fn is_skin_tone(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

/// Returns whether `c` is a letter of a script that joins its letters: Arabic, Syriac, N'Ko, Mandaic, Mongolian, Phags-pa,
/// Manichaean, Psalter Pahlavi, Hanifi Rohingya, Sogdian, Old Uyghur, Chorasmian or Adlam.
fn is_cursive_letter(c: char) -> bool {
    let is_cursive = matches!(c,
        '\u{620}'..='\u{6FF}' | '\u{700}'..='\u{77F}' | '\u{7C0}'..='\u{7FF}' | '\u{840}'..='\u{8FF}'
        | '\u{1820}'..='\u{18AA}' | '\u{A840}'..='\u{A871}' | '\u{10AC0}'..='\u{10AFF}' | '\u{10B80}'..='\u{10BAF}'
        | '\u{10D00}'..='\u{10D3F}' | '\u{10F30}'..='\u{10FDF}' | '\u{1E900}'..='\u{1E95F}');
    is_cursive && is_alphanumeric(c) && !is_mark(c)
}

fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
        && is_alphanumeric(c)
}

/// Returns whether `c` is classified as visible but is not: a Braille cell without dots, fillers of Egyptian and Khitan, a
/// Duployan selector, the null notehead, and the placeholders for objects and unreadable text.
fn is_blank(c: char) -> bool {
    matches!(
        c,
        '\u{2800}' | '\u{FFFC}' | '\u{FFFD}' | '\u{13441}'
            ..='\u{13442}' | '\u{16FE4}' | '\u{1BC9D}' | '\u{1D159}'
    )
}

/// Returns whether `c` is of General_Category Me: its combining class is 0, yet it encloses the preceding character.
fn encloses(c: char) -> bool {
    matches!(c, '\u{488}'..='\u{489}' | '\u{1ABE}' | '\u{20DD}'..='\u{20E0}' | '\u{20E2}'..='\u{20E4}' | '\u{A670}'..='\u{A672}')
}

fn not_allowed(c: char) -> Refusal {
    if c.is_whitespace() {
        invalid("A username cannot contain line breaks or tabs.")
    } else if c.is_control() {
        invalid(format!("A username cannot contain the control character {}.", code_point(c)))
    } else {
        invalid(format!(
            "A username cannot contain {}, which is not a letter, digit, punctuation mark, symbol or emoji.",
            code_point(c)
        ))
    }
}

fn too_many_marks() -> Refusal {
    invalid("A username cannot have that many accents on one letter.")
}

fn code_point(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::invalid("username_invalid", message)
}
