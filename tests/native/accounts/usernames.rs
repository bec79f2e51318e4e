//! Usernames.

use std::collections::HashSet;

use natter::accounts::username::Username;
use natter::refusal::{Refusal, RefusalKind};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

fn name(text: &str) -> Username {
    Username::parse(text).unwrap_or_else(|refusal| panic!("{text:?}: {refusal}"))
}

fn refused(text: &str) -> Refusal {
    let refusal = Username::parse(text).expect_err(text);
    assert_eq!((refusal.kind, refusal.code), (RefusalKind::Invalid, "username_invalid"), "{text:?}");
    refusal
}

#[test]
fn letters_and_digits_of_any_script_make_a_name() {
    let names = ["Al", "o.o", "x-1", "__a__", "Łukasz", "Ελένη", "Иван", "李小龍", "二〇二六", "さくら"];
    for text in names.into_iter().chain(["김철수", "محمد", "שלמה", "नमस्ते", "สวัสดี", "လျှော့", "Nguyễn", "٣٤٥"])
    {
        assert_eq!(name(text).as_str(), text);
    }
}

#[test]
fn a_name_has_2_to_32_characters_after_normalisation() {
    refused("");
    refused("a");
    refused("e\u{301}");
    name("ab");
    name(&"é".repeat(32));
    name(&"e\u{301}".repeat(32));
    // The longest there is: four scalar values become one.
    name(&"\u{3b1}\u{313}\u{300}\u{345}".repeat(32));
    refused(&"é".repeat(33));
    refused(&"a".repeat(1_000_000));
    // One ligature of eight letters and spaces.
    refused("\u{FDFA}");
}

#[test]
fn invisible_and_direction_changing_characters_are_refused() {
    for c in [
        '\u{AD}',
        '\u{34F}',
        '\u{61C}',
        '\u{115F}',
        '\u{17B4}',
        '\u{180B}',
        '\u{200B}',
        '\u{200C}',
        '\u{200D}',
        '\u{200E}',
        '\u{200F}',
        '\u{202A}',
        '\u{202E}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{2800}',
        '\u{3164}',
        '\u{FE0F}',
        '\u{FEFF}',
        '\u{FFA0}',
        '\u{13441}',
        '\u{1D159}',
        '\u{E0001}',
        '\u{E0041}',
        '\u{E0100}',
    ] {
        refused(&format!("ali{c}ce"));
        refused(&format!("{c}alice"));
        refused(&format!("alice{c}"));
    }
}

#[test]
fn whatever_is_no_letter_or_digit_is_refused_and_named() {
    for text in ["a@b", "a/b", "<b>", "a:b", "☺☺", "🅐🅑", "a❶", "👩🏽", "a\0b", "a\u{1b}[2J", "a\u{20dd}b", "1½"]
    {
        refused(text);
    }
    assert!(refused("bad\u{202e}name").message.contains("\\u{202e}"));
    assert!(refused("a@b").message.contains("'@'"));
    assert!(refused("a b").message.contains("spaces"));
    refused("alice ");
    refused("alice\r\nSet-Cookie");
}

#[test]
fn marks_belong_to_a_letter_and_do_not_pile_up() {
    refused("\u{301}ab");
    refused("a_\u{301}b");
    name("q\u{323}\u{301}x");
    refused(&format!("q{}x", "\u{301}".repeat(5)));
}

#[test]
fn a_name_of_punctuation_alone_is_refused() {
    for text in ["..", "--", "._-"] {
        refused(text);
    }
}

