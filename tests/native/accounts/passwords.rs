//! Passwords and their hashes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use natter::accounts::password::{
    DEFAULT_MIN_CHARS, DEFAULT_ROUNDS, HashError, MAX_ROUNDS, Password, PasswordHash, Rounds,
};
use natter::refusal::Refusal;
use proptest::prelude::*;

const FEW: Rounds = Rounds::new(10).unwrap();

fn parse(text: &str) -> Result<Password, Refusal> {
    Password::parse(text, DEFAULT_MIN_CHARS)
}

fn password(text: &str) -> Password {
    parse(text).expect("acceptable")
}

#[test]
fn a_password_has_8_to_128_characters_of_any_kind() {
    for text in ["        ", "aaaaaaaa", "пароль😀я", "\0\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}"] {
        password(text);
    }
    password(&"😀".repeat(128));
    password(&"e\u{301}".repeat(128));
    let too_many = ["😀".repeat(129), "e\u{301}".repeat(129), "a".repeat(1_000_000)];
    for text in too_many.iter().map(String::as_str).chain(["", "seven77", "e\u{301}e\u{301}e\u{301}e\u{301}"])
    {
        assert_eq!(parse(text).expect_err("refused").code, "password_invalid");
    }
}

#[test]
fn a_password_typed_on_another_system_is_the_same() {
    let hash = password("Zoë's caf\u{e9} 42").hash([7; 16], FEW);
    assert!(hash.verify(&password("Zoe\u{308}'s\u{a0}cafe\u{301} 42")));
    assert!(!hash.verify(&password("zoë's café 42")));
    // Width is part of a password: no NFKC.
    assert!(!password("ａbcdefgh").hash([7; 16], FEW).verify(&password("abcdefgh")));
}

#[test]
fn published_vectors_of_pbkdf2_hmac_sha512_verify() {
    for (text, salt, rounds, hash) in [
        (
            "passwordPASSWORDpassword",
            "saltSALTsaltSALTsaltSALTsaltSALTsalt",
            4096,
            "8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71",
        ),
        (
            "passDATAb00AB7YxDTT",
            "saltKEYbcTcXHCBxtjD",
            1,
            "cbe6088ad4359af42e603c2a33760ef9d4017a7b2aad10af46f992c660a0b461",
        ),
    ] {
        let bytes: Vec<u8> =
            (0..hash.len()).step_by(2).map(|i| u8::from_str_radix(&hash[i..i + 2], 16).unwrap()).collect();
        let salt = STANDARD_NO_PAD.encode(salt);
        let phc = format!("$pbkdf2-sha512$i={rounds},l=32${salt}${}", STANDARD_NO_PAD.encode(bytes));
        let stored = PasswordHash::parse(&phc).expect("well formed");
        assert!(stored.verify(&password(text)));
        assert!(!stored.verify(&password("somebody else's")));
    }
}

#[test]
fn a_hash_is_written_as_a_phc_string() {
    let salt = std::array::from_fn(|i| u8::try_from(i).unwrap());
    let hash = password("correct horse battery").hash(salt, Rounds::new(1000).unwrap());
    // Computed with Python's hashlib.
    assert_eq!(
        hash.as_str(),
        "$pbkdf2-sha512$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ToxFUi5y3fprZRW/V6CupR2uIDYfuy5rlsF9Z4E648k"
    );
    assert_eq!(PasswordHash::parse(hash.as_str()), Ok(hash));
}

#[test]
fn a_damaged_hash_is_not_read() {
    let good = password("correct horse").hash([7; 16], FEW);
    let good = good.as_str();
    for (bad, error) in [
        (String::new(), HashError::Malformed),
        (good[1..].to_owned(), HashError::Malformed),
        (good[..good.len() - 1].to_owned(), HashError::Malformed),
        (format!("{good}="), HashError::Malformed),
        (format!("{good}$"), HashError::Malformed),
        (good.replace("i=10,", "i=010,"), HashError::Malformed),
        (good.replace("i=10,", "i=+10,"), HashError::Malformed),
        (good.replace("i=10,", ""), HashError::Malformed),
        (good.replace("l=32", "l=64"), HashError::Malformed),
        (format!("{good}{}", "A".repeat(1_000_000)), HashError::Malformed),
        (good.replace("sha512", "sha1"), HashError::UnknownAlgorithm),
        (good.replace("i=10,", "i=0,"), HashError::RoundsOutOfBounds),
        (good.replace("i=10,", &format!("i={},", MAX_ROUNDS + 1)), HashError::RoundsOutOfBounds),
        (good.replace("i=10,", "i=99999999999999999999,"), HashError::RoundsOutOfBounds),
    ] {
        assert_eq!(PasswordHash::parse(&bad), Err(error), "{bad:.100}");
    }
}

