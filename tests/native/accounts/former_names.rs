//! The rule for usernames at schema version 5, frozen: databases and tokens have names that it accepted, with its keys. Do not
//! change it with the current rule.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark, is_public_assigned};

/// Returns the stored name and its key, if the name was accepted.
pub fn parse(text: &str) -> Option<(String, String)> {
    if text.len() > 32 * 4 * 4 {
        return None;
    }
    let shown: String = text.nfkc().collect();
    if !(2..=32).contains(&shown.chars().count()) || !has_allowed_characters(&shown) {
        return None;
    }
    let key = fold(&shown);
    Some((shown, key))
}

fn has_allowed_characters(name: &str) -> bool {
    let mut has_letter_or_digit = false;
    let mut marks_may_follow = false;
    let mut stacked_marks = 0;
    for c in name.chars() {
        if marks_may_follow && is_combining_mark(c) && !is_unseen(c) && !is_pictorial(c) {
            if canonical_combining_class(c) != 0 {
                stacked_marks += 1;
            }
            if stacked_marks > 4 {
                return false;
            }
        } else if is_letter_or_digit(c) {
            has_letter_or_digit = true;
            marks_may_follow = true;
            stacked_marks = 0;
        } else if matches!(c, '_' | '-' | '.') {
            marks_may_follow = false;
        } else {
            return false;
        }
    }
    has_letter_or_digit
}

fn is_letter_or_digit(c: char) -> bool {
    c.is_alphanumeric() && !is_combining_mark(c) && is_public_assigned(c) && !is_unseen(c) && !is_pictorial(c)
}

fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{34F}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{13441}'..='\u{13442}' | '\u{16FE4}'
        | '\u{1BC9D}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_pictorial(c: char) -> bool {
    matches!(c,
        '\u{488}'..='\u{489}' | '\u{1ABE}' | '\u{20DD}'..='\u{20E0}' | '\u{20E2}'..='\u{20E4}'
        | '\u{A670}'..='\u{A672}' | '\u{2460}'..='\u{24FF}' | '\u{2776}'..='\u{2793}'
        | '\u{1F100}'..='\u{1F1FF}')
}

fn fold(name: &str) -> String {
    let lower = |text: String| text.chars().flat_map(char::to_lowercase).collect::<String>();
    let upper = |text: String| text.chars().flat_map(char::to_uppercase).collect::<String>();
    let mut folded = lower(upper(lower(name.nfkd().collect())));
    let mut base = '\0';
    folded.retain(|c| {
        if canonical_combining_class(c) == 0 {
            base = c;
        }
        !(c == '\u{307}' && matches!(base, 'i' | 'j'))
    });
    folded.nfkc().collect()
}
