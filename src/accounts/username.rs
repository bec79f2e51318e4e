//! Usernames: which are well formed, which are the same, which nobody may take.
//!
//! The rule follows the PRECIS IdentifierClass (RFC 8264, section 4.2) in spirit, with NFKC instead of width mapping:
//! letters and digits of any script, the marks that belong to them, and `_ - .`. Everything invisible or
//! direction-changing is refused, the joiners U+200C and U+200D included: two names that look the same would
//! otherwise be two accounts. Letters of different scripts that look alike (Latin `a`, Cyrillic `а`) are different names.

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::refusal::{Refusal, RefusalKind};
use crate::unicode::{is_alphanumeric, is_assigned, is_mark, lowercase, nfkc, nfkd, stacks, uppercase};

/// The fewest characters (Unicode scalar values after normalisation) of a username.
pub const MIN_CHARS: usize = 2;
/// The most characters (Unicode scalar values after normalisation) of a username.
pub const MAX_CHARS: usize = 32;

/// More UTF-8 bytes than this cannot normalise to [`MAX_CHARS`]: NFKC composes at most four scalar values, of at most
/// four bytes each, into one. It bounds the work spent on a name that is refused anyway.
const MAX_BYTES: usize = MAX_CHARS * 4 * 4;

/// How many marks may stack on one letter. Written languages need four at most (Hebrew with cantillation), text made
/// to spill over its neighbours needs more.
const MAX_STACKED_MARKS: usize = 4;

/// Keys of the names that every JavaScript object inherits. Frontends keep things in objects indexed by username; with
/// `__proto__` as a name such a page writes into `Object.prototype`.
const INHERITED: [&str; 13] = [
    "__definegetter__",
    "__definesetter__",
    "__lookupgetter__",
    "__lookupsetter__",
    "__proto__",
    "constructor",
    "hasownproperty",
    "isprototypeof",
    "propertyisenumerable",
    "prototype",
    "tolocalestring",
    "tostring",
    "valueof",
];

/// Keys of the names in which somebody could speak for the server or its operators, or for everyone or nobody.
const OFFICIAL: [&str; 28] = [
    "admin",
    "administrator",
    "all",
    "anonymous",
    "channel",
    "everybody",
    "everyone",
    "help",
    "here",
    "me",
    "mod",
    "moderator",
    "natter",
    "nobody",
    "null",
    "official",
    "operator",
    "owner",
    "root",
    "security",
    "server",
    "staff",
    "support",
    "sysadmin",
    "system",
    "undefined",
    "webmaster",
    "you",
];

/// A well-formed username: NFKC-normalised, 2 to 32 characters.
///
/// Two usernames are equal when their [keys](Username::key) are, that is, when they name the same account.
#[derive(Clone)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Reads a username, normalising it to NFKC.
    ///
    /// Names that are [reserved](Username::check_registrable) are well formed: they can be looked up and called, and
    /// are found to be nobody's.
    ///
    /// # Errors
    /// A refusal with the code `username_invalid` when the name is too short or too long, contains a character that no
    /// name may contain, or has neither a letter nor a digit.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > MAX_BYTES {
            return Err(wrong_length());
        }
        let shown = nfkc(text);
        if !(MIN_CHARS..=MAX_CHARS).contains(&shown.chars().count()) {
            return Err(wrong_length());
        }
        check_characters(&shown)?;
        let key = fold(&shown);
        Ok(Self { shown, key })
    }

    /// Whether a new account may take this name.
    ///
    /// This is separate from [`Username::parse`] so that a name reserved later does not lock out whoever has it already.
    ///
    /// # Errors
    /// A refusal with the code `username_reserved`.
    pub fn check_registrable(&self) -> Result<(), Refusal> {
        // `_admin-` and `a.d.m.i.n` look official enough.
        let bare: String = self.key().chars().filter(|c| !matches!(c, '_' | '-' | '.')).collect();
        if INHERITED.contains(&self.key()) || OFFICIAL.contains(&bare.as_str()) {
            return Err(Refusal::new(
                RefusalKind::Invalid,
                "username_reserved",
                "This username is reserved. Please choose another one.",
            ));
        }
        Ok(())
    }

    /// The name as it was given, in NFKC: what others see.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What makes the name unique: the same for names that differ in case, width or normal form only.
    ///
    /// The key is `NFKC(lower(upper(lower(NFKD(name)))))`, character by character: the way down (`ẞ` to `ß`) and up
    /// (`ß` to `SS`, `ς` to `Σ`) is what makes one of `ß`, `ẞ` and `ss`, and of `σ`, `ς` and `Σ`. The dotless `ı`
    /// becomes `i` by it, and the dot of `İ`, which is invisible once the letter is small, is dropped: `I`, `i`, `ı`
    /// and `İ` are one letter. The key may be longer than the name, and is meant for comparing, never for display.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for Username {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Username {}

