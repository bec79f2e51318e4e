//! Usernames.

use std::collections::HashSet;

use natter::accounts::username::Username;
use natter::refusal::{Refusal, RefusalKind};
use natter::unicode::{is_alphanumeric, is_default_ignorable, is_mark, is_sign};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::former_names;

fn name(text: &str) -> Username {
    Username::parse(text).unwrap_or_else(|refusal| panic!("{text:?}: {refusal}"))
}

fn refused(text: &str) -> Refusal {
    let refusal = Username::parse(text).expect_err(text);
    assert_eq!((refusal.kind, &*refusal.code), (RefusalKind::Invalid, "username_invalid"), "{text:?}");
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
fn frontends_for_the_original_server_can_send_what_their_users_have() {
    let names = [
        "alice@example.com",
        "John Doe",
        "o'neil",
        "O’Neil",
        "dave+work",
        "eve!",
        "😀smile",
        "<b>",
        "a/b",
        "C#",
        "a:b",
    ];
    for text in names.into_iter().chain([
        "☺☺",
        "🅐🅑",
        "1½",
        "a❶",
        "¡Olé!",
        "(╯°□°)╯︵ ┻━┻ x",
        "o´neil",
        "2 € x",
        "🇩🇪🇫🇷",
    ]) {
        assert_eq!(name(text).as_str(), text);
        assert_eq!(name(text).check_registrable(), Ok(()));
    }
    assert_eq!(name(&"a".repeat(40)).as_str(), "a".repeat(40));
}

#[test]
fn white_space_around_a_name_is_trimmed_and_spaces_inside_are_single() {
    for text in
        [" John Doe ", "John  Doe", "John\u{A0}Doe", "\tJohn\u{3000}\u{2009} Doe\r\n", "\u{2003}John Doe"]
    {
        assert_eq!(name(text).as_str(), "John Doe");
        assert_eq!(name(text).key(), "john doe");
    }
    assert_ne!(name("John Doe"), name("JohnDoe"));
    refused("  ");
    refused(" a ");
}

#[test]
fn a_name_has_2_to_64_characters_after_normalisation() {
    refused("");
    refused("a");
    refused("e\u{301}");
    refused("😀");
    name("ab");
    name("㎏");
    name("😀😀");
    name(&"é".repeat(64));
    name(&"e\u{301}".repeat(64));
    // The longest possible: four scalar values compose to one.
    name(&"\u{3b1}\u{313}\u{300}\u{345}".repeat(64));
    refused(&"é".repeat(65));
    // A ligature of eighteen letters and spaces.
    name(&"\u{FDFA}".repeat(3));
    refused(&"\u{FDFA}".repeat(4));
    // Invisible characters do not count.
    refused("❤\u{FE0F}");
    assert!(refused(&"a".repeat(65)).message.contains("2 to 64"));
}

#[test]
fn a_name_that_is_far_too_long_is_refused_before_any_work() {
    for text in ["a".repeat(1_000_000), "é".repeat(500_000), format!("a{}b", " ".repeat(1_000_000))] {
        assert!(refused(&text).message.contains("2 to 64"));
    }
}

#[test]
fn the_longest_keys_fit_the_name_of_an_object() {
    let grows = |c: &char| c.to_uppercase().map(char::len_utf8).sum::<usize>() > c.len_utf8();
    for c in ('\0'..=char::MAX).filter(grows) {
        let Ok(name) = Username::parse(&c.to_string().repeat(64)) else { continue };
        assert!(name.key().len() <= 768, "{}", c.escape_unicode());
    }
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
        '\u{FFFD}',
        '\u{13441}',
        '\u{1D159}',
        '\u{E0001}',
        '\u{E0041}',
        '\u{E0100}',
    ] {
        for text in [
            format!("ali{c}ce"),
            format!("{c}alice"),
            format!("alice{c}"),
            format!("a {c} b"),
            format!("😀😀 {c}"),
        ] {
            let code_point = format!("U+{:04X}", u32::from(c));
            assert!(refused(&text).message.contains(&code_point), "{text:?}");
        }
    }
}

