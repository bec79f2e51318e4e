//! What is told of characters from how they are normalised, compared with the tables of Unicode.

use natter::unicode::{is_assigned, is_mark, lowercase, nfc, nfd, nfkc, nfkd, stacks, uppercase};
use unicode_normalization::char::canonical_combining_class;

#[test]
fn what_stacks_is_what_has_a_combining_class() {
    for c in ('\0'..=char::MAX).filter(|c| nfc(&c.to_string()) == c.to_string()) {
        assert_eq!(stacks(c), canonical_combining_class(c) != 0, "{}", c.escape_unicode());
    }
}

#[test]
fn every_form_leaves_ascii_as_it_is() {
    let ascii: String = ('\0'..='\x7f').collect();
    for form in [nfc, nfd, nfkc, nfkd] {
        assert_eq!(form(&ascii), ascii);
    }
    assert!(ascii.chars().all(|c| is_assigned(c) && !is_mark(c)));
}

#[test]
fn the_forms_differ_as_they_should() {
    // An angstrom sign, a ligature, and marks in the wrong order.
    let text = "\u{212B}\u{FB01}q\u{307}\u{323}";
    assert_eq!(nfc(text), "\u{C5}\u{FB01}q\u{323}\u{307}");
    assert_eq!(nfd(text), "A\u{30A}\u{FB01}q\u{323}\u{307}");
    assert_eq!(nfkc(text), "\u{C5}fiq\u{323}\u{307}");
    assert_eq!(nfkd(text), "A\u{30A}fiq\u{323}\u{307}");
}

#[test]
fn letters_change_their_case_each_by_itself() {
    // A capital sigma at the end of a word, one letter that becomes two, and what has no case.
    let text = "ΟΔΟΣ Straße İ 7 語";
    assert_eq!(lowercase(text), "οδοσ straße i\u{307} 7 語");
    assert_eq!(uppercase(text), "ΟΔΟΣ STRASSE İ 7 語");
    let ascii: String = ('\0'..='\x7f').collect();
    assert_eq!(lowercase(&ascii), ascii.to_ascii_lowercase());
    assert_eq!(uppercase(&ascii), ascii.to_ascii_uppercase());
}