impl Hash for Username {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Username({:?})", self.shown)
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::invalid("username_invalid", message)
}

fn wrong_length() -> Refusal {
    invalid(format!("A username has {MIN_CHARS} to {MAX_CHARS} characters."))
}

/// Checks the characters of a name that is already in NFKC.
fn check_characters(name: &str) -> Result<(), Refusal> {
    let mut has_letter_or_digit = false;
    let mut marks_may_follow = false;
    let mut stacked_marks = 0;
    for c in name.chars() {
        if marks_may_follow && is_mark(c) && !is_unseen(c) && !is_pictorial(c) {
            // Marks of class 0, such as the vowel signs of Indic scripts, take a place of their own and do not stack.
            if stacks(c) {
                stacked_marks += 1;
            }
            if stacked_marks > MAX_STACKED_MARKS {
                return Err(invalid("A username cannot have so many accents on one letter."));
            }
        } else if is_letter_or_digit(c) {
            has_letter_or_digit = true;
            marks_may_follow = true;
            stacked_marks = 0;
        } else if matches!(c, '_' | '-' | '.') {
            marks_may_follow = false;
        } else if c.is_whitespace() {
            return Err(invalid("A username cannot contain spaces."));
        } else {
            // `{:?}` writes what is invisible as its code point, so that the sentence shows what is wrong.
            return Err(invalid(format!(
                "A username is made of letters, digits and _ - . only; it cannot contain {c:?} there."
            )));
        }
    }
    if has_letter_or_digit { Ok(()) } else { Err(invalid("A username needs a letter or a digit.")) }
}

/// Letters and digits, of any script, that have an appearance of their own.
fn is_letter_or_digit(c: char) -> bool {
    // A character that the normalisation tables do not know could be normalised differently by a later version of them.
    is_alphanumeric(c) && !is_mark(c) && is_assigned(c) && !is_unseen(c) && !is_pictorial(c)
}

/// Letters and marks that leave no trace on the screen: those with the property `Default_Ignorable_Code_Point`
/// (fillers, inherent vowels, variation selectors, the grapheme joiner) and the blanks of three historical scripts.
/// What is invisible and neither letter nor mark needs no list.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{34F}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{13441}'..='\u{13442}' | '\u{16FE4}'
        | '\u{1BC9D}' | '\u{E0100}'..='\u{E01EF}')
}

/// Letters and digits in circles, squares and the like that NFKC leaves as they are although Unicode counts them as
/// alphanumeric, and the marks that enclose what they follow (General_Category Me).
fn is_pictorial(c: char) -> bool {
    matches!(c,
        '\u{488}'..='\u{489}' | '\u{1ABE}' | '\u{20DD}'..='\u{20E0}' | '\u{20E2}'..='\u{20E4}'
        | '\u{A670}'..='\u{A672}' | '\u{2460}'..='\u{24FF}' | '\u{2776}'..='\u{2793}'
        | '\u{1F100}'..='\u{1F1FF}')
}

/// The key of a name: see [`Username::key`].
fn fold(name: &str) -> String {
    let mut folded = lowercase(&uppercase(&lowercase(&nfkd(name))));
    if folded.contains(DOT_ABOVE) {
        drop_unseen_dots(&mut folded);
    }
    nfkc(&folded)
}

const DOT_ABOVE: char = '\u{307}';

/// The dot above is part of i and j already: a second one cannot be seen.
fn drop_unseen_dots(folded: &mut String) {
    let mut base = '\0';
    folded.retain(|c| {
        if !stacks(c) {
            base = c;
        }
        !(c == DOT_ABOVE && matches!(base, 'i' | 'j'))
    });
}
