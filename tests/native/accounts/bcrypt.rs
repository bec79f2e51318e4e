//! bcrypt hashes of Node servers.

use natter::accounts::bcrypt::{BcryptHash, COSTS, work};
use natter::accounts::password::{HashError, Password};
use proptest::prelude::*;

const GOOD: &str = "$2b$04$170nh3bxQwzIBacgut2PvOAccmfEYNJ7uK2rljdIeK0r0FH7TXlTe";

#[track_caller]
fn fits(text: &str, hash: &str) -> bool {
    BcryptHash::parse(hash).expect("well formed").verify(&Password::typed(text))
}

#[test]
fn hashes_that_bcryptjs_wrote_are_verified() {
    for (text, hash) in [
        ("correct horse battery staple", GOOD),
        ("", "$2b$04$lVWdjO1axrfijhdKhwT74u28rg0y3JWh/4Yfixw.A9NM5PS.U0eve"),
        ("пароль 🔑 Zoë", "$2b$04$QbsmhaeFlDiyHm6gqBUiQera/ZcMqF3yP3I1vC1ri9pyo3rm4mue6"),
        ("a\0b", "$2b$04$C.ZZyfiWT9ySyJO4ATmpmeMMgy9YI0RtR7l5dxoiVfFQ3X0cFoxWC"),
        // Published with jBCrypt.
        ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
        ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
        ("abcdefghijklmnopqrstuvwxyz", "$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz."),
    ] {
        assert!(fits(text, hash), "{text:?}");
        assert!(!fits(&format!("{text}."), hash), "{text:?}");
    }
}

#[test]
fn three_kinds_are_one() {
    for kind in ["$2a$", "$2b$", "$2y$"] {
        let hash = format!("{kind}04$P.JZhjGY.0XxXgDrQBugDOaYuxCef3L5D2i8u0Nev3acl9JcgjulG");
        assert!(fits("pass🔑word", &hash), "{kind}");
        assert!(!fits("pass🗝word", &hash), "{kind}");
    }
}

#[test]
fn only_the_first_72_bytes_count_as_they_did_on_the_node_server() {
    let of_71 = "$2b$04$CbP0dMI7E6jqQwrB0eyZbu.AxOMS332OK71z8MSxDMI9DadLdeiNK";
    assert!(fits(&"x".repeat(71), of_71));
    assert!(!fits(&"x".repeat(72), of_71));
    for hash in [
        "$2b$04$ktTquMjv6f/Q.kuShZLCUOoe.umqwOF.DnvaPQvyZ6qL0.kxP9kBq",
        "$2b$04$OEJIcOprmRPJGz4VLcgugOu1gkNeejUtPW5ZkI/p9IufPkIrHwzn2",
    ] {
        assert!(!fits(&"x".repeat(71), hash));
        for length in [72, 73, 100_000] {
            assert!(fits(&"x".repeat(length), hash), "{length}");
        }
    }
    // 36 characters of two bytes.
    let cyrillic = "$2b$04$QWtGcEDNJWzNzQ9SzXCk.eYnnFKnEnFU2D/H9aUwlxTZUVV.hzWCW";
    assert!(fits(&"ж".repeat(40), cyrillic) && fits(&"ж".repeat(36), cyrillic));
    assert!(!fits(&"ж".repeat(35), cyrillic));
}

#[test]
fn a_password_is_compared_as_it_was_typed() {
    // "Zoë" in one character for the last letter, and in two.
    let composed = "$2b$04$QbsmhaeFlDiyHm6gqBUiQera/ZcMqF3yP3I1vC1ri9pyo3rm4mue6";
    assert!(fits("пароль 🔑 Zo\u{eb}", composed));
    assert!(!fits("пароль 🔑 Zoe\u{308}", composed));
    assert!(!fits("пароль\u{a0}🔑 Zo\u{eb}", composed));
}

#[test]
fn bits_that_no_byte_takes_make_no_difference() {
    // The last character of the salt, `O`, has four spare bits, and the last of the hash, `e`, two.
    let spare = GOOD.replacen("PvOA", "PvPA", 1).replace("TXlTe", "TXlTf");
    assert_ne!(spare, GOOD);
    assert!(fits("correct horse battery staple", &spare));
}

#[test]
fn what_is_no_hash_is_not_read() {
    for (bad, error) in [
        (String::new(), HashError::Malformed),
        (GOOD[..59].to_owned(), HashError::Malformed),
        (format!("{GOOD}="), HashError::Malformed),
        (format!(" {}", &GOOD[..59]), HashError::UnknownAlgorithm),
        (GOOD.replace("$04$", "$4$$"), HashError::Malformed),
        (GOOD.replace("$04$", "$+4$"), HashError::Malformed),
        (GOOD.replace("$04$", "$041"), HashError::Malformed),
        (GOOD.replace("170n", "17+n"), HashError::Malformed),
        (GOOD.replace("170n", "1é0"), HashError::Malformed),
        (GOOD.replace("$2b$", "$2x$"), HashError::UnknownAlgorithm),
        (GOOD.replace("$2b$", "$2B$"), HashError::UnknownAlgorithm),
        (GOOD.replace("$2b$", "$1$$"), HashError::UnknownAlgorithm),
        (GOOD.replace("$04$", "$03$"), HashError::CostOutOfBounds),
        (GOOD.replace("$04$", "$13$"), HashError::CostOutOfBounds),
        (GOOD.replace("$04$", "$31$"), HashError::CostOutOfBounds),
        (GOOD.replace("$04$", "$99$"), HashError::CostOutOfBounds),
    ] {
        assert_eq!(BcryptHash::parse(&bad).expect_err(&bad), error, "{bad}");
        assert!(error.to_string().ends_with('.'));
    }
}

#[test]
fn each_step_of_cost_doubles_the_work() {
    for cost in COSTS.skip(1) {
        assert_eq!(work(cost), 2 * work(cost - 1));
    }
    assert_eq!(BcryptHash::parse(GOOD).unwrap().work(), work(4));
}

#[test]
fn a_hash_is_not_shown() {
    assert_eq!(format!("{:?}", BcryptHash::parse(GOOD).unwrap()), "BcryptHash(cost 4)");
}

proptest! {
    #[test]
    fn any_text_is_a_hash_or_an_error(text in prop_oneof!["\\PC{0,70}", "\\$2[aby]\\$[0-9]{2}\\$[./A-Za-z0-9]{53}"]) {
        let _ = BcryptHash::parse(&text);
    }
}
