//! Usernames: which are well formed, which are the same, which are reserved.
//!
//! Existing frontends send e-mail addresses, full names and emoji as usernames, so every visible character is allowed
//! (see `characters`). Two names that differ only in what is not seen are one account: the [key](Username::key) ignores case,
//! width, normal form and default-ignorable characters. Letters of different scripts that look alike (Latin `a`,
//! Cyrillic `а`) are different names.

mod characters;

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::refusal::{Refusal, RefusalKind};
use crate::unicode::{
    is_alphanumeric, is_default_ignorable, is_mark, lowercase, nfc, nfkc, nfkd, stacks, uppercase,
};

/// The fewest characters of a username: Unicode scalar values in NFKC, without default-ignorable ones.
pub const MIN_CHARS: usize = 2;
/// The most characters of a username, counted in the same way. It bounds the [key](Username::key) to 768 bytes, as the
/// mappings of case give three characters for one at most; names of objects may have 1,024.
pub const MAX_CHARS: usize = 64;

/// The most UTF-8 bytes of a username. NFC composes at most four scalar values, of at most four bytes each, into one. It bounds
/// the work spent on a name that is refused anyway.
const MAX_BYTES: usize = MAX_CHARS * 4 * 4;

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

/// A well-formed username of 2 to 64 characters.
///
/// Two usernames are equal when their [keys](Username::key) are, that is, when they name the same account.
#[derive(Clone)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Reads a username and normalises it to NFC. White space around it is trimmed and each run of spaces inside becomes one
    /// U+0020: an account whose name depends on the number or width of its spaces could not be told from another by eye, and
    /// a frontend that lets users type them can still log in.
    ///
    /// Names that are [reserved](Username::check_registrable) are well formed: they can be looked up and called, and
    /// are found to be nobody's.
    ///
    /// # Errors
    /// A refusal with the code `username_invalid` if the name is too short or too long, or contains a character that is not
    /// allowed there.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        if text.len() > MAX_BYTES {
            return Err(wrong_length());
        }
        let shown = nfc(&single_spaced(text));
        let visible: String = shown.chars().filter(|&c| !is_default_ignorable(c)).collect();
        let visible = nfkc(&visible);
        // Decomposed, a name may have become longer; it has to be a name the next time as well.
        if shown.len() > MAX_BYTES || !(MIN_CHARS..=MAX_CHARS).contains(&visible.chars().count()) {
            return Err(wrong_length());
        }
        characters::check(&shown)?;
        let key = fold(&visible);
        Ok(Self { shown, key })
    }

    /// Whether a new account may take this name.
    ///
    /// This is separate from [`Username::parse`] so that a rule added later does not lock out existing users.
    ///
    /// # Errors
    /// A refusal with the code `username_reserved`, or `username_invalid` if there is no letter, digit or emoji, or one carries more
    /// marks than any language writes.
    pub fn check_registrable(&self) -> Result<(), Refusal> {
        characters::check_new(&self.shown, &self.key)?;
        // `_admin-`, `a.d.m.i.n`, `admin ✓` and an underlined `admin` look official enough.
        let bare: String = self.key().chars().filter(|&c| is_alphanumeric(c) && !is_mark(c)).collect();
        if INHERITED.contains(&self.key()) || OFFICIAL.contains(&bare.as_str()) {
            return Err(Refusal::new(
                RefusalKind::Invalid,
                "username_reserved",
                "This username is reserved. Please choose another one.",
            ));
        }
        Ok(())
    }

    /// The name as others see it, in NFC.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// What makes the name unique: the same for names that differ only in case, width, normal form or default-ignorable
    /// characters. Names with the same NFKC_Casefold have the same key. Keys are stored: the key of a name never changes.
    ///
    /// The key is `NFKC(lower(upper(lower(NFKD(name)))))`, character by character, of the name without default-ignorable
    /// characters: the way down (`ẞ` to `ß`) and up
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

fn wrong_length() -> Refusal {
    let sentence = format!("A username has {MIN_CHARS} to {MAX_CHARS} characters.");
    Refusal::invalid("username_invalid", sentence)
}

/// The text with each run of spaces as one U+0020. Line breaks and tabs are not spaces.
fn single_spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_space(c) {
            spaced.push(c);
        } else if !spaced.ends_with(' ') {
            spaced.push(' ');
        }
    }
    spaced
}

/// General_Category Zs.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
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