#[test]
fn rounds_are_bounded() {
    assert_eq!(Rounds::new(0), None);
    assert_eq!(Rounds::new(MAX_ROUNDS).map(Rounds::get), Some(MAX_ROUNDS));
    assert_eq!(Rounds::new(MAX_ROUNDS + 1), None);
    assert_eq!(DEFAULT_ROUNDS.get(), 210_000);
}

#[test]
fn a_hash_of_fewer_rounds_or_a_short_salt_asks_to_be_renewed() {
    let hash = password("correct horse").hash([7; 16], FEW);
    assert!(hash.needs_rehash(DEFAULT_ROUNDS));
    assert!(!hash.needs_rehash(FEW));
    assert!(!hash.needs_rehash(Rounds::new(1).unwrap()));
    let short = hash.as_str().replace(&STANDARD_NO_PAD.encode([7; 16]), &STANDARD_NO_PAD.encode([7; 8]));
    assert!(PasswordHash::parse(&short).expect("well formed").needs_rehash(FEW));
}

#[test]
fn neither_a_password_nor_its_hash_is_shown() {
    let password = password("correct horse");
    let hash = password.hash([7; 16], FEW);
    assert_eq!(format!("{password:?} {hash:?}"), "Password(redacted) PasswordHash(pbkdf2-sha512, 10 rounds)");
}

proptest! {
    #[test]
    fn any_text_is_a_password_or_a_refusal(text in "\\PC{0,140}") {
        if let Ok(password) = parse(&text) {
            let hash = password.hash([1; 16], Rounds::new(1).unwrap());
            prop_assert!(PasswordHash::parse(hash.as_str()).unwrap().verify(&password));
        }
    }

    #[test]
    fn what_is_read_as_a_hash_is_written_the_same(text in any_phc()) {
        if let Ok(hash) = PasswordHash::parse(&text) {
            prop_assert_eq!(hash.as_str(), text);
        }
    }
}

fn any_phc() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,200}",
        "\\$pbkdf2-sha512\\$i=[0-9]{1,8},l=32\\$[A-Za-z0-9+/]{10,40}\\$[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]",
    ]
}

#[test]
fn what_everybody_tries_first_is_no_password() {
    let check = |text: &str| Password::parse(text, 6).unwrap().check_uncommon("alice-of-wonder");
    for text in [
        "password",
        "PASSWORD",
        "12345678",
        "iloveyou",
        "Trustno1",
        "passw0rd",
        "Alice-of-Wonder",
        "123456",
        "Qwerty",
    ] {
        assert_eq!(check(text).expect_err(text).code, "password_common");
    }
    for text in ["correct horse", "password ", "alice-of-wonder-land", "        ", "pppppppppppp", "rjq7ke"] {
        assert_eq!(check(text), Ok(()), "{text}");
    }
}

#[test]
fn the_lists_of_common_passwords_are_what_they_are_compared_as() {
    let long = include_str!("../../../src/accounts/common_passwords.txt");
    assert!(long.len() < 20_000 && long.lines().count() == 1_000);
    let short = include_str!("../../../src/accounts/common_short_passwords.txt");
    assert!(
        short.lines().count() == 300 && short.lines().all(|line| line.len() < DEFAULT_MIN_CHARS as usize)
    );
    for (list, min_chars) in [(long, DEFAULT_MIN_CHARS), (short, 6)] {
        for line in list.lines() {
            assert!(Password::parse(line, min_chars).is_ok(), "{line}");
            assert!(line == line.trim() && line == line.to_lowercase(), "{line}");
        }
        assert!(list.lines().is_sorted());
    }
}

#[test]
fn a_new_password_has_at_least_the_characters_that_are_configured() {
    for (min_chars, short, long) in
        [(6, "five5", "six six"), (8, "seven77", "eight888"), (12, "eleven 11 1", "twelve 12 12")]
    {
        let refusal = Password::parse(short, min_chars).expect_err(short);
        assert_eq!(refusal.code, "password_invalid");
        assert_eq!(refusal.message, format!("A password must have {min_chars} to 128 characters."));
        assert!(Password::parse(long, min_chars).is_ok(), "{long}");
    }
}

#[test]
fn a_password_that_is_compared_has_any_length() {
    for text in ["", "x", &"long ".repeat(10_000)] {
        let hash = Password::typed(text).hash([7; 16], FEW);
        assert!(hash.verify(&Password::typed(text)));
        assert!(!hash.verify(&Password::typed(&format!("{text}x"))));
    }
}
