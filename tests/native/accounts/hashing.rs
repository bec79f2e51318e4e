//! The work of hashing, which is the same for every refused login.

use natter::accounts::bcrypt::{COSTS, work};
use natter::accounts::hashing::{Hasher, Replace, StoredHash, Verified, Verify, Work as _};
use natter::accounts::password::{HashError, MAX_ROUNDS, Password, PasswordHash, Rounds};

const SALT: [u8; 16] = [7; 16];
const TEXT: &str = "correct horse battery staple";
/// The hash of [`TEXT`] as bcryptjs wrote it.
const BCRYPT_4: &str = "$2b$04$170nh3bxQwzIBacgut2PvOAccmfEYNJ7uK2rljdIeK0r0FH7TXlTe";

fn rounds(number: u32) -> Rounds {
    Rounds::new(number).expect("within bounds")
}

fn pbkdf2(number: u32) -> String {
    Password::typed(TEXT).hash(SALT, rounds(number)).as_str().to_owned()
}

/// The outcome of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Outcome {
    Right { rehash: Option<String> },
    Wrong,
}

/// Returns the outcome of a comparison where new hashes have `configured` rounds, and the rounds that it took.
fn verify(configured: u32, dearest: u32, hash: Option<&str>, password: &str) -> (Outcome, u32) {
    let mut hasher = Hasher::new(rounds(configured));
    let work = Verify { password: password.to_owned(), hash: hash.map(str::to_owned), dearest };
    let outcome = match work.carry_out(&mut hasher, SALT).expect("a hash that can be read") {
        Ok(Verified { rehash }) => Outcome::Right { rehash },
        Err(refusal) => {
            assert_eq!(refusal.code, "invalid_credentials");
            Outcome::Wrong
        }
    };
    (outcome, hasher.spent())
}

#[test]
fn a_wrong_password_takes_the_common_work_whatever_the_account() {
    let (configured, bcrypt_4) = (2 * work(4), work(4));
    let hashes =
        [None, Some(pbkdf2(1)), Some(pbkdf2(1000)), Some(pbkdf2(configured)), Some(BCRYPT_4.to_owned())];
    for dearest in [0, bcrypt_4, configured, configured + 1, 3 * configured] {
        for hash in &hashes {
            for password in ["wrong", "", &"x".repeat(10_000)] {
                let (outcome, spent) = verify(configured, dearest, hash.as_deref(), password);
                assert_eq!((outcome, spent), (Outcome::Wrong, configured.max(dearest)), "{hash:?}");
            }
        }
    }
}

#[test]
fn an_account_that_is_dearer_than_new_ones_sets_the_common_work() {
    // Its rounds exceed those configured today, or it was imported with a high cost.
    let dear = pbkdf2(500);
    assert_eq!(StoredHash::parse(&dear).unwrap().work(), 500);
    for hash in [None, Some(pbkdf2(10)), Some(dear)] {
        assert_eq!(verify(10, 500, hash.as_deref(), "wrong"), (Outcome::Wrong, 500));
    }
    assert_eq!(verify(10, work(4), Some(BCRYPT_4), "wrong"), (Outcome::Wrong, work(4)));
    assert_eq!(verify(10, work(4), None, "wrong"), (Outcome::Wrong, work(4)));
}

#[test]
fn no_hash_costs_more_than_the_most_rounds() {
    for cost in COSTS {
        assert!(work(cost) < MAX_ROUNDS);
    }
    assert_eq!(
        verify(1, 4 * MAX_ROUNDS, Some(BCRYPT_4), TEXT).1,
        work(4) + 1,
        "idle rounds are for wrong ones"
    );
}

#[test]
fn a_right_password_of_an_imported_account_is_rehashed() {
    let (outcome, spent) = verify(10, work(4), Some(BCRYPT_4), TEXT);
    let Outcome::Right { rehash: Some(rehash) } = outcome else { panic!("{outcome:?}") };
    assert_eq!((rehash.as_str(), spent), (pbkdf2(10).as_str(), work(4) + 10));
    assert_eq!(verify(10, 0, Some(&rehash), TEXT), (Outcome::Right { rehash: None }, 10));
    assert_eq!(verify(10, 0, Some(&rehash), "wrong").0, Outcome::Wrong);
    // Now every character of a long password counts.
    let long = "x".repeat(100);
    let of_72 = "$2b$04$ktTquMjv6f/Q.kuShZLCUOoe.umqwOF.DnvaPQvyZ6qL0.kxP9kBq";
    let (outcome, _) = verify(10, 0, Some(of_72), &long);
    let Outcome::Right { rehash: Some(rehash) } = outcome else { panic!("{outcome:?}") };
    assert_eq!(verify(10, 0, Some(&rehash), &long).0, Outcome::Right { rehash: None });
    assert_eq!(verify(10, 0, Some(&rehash), &long[1..]).0, Outcome::Wrong);
}

#[test]
fn a_right_password_with_fewer_rounds_is_hashed_anew_and_one_with_more_is_not() {
    let (outcome, spent) = verify(10, 0, Some(&pbkdf2(3)), TEXT);
    assert_eq!((outcome, spent), (Outcome::Right { rehash: Some(pbkdf2(10)) }, 13));
    assert_eq!(verify(10, 0, Some(&pbkdf2(20)), TEXT), (Outcome::Right { rehash: None }, 20));
}

#[test]
fn a_password_is_replaced_only_with_the_current_one() {
    for (hash, cost) in [(pbkdf2(3), 3), (BCRYPT_4.to_owned(), work(4))] {
        let replace = |current: &str| {
            let mut hasher = Hasher::new(rounds(10));
            let (current, new) = (current.to_owned(), "new password".to_owned());
            let outcome = Replace { current, new, hash: hash.clone() }.carry_out(&mut hasher, SALT);
            (outcome.expect("a hash that can be read"), hasher.spent())
        };
        let (outcome, spent) = replace("wrong");
        assert_eq!((&*outcome.expect_err("refused").code, spent), ("wrong_password", cost));
        let (outcome, spent) = replace(TEXT);
        let after = outcome.expect("a new hash");
        assert_eq!(spent, cost + 10);
        assert!(PasswordHash::parse(&after).unwrap().verify(&Password::typed("new password")));
    }
}

#[test]
fn a_damaged_hash_is_an_error_and_no_wrong_password() {
    for (hash, error) in [
        ("", HashError::Malformed),
        ("$argon2id$v=19$m=65536$c2FsdA$aGFzaA", HashError::Malformed),
        ("$2b$04$", HashError::Malformed),
        ("$2b$13$170nh3bxQwzIBacgut2PvOAccmfEYNJ7uK2rljdIeK0r0FH7TXlTe", HashError::CostOutOfBounds),
    ] {
        assert_eq!(StoredHash::parse(hash).expect_err(hash), error, "{hash}");
        let work = Verify { password: TEXT.to_owned(), hash: Some(hash.to_owned()), dearest: 0 };
        assert_eq!(work.carry_out(&mut Hasher::new(rounds(1)), SALT), Err(error));
    }
}