#[test]
fn joiners_and_selectors_may_be_where_they_change_what_is_seen() {
    for text in [
        "❤\u{FE0F} Ann",
        "❤\u{FE0E} Ann",
        "1\u{FE0F}\u{20E3} Ann",
        "👨\u{200D}👩\u{200D}👧\u{200D}👦",
        "👩🏽\u{200D}🚀 Ann",
        "🏳\u{FE0F}\u{200D}🌈 Ann",
        "❤\u{FE0F}\u{200D}🔥 Ann",
        "🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} Ann",
        // Ali-Reza in Persian, a Sinhala conjunct, a Malayalam chillu at the end, a Bengali ya after a virama.
        "علی\u{200C}رضا",
        "ශ්\u{200D}රී",
        "അവന്\u{200D}",
        "র\u{9CD}\u{200C}য",
        "ᠮᠣᠩᠭᠣᠯ\u{180B}",
        // A family name with its own variant of a common ideograph.
        "葛\u{E0100}城",
    ] {
        assert_eq!(name(text).as_str(), text);
        let bare: String = text
            .chars()
            .filter(|c| {
                !matches!(
                    c,
                    '\u{180B}' | '\u{200C}' | '\u{200D}' | '\u{FE0E}' | '\u{FE0F}' | '\u{E0000}'
                        ..='\u{E0FFF}'
                )
            })
            .collect();
        assert_eq!(name(text), name(&bare), "{text:?}");
    }
    assert_eq!(name("I ❤ you"), name("I ❤\u{FE0F} you"));
}

#[test]
fn joiners_and_selectors_are_refused_where_they_change_nothing() {
    for text in [
        "a\u{FE0F}b",
        "1\u{FE0F} Ann",
        "1\u{FE0E}\u{20E3} Ann",
        "❤\u{FE0F}\u{FE0F} Ann",
        "👨\u{200D}",
        "👨\u{200D}\u{200D}👩",
        "👨\u{200D}x",
        "x\u{200D}👨",
        "👨x\u{200D}👨",
        "🏴\u{E0067}\u{E0062}",
        "🏴\u{E0061}\u{E0062}\u{E0063}\u{E0064}\u{E0065}\u{E007F}",
        "😀\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
        "علی\u{200C}",
        "علی\u{200C}\u{200C}رضا",
        "علی\u{200C}x",
        "x\u{200C}علی",
        "a\u{200C}b",
        "क\u{200D}ष",
        "葛\u{E0100}\u{E0100}城",
        "a\u{E0100}b",
        "≩\u{FE00} Ann",
    ] {
        refused(text);
    }
}

#[test]
fn what_is_no_character_to_be_seen_is_refused_and_named() {
    for (text, named) in [
        ("a\0b", "U+0000"),
        ("a\u{1b}[2J", "U+001B"),
        ("a\u{7f}b", "U+007F"),
        ("a\u{E000}b", "U+E000"),
        ("a\u{378}b", "U+0378"),
        ("a\u{FFFF}b", "U+FFFF"),
        ("a\u{10FFFD}b", "U+10FFFD"),
        ("a\u{600}b", "U+0600"),
        ("bad\u{202e}name", "U+202E"),
        ("alice\r\nSet-Cookie", "line breaks"),
        ("a\tb", "tabs"),
        ("a\u{2028}b", "line breaks"),
        ("a\u{85}b", "line breaks"),
    ] {
        let sentence = refused(text).message;
        assert!(sentence.contains(named) && sentence.ends_with('.'), "{text:?}: {sentence}");
    }
}

#[test]
fn marks_belong_to_something_and_do_not_pile_up() {
    refused("\u{301}ab");
    refused("ab \u{301}");
    refused("ab \u{20DD}");
    name("a_\u{301}b");
    name("q\u{323}\u{301}x");
    name("a\u{20dd}b");
    name(&format!("q{}x", "\u{301}".repeat(4)));
    refused(&format!("q{}x", "\u{301}".repeat(5)));
    refused(&format!("q{}x", "\u{20DD}".repeat(5)));
    refused(&format!("😀{}x", "\u{301}".repeat(5)));
}

#[test]
fn a_new_name_has_no_towers_of_marks_that_have_no_class_either() {
    // The sign that shortens a Thai vowel.
    let tower = format!("ส{}", "\u{E47}".repeat(9));
    assert_eq!(name(&tower).check_registrable().expect_err(&tower).code, "username_invalid");
    for text in ["လျှော့ကြီး", "ཧཱུྃ་"] {
        assert_eq!(name(text).check_registrable(), Ok(()));
    }
}

#[test]
fn a_new_name_is_not_of_punctuation_alone() {
    for text in ["..", "--", "._-", "?!", ": )", "$$", "…"] {
        assert_eq!(name(text).check_registrable().expect_err(text).code, "username_invalid");
    }
    for text in ["♥♥", "😀😀", "<3", "🇩🇪", "㎏"] {
        assert_eq!(name(text).check_registrable(), Ok(()), "{text}");
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
        ("Alice@Example.COM", "alice@example.com"),
        ("JOHN DOE", "Ｊｏｈｎ　ｄｏｅ"),
        ("№ 5", "no 5"),
        ("½ Ann", "1⁄2 ANN"),
    ] {
        assert_eq!(name(one), name(other));
        assert_eq!(name(one).key(), name(other).key());
    }
    let distinct = [
        "alice",
        "alicé",
        "a.lice",
        "a-lice",
        "a_lice",
        "аlice",
        "alice1",
        "a lice",
        "alice!",
        "alice 👩",
        "alice 👩🏽",
    ];
    assert_eq!(distinct.map(name).into_iter().collect::<HashSet<_>>().len(), distinct.len());
}

