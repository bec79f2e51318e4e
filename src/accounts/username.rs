//! Usernames: the rules for well-formed, equal and reserved names.
//!
//! Existing frontends send e-mail addresses, full names and emoji as usernames, so every visible character is allowed
//! (see `characters`). The [key](Username::key) ignores case, width, normal form and default-ignorable characters, so that names
//! which differ only in these are one account. Look-alike letters of different scripts (Latin `a`, Cyrillic `а`) stay distinct.

mod characters;

use std::fmt;
use std::hash::{Hash, Hasher};

use crate::refusal::{Refusal, RefusalKind};
use crate::unicode::{
    is_alphanumeric, is_default_ignorable, is_mark, lowercase, nfc, nfkc, nfkd, stacks, uppercase,
};

/// The fewest characters of a username, in Unicode scalar values of its NFKC without default-ignorable ones.
pub const MIN_CHARS: usize = 2;
/// The most characters of a username, counted likewise. It bounds the [key](Username::key) to 768 bytes, since case mappings at
/// most triple a character; the name of an object may have 1,024.
pub const MAX_CHARS: usize = 64;

/// The most UTF-8 bytes of a username, which bounds the work of refusing one. NFC composes at most four scalar values, of four
/// bytes each, into one.
const MAX_BYTES: usize = MAX_CHARS * 4 * 4;

/// Keys of the names that every JavaScript object inherits. Frontends index objects by username; given the name `__proto__`, they
/// would write into `Object.prototype`.
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

/// Keys of the names that could pass for the server, its operators, everyone, or nobody.
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
/// Two usernames are equal if their [keys](Username::key) are: they name the same account.
#[derive(Clone)]
pub struct Username {
    shown: String,
    key: String,
}

impl Username {
    /// Reads a username and normalises it to NFC. Surrounding white space is trimmed, and each run of spaces becomes one U+0020:
    /// names that differ in the number or width of spaces look alike, and users who type more can still log in.
    ///
    /// [Reserved](Username::check_registrable) names are well formed. They can be looked up and called, but belong to no user.
    ///
    /// # Errors
    /// A refusal with the code `username_invalid` if the name is too short or too long, or has a character that is not allowed.
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

    /// Checks that a new account may take this name.
    ///
    /// This is separate from [`Username::parse`] so that a later rule does not lock out existing users.
    ///
    /// # Errors
    /// A refusal with the code `username_reserved`, or `username_invalid` if there is no letter, digit or emoji, or if a character
    /// has more marks than any language writes.
    pub fn check_registrable(&self) -> Result<(), Refusal> {
        characters::check_new(&self.shown, &self.key)?;
        // `_admin-`, `a.d.m.i.n`, `admin ✓` and an underlined `admin` look official too.
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

    /// Returns the displayed name, in NFC.
    pub fn as_str(&self) -> &str {
        &self.shown
    }

    /// Returns the key that identifies the account. Names that differ only in case, width, normal form or default-ignorable
    /// characters share a key, as do names with the same NFKC_Casefold. Keys are stored, so the key of a name never changes.
    ///
    /// The key is `NFKC(lower(upper(lower(NFKD(name)))))`, character by character, without default-ignorable characters. Going
    /// down (`ẞ` to `ß`) and up (`ß` to `SS`, `ς` to `Σ`) unites `ß`, `ẞ` and `ss`, and `σ`, `ς` and `Σ`. It turns the dotless `ı`
    /// into `i`; the dot of `İ`, invisible on the small letter, is dropped: `I`, `i`, `ı` and `İ` are one letter. The key may be
    /// longer than the name and is never displayed.
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

/// Replaces each run of spaces by one U+0020. Line breaks and tabs are not spaces.
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

/// Returns whether `c` is of General_Category Zs.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

/// Folds a name into its key: see [`Username::key`].
fn fold(name: &str) -> String {
    let mut folded = lowercase(&uppercase(&lowercase(&nfkd(name))));
    if folded.contains(DOT_ABOVE) {
        drop_unseen_dots(&mut folded);
    }
    nfkc(&folded)
}

const DOT_ABOVE: char = '\u{307}';

/// Drops each dot above on i and j, which have one already: a second is invisible.
fn drop_unseen_dots(folded: &mut String) {
    let mut base = '\0';
    folded.retain(|c| {
        if !stacks(c) {
            base = c;
        }
        !(c == DOT_ABOVE && matches!(base, 'i' | 'j'))
    });
}