#[test]
fn names_that_differ_in_case_width_or_normal_form_are_the_same() {
    for (one, other) in [
        ("alice", "ALICE"),
        ("alice", "ａｌｉｃｅ"),
        ("alice", "𝐀𝓁𝖎𝚌ⓔ"),
        ("Zoé", "ZOE\u{301}"),
        ("straße", "STRASSE"),
        ("STRAẞE", "strasse"),
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("σίσυφοσ", "σίσυφος"),
        ("İzmir", "izmir"),
        ("ılker", "ILKER"),
        ("i\u{307}lker", "ilker"),
        ("ﬁona", "Fiona"),
        ("Иван", "ИВАН"),
        ("ᏣᎳᎩ", "ꮳꮃꭹ"),
        ("ᾳω", "ΑΙΩ"),
    ] {
        assert_eq!(name(one), name(other));
        assert_eq!(name(one).key(), name(other).key());
    }
    let distinct = ["alice", "alicé", "a.lice", "a-lice", "a_lice", "аlice", "alice1"];
    assert_eq!(distinct.map(name).into_iter().collect::<HashSet<_>>().len(), distinct.len());
}

#[test]
fn a_name_is_shown_as_it_was_given() {
    assert_eq!(name("Alice").as_str(), "Alice");
    assert_eq!(name("Ａlice").to_string(), "Alice");
    assert_eq!(name("İzmir").as_str(), "İzmir");
}

#[test]
fn no_letter_has_two_keys() {
    for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
        let [upper, lower] = [c.to_uppercase().collect::<String>(), c.to_lowercase().collect()];
        if upper == lower {
            continue;
        }
        let Ok(name) = Username::parse(&format!("x{c}")) else { continue };
        for other in [upper, lower] {
            // Some capitals are spelled with characters of which a name may not be made up.
            if let Ok(other) = Username::parse(&format!("x{other}")) {
                assert_eq!(name, other, "{c:?}");
            }
        }
        if let Ok(again) = Username::parse(name.key()) {
            assert_eq!(again.key(), name.key(), "{c:?}");
        }
    }
}

#[test]
fn what_every_javascript_object_inherits_can_be_looked_up_but_not_registered() {
    for text in ["__proto__", "__PROTO__", "constructor", "prototype", "toString", "hasOwnProperty"] {
        assert_eq!(name(text).check_registrable().expect_err(text).code, "username_reserved");
    }
    assert_eq!(name("alice").check_registrable(), Ok(()));
    assert_eq!(name("proto").check_registrable(), Ok(()));
}

#[test]
fn nobody_can_speak_for_the_server() {
    for text in ["admin", "ADMIN", "ａｄｍｉｎ", "_admin_", "a.d-m_i.n", "System", "Everyone", "me", "Natter"]
    {
        assert_eq!(name(text).check_registrable().expect_err(text).code, "username_reserved");
    }
    for text in ["adminton", "badmin", "systema", "mei", "helper", "admin2"] {
        assert_eq!(name(text).check_registrable(), Ok(()));
    }
}

proptest! {
    #[test]
    fn any_text_is_a_name_or_a_refusal_and_a_name_stays_what_it_is(text in any_name()) {
        if let Ok(name) = Username::parse(&text) {
            let again = Username::parse(name.as_str()).expect("normalised");
            prop_assert_eq!(again.as_str(), name.as_str());
            prop_assert_eq!(again.key(), name.key());
            let count = name.as_str().chars().count();
            prop_assert!((2..=32).contains(&count));
        }
    }

    #[test]
    fn case_never_makes_another_name(text in "[\\p{L}\\p{M}0-9._-]{2,12}") {
        if let Ok(name) = Username::parse(&text) {
            // Case is changed in decomposed text (Unicode, D145): otherwise an iota subscript may end up before other marks.
            let text: String = text.nfd().collect();
            for other in [text.to_uppercase(), text.to_lowercase()] {
                if let Ok(other) = Username::parse(&other) {
                    prop_assert_eq!(other.key(), name.key());
                }
            }
        }
    }
}

fn any_name() -> impl Strategy<Value = String> {
    prop_oneof!["\\PC{0,40}", ".{0,40}", "[\\p{L}\\p{M}\\p{N}._-]{1,34}"]
}