#[test]
fn a_name_is_shown_as_it_was_given() {
    assert_eq!(name("Alice").as_str(), "Alice");
    assert_eq!(name("Ａlice").to_string(), "Ａlice");
    assert_eq!(name("Zoe\u{301}").to_string(), "Zoé");
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
            // Some capitals map to characters that are not allowed in a name.
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
fn no_character_has_another_key_than_formerly() {
    let mut names = 0;
    // One of the libraries knows newer characters than the others. A few ideographs and syllables stand for all, which are alike.
    let is_known = |c: &char| is_alphanumeric(*c) || is_mark(*c) || is_sign(*c);
    let is_syllable = |c: char| matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{17000}'..='\u{18CFF}' | '\u{20000}'..='\u{3FFFF}');
    let characters = ('\0'..=char::MAX).filter(|&c| !is_syllable(c) || u32::from(c) % 64 == 0);
    for c in characters.filter(is_known) {
        for text in [format!("x{c}"), format!("x{c}J{c}\u{307}{c}{c}")] {
            if let Some((shown, key)) = former_names::parse(&text) {
                names += 1;
                assert_eq!(name(&text).key(), key, "{}", text.escape_unicode());
                assert_eq!(name(&shown).as_str(), shown, "{}", text.escape_unicode());
            }
        }
    }
    assert!(names > 30_000, "{names}");
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
fn no_user_can_pass_for_the_server() {
    let plain =
        ["admin", "ADMIN", "ａｄｍｉｎ", "_admin_", "a.d-m_i.n", "System", "Everyone", "me", "Natter"];
    for text in plain.into_iter().chain([
        " admin ",
        "a d m i n",
        "@admin",
        "[Admin]",
        "✅ admin",
        "ⓐⓓⓜⓘⓝ",
        "a\u{332}d\u{332}min",
        "admin ⚙\u{FE0F}",
    ]) {
        assert_eq!(name(text).check_registrable().expect_err(text).code, "username_reserved");
    }
    for text in
        ["adminton", "badmin", "systema", "mei", "helper", "admin2", "admin@example.com", "Mé", "admín"]
    {
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
            prop_assert!(name.as_str().len() <= 1024);
            prop_assert!(name.key().len() <= 768);
            let visible = name.as_str().chars().filter(|&c| !is_default_ignorable(c)).nfkc().count();
            prop_assert!((2..=64).contains(&visible));
        }
    }

    #[test]
    fn a_former_name_is_still_the_same_name(text in former_name()) {
        if let Some((shown, key)) = former_names::parse(&text) {
            let typed = name(&text);
            prop_assert_eq!(typed.key(), &*key);
            let stored = name(&shown);
            prop_assert_eq!((stored.as_str(), stored.key()), (&*shown, &*key));
        }
    }

    #[test]
    fn what_is_not_seen_makes_no_other_name(parts in proptest::collection::vec("\\PC|[❤👩🔥क्षعل葛\u{200C}\u{200D}\u{FE0F}\u{E0100}]", 2..20)) {
        let text = parts.concat();
        if let Ok(seen) = Username::parse(&text) {
            let bare: String = text.chars().filter(|&c| !is_default_ignorable(c)).collect();
            if let Ok(bare) = Username::parse(&bare) {
                prop_assert_eq!(bare.key(), seen.key());
            }
        }
    }

    #[test]
    fn case_never_makes_another_name(text in "[\\p{L}\\p{M}0-9._-]{2,12}") {
        if let Ok(name) = Username::parse(&text) {
            // Case mapping works on decomposed text (Unicode, D145): otherwise an iota subscript may precede other marks.
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
    prop_oneof![
        "\\PC{0,70}",
        ".{0,40}",
        "[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,70}",
        "[\\p{Emoji}\\p{Emoji_Modifier}\u{200D}\u{FE0F} ]{1,20}",
    ]
}

fn former_name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[\\p{L}\\p{M}\\p{N}._-]{1,34}",
        "(\\p{L}\\p{M}{0,2}){1,16}",
        "[\\p{Cased}\u{300}-\u{345}\u{FF9E}\u{FF9F}ｶﾊ]{2,20}"
    ]
}
