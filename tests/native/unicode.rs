//! Properties of characters that follow from their normal forms, compared with the tables of Unicode; and those tables themselves,
//! compared with what `tests/worker/unicode.test.mjs` compares the JavaScript engine with.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use natter::accounts::username::Username;
use natter::unicode::{
    is_alphanumeric, is_default_ignorable, is_emoji, is_mark, is_sign, is_virama, lowercase, nfc, nfd, nfkc,
    nfkd, stacks, uppercase,
};
use regex_syntax::hir::{Class, HirKind};
use sha2::{Digest as _, Sha256};
use unicode_normalization::char::canonical_combining_class;

#[test]
fn what_stacks_is_what_has_a_combining_class() {
    for c in ('\0'..=char::MAX).filter(|c| nfc(&c.to_string()) == c.to_string()) {
        assert_eq!(stacks(c), canonical_combining_class(c) != 0, "{}", c.escape_unicode());
        assert_eq!(is_virama(c), canonical_combining_class(c) == 9, "{}", c.escape_unicode());
    }
}

#[test]
fn every_form_leaves_ascii_as_it_is() {
    let ascii: String = ('\0'..='\x7f').collect();
    for form in [nfc, nfd, nfkc, nfkd] {
        assert_eq!(form(&ascii), ascii);
    }
    assert!(ascii.chars().all(|c| !is_mark(c) && !is_emoji(c)));
    let visible = ascii.chars().filter(|&c| is_alphanumeric(c) || is_sign(c));
    assert_eq!(visible.collect::<String>(), ('!'..='~').collect::<String>());
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

/// The characters of the oldest version of Unicode among the libraries, without those for private use.
fn known() -> Vec<char> {
    match regex_syntax::parse(r"[\p{Age:16.0}--\p{Co}]").map(|hir| hir.into_kind()) {
        Ok(HirKind::Class(Class::Unicode(class))) => {
            class.iter().flat_map(|range| range.start()..=range.end()).collect()
        }
        other => unreachable!("{other:?}"),
    }
}

/// Returns a letter for each Unicode property that a character has.
fn properties(c: char) -> String {
    let of = [
        (is_alphanumeric(c), 'a'),
        (is_mark(c), 'm'),
        (is_sign(c), 's'),
        (is_emoji(c), 'e'),
        (is_default_ignorable(c), 'i'),
        (is_normal(c) && stacks(c), 'c'),
        (is_normal(c) && is_virama(c), 'v'),
    ];
    of.into_iter().filter_map(|(has, letter)| has.then_some(letter)).collect()
}

fn is_normal(c: char) -> bool {
    nfc(&c.to_string()) == c.to_string()
}

/// Ranges of characters with the same properties, and for every 4,096 characters a hash of the keys that they have in names.
fn tables() -> String {
    let known = known();
    let mut text = String::new();
    let with_properties: Vec<_> = known.iter().map(|&c| (u32::from(c), properties(c))).collect();
    for range in with_properties.chunk_by(|a, b| a.0 + 1 == b.0 && a.1 == b.1) {
        let ((first, properties), (last, _)) = (&range[0], &range[range.len() - 1]);
        writeln!(text, "{first:x}-{last:x} {properties}").expect("room");
    }
    for block in known.chunk_by(|&a, &b| u32::from(a) >> 12 == u32::from(b) >> 12) {
        let mut hash = Sha256::new();
        for &c in block {
            if let Ok(name) = Username::parse(&format!("x{c}x")) {
                hash.update(format!("{:x} {}\n", u32::from(c), name.key()));
            }
        }
        let hash: String = hash.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(text, "keys {:x} {hash}", u32::from(block[0]) >> 12).expect("room");
    }
    text
}

#[test]
fn the_tables_are_those_that_the_engine_is_compared_with() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/unicode.txt");
    let tables = tables();
    if fs::read_to_string(&path).ok().as_deref() != Some(&*tables) {
        let actual = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unicode.txt");
        fs::write(&actual, tables).expect("a file");
        panic!("{} differs from {}: if it should, copy it there", path.display(), actual.display());
    }
}
