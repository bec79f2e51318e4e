//! The import of accounts from another server.

use std::time::Duration;

use natter::accounts::bcrypt::work;
use natter::accounts::hashing::{Hasher, Verify, Work as _};
use natter::accounts::import::{Entry, Name, Verdict};
use natter::accounts::password::{Password, Rounds};
use natter::accounts::questions::{BeginLogin, Comparison, Import, LogIn};
use natter::storage::Storage as _;

use crate::support::room::{Room, token_pair};

/// The hash of "correct horse battery staple" as bcryptjs wrote it.
const HASH: &str = "$2b$04$170nh3bxQwzIBacgut2PvOAccmfEYNJ7uK2rljdIeK0r0FH7TXlTe";
const DATE: &str = "2024-05-06T07:08:09.010Z";

fn entry(username: &str) -> Entry {
    Entry { username: username.to_owned(), password_hash: HASH.to_owned(), created_at: DATE.to_owned() }
}

fn import(room: &Room, entries: &[Entry], write: bool) -> Vec<Verdict> {
    room.asks(&Import { entries: entries.to_vec(), write }).expect("verdicts")
}

fn name(username: &str, key: &str) -> Name {
    Name { username: username.to_owned(), key: key.to_owned() }
}

#[track_caller]
fn refused(verdict: &Verdict) -> &str {
    match verdict {
        Verdict::Refused { code, error, .. } => {
            assert!(error.ends_with('.'), "{error}");
            code
        }
        other => panic!("{other:?}"),
    }
}

fn begin_login(room: &Room, key: &str) -> (Option<String>, u32) {
    let begin = BeginLogin { name_key: key.to_owned(), address: None };
    let Comparison { hash, dearest } = room.asks(&begin).expect("a comparison");
    (hash, dearest)
}

fn users(room: &Room) -> i64 {
    room.storage.integer("SELECT count(*) FROM users")
}

#[test]
fn a_dry_run_judges_and_writes_nothing() {
    let room = Room::new();
    assert_eq!(import(&room, &[entry("Alice")], false), [Verdict::New(name("Alice", "alice"))]);
    assert_eq!(users(&room), 0);
}

#[test]
fn an_account_comes_with_its_hash_and_its_date() {
    let room = Room::new();
    let verdicts = import(&room, &[entry("Alice"), entry("Bob")], true);
    assert_eq!(verdicts, [Verdict::Created(name("Alice", "alice")), Verdict::Created(name("Bob", "bob"))]);
    assert_eq!(begin_login(&room, "alice"), (Some(HASH.to_owned()), work(4)));
    let created_at = room.storage.integer("SELECT created_at FROM users WHERE name_key = 'alice'");
    assert_eq!(created_at, 1_714_979_289_010);
}

#[test]
fn an_import_can_be_repeated_also_after_the_first_login() {
    let room = Room::new();
    import(&room, &[entry("Alice")], true);
    let present = [Verdict::Present(name("Alice", "alice"))];
    assert_eq!(import(&room, &[entry("Alice")], true), present);
    token_pair(room.asks(&LogIn {
        name_key: "alice".into(),
        password_hash: HASH.into(),
        rehash: Some("better".into()),
        address: None,
    }));
    assert_eq!(import(&room, &[entry("Alice")], false), present);
    assert_eq!(import(&room, &[entry("Alice")], true), present);
    assert_eq!(
        begin_login(&room, "alice"),
        (Some("better".to_owned()), 0),
        "an existing user keeps their password"
    );
}

#[test]
fn an_existing_user_keeps_the_name_and_the_password() {
    let room = Room::new();
    room.registers("ALICE", "hash of ALICE");
    for write in [false, true] {
        let verdict = import(&room, &[entry("Alice")], write).remove(0);
        assert_eq!(refused(&verdict), "username_taken");
        assert!(matches!(verdict, Verdict::Refused { key: Some(key), .. } if key == "alice"));
    }
    assert_eq!(begin_login(&room, "alice").0.as_deref(), Some("hash of ALICE"));
}

#[test]
fn two_entries_with_one_name_are_not_both_imported() {
    let room = Room::new();
    for write in [false, true] {
        let verdicts = import(&room, &[entry("Bob"), entry("bob"), entry("BOB")], write);
        assert_eq!(verdicts[1..].iter().map(refused).collect::<Vec<_>>(), ["username_repeated"; 2]);
    }
    assert_eq!(users(&room), 1);
}

#[test]
fn each_entry_that_is_wrong_is_told_by_itself() {
    let room = Room::new();
    let with_hash = |hash: &str| Entry { password_hash: hash.to_owned(), ..entry("carol") };
    let with_date = |date: &str| Entry { created_at: date.to_owned(), ..entry("carol") };
    let wrong = [
        (entry(""), "username_invalid"),
        (entry("a\nb"), "username_invalid"),
        (entry(&"x".repeat(65)), "username_invalid"),
        (entry("Admin"), "username_reserved"),
        (entry("__proto__"), "username_reserved"),
        (with_hash(""), "hash_invalid"),
        (with_hash("correct horse battery staple"), "hash_invalid"),
        (with_hash(&HASH.replace("$04$", "$13$")), "hash_invalid"),
        // A hash of Natter's own would set the work of every refused login.
        (with_hash(Password::typed("x").hash([7; 16], Rounds::new(10).unwrap()).as_str()), "hash_invalid"),
        (with_date(""), "date_invalid"),
        (with_date("yesterday"), "date_invalid"),
        (with_date("9999-12-31T23:59:59.999Z"), "date_invalid"),
    ];
    for write in [false, true] {
        let mut entries: Vec<Entry> = wrong.iter().map(|(entry, _)| entry.clone()).collect();
        entries.push(entry("carol"));
        let verdicts = import(&room, &entries, write);
        for (verdict, (_, code)) in verdicts.iter().zip(&wrong) {
            assert_eq!(refused(verdict), *code);
        }
        let carol = name("carol", "carol");
        let expected = if write { Verdict::Created(carol) } else { Verdict::New(carol) };
        assert_eq!(verdicts.last(), Some(&expected), "one that is right is no worse for the others");
    }
    assert_eq!(users(&room), 1);
}

#[test]
fn a_batch_in_which_the_database_fails_changes_nothing() {
    let room = Room::new();
    room.storage.fail_on("RETURNING 1");
    let question = Import { entries: vec![entry("Alice")], write: true };
    assert!(room.world.apply(|chat, cx, actions| chat.account(cx, &question, actions)).is_err());
    room.storage.work_again();
    assert_eq!(users(&room), 0);
}

#[test]
fn the_dearest_hash_is_that_of_any_account_until_it_is_replaced() {
    let room = Room::new();
    assert_eq!(begin_login(&room, "nobody").1, 0);
    let costly =
        |username: &str, cost: &str| Entry { password_hash: HASH.replace("$04$", cost), ..entry(username) };
    import(&room, &[costly("Alice", "$10$"), costly("Bob", "$12$"), entry("Carol")], true);
    for key in ["alice", "bob", "carol", "nobody", ""] {
        assert_eq!(begin_login(&room, key).1, work(12), "{key}");
    }
    let log_in = |key: &str, hash: &str, rehash: &str| {
        let (name_key, password_hash, rehash) = (key.into(), hash.into(), Some(rehash.into()));
        token_pair(room.asks(&LogIn { name_key, password_hash, rehash, address: None }))
    };
    let pbkdf2 = |rounds: u32| format!("$pbkdf2-sha512$i={rounds},l=32$c2FsdA$aGFzaA");
    log_in("bob", &HASH.replace("$04$", "$12$"), &pbkdf2(210_000));
    assert_eq!(begin_login(&room, "nobody").1, work(10));
    log_in("alice", &HASH.replace("$04$", "$10$"), &pbkdf2(400_000));
    // The setting was 400,000 rounds for a while.
    assert_eq!(begin_login(&room, "nobody").1, 400_000);
    log_in("carol", HASH, &pbkdf2(1_000_000));
    assert_eq!(begin_login(&room, "nobody").1, 1_000_000);
}

#[test]
fn the_dearest_hash_is_found_without_reading_every_user() {
    let room = Room::new();
    let steps = || {
        room.world.pass(Duration::from_secs(3600));
        let before = room.storage.steps();
        begin_login(&room, "nobody");
        room.storage.steps() - before
    };
    import(&room, &[entry("first")], true);
    let second =
        "INSERT INTO users VALUES ('second', 'second', '$pbkdf2-sha512$i=210001,l=32$c2FsdA$aGFzaA', 0)";
    room.storage.query(second, &[]).unwrap();
    steps();
    let few = steps();
    for number in 0..500 {
        let hash = format!("$pbkdf2-sha512$i={},l=32$c2FsdA$aGFzaA", 210_000 + number % 3);
        let sql = format!(
            "INSERT INTO users VALUES ('u{number}', 'u{number}', '{hash}', 0), ('v{number}', 'v{number}', '{HASH}', 0)"
        );
        room.storage.query(&sql, &[]).unwrap();
    }
    assert_eq!(begin_login(&room, "nobody").1, 210_002);
    assert_eq!(steps(), few);
}

#[test]
fn an_imported_user_logs_in_with_their_old_password() {
    let room = Room::new();
    import(&room, &[entry("Alice")], true);
    let mut hasher = Hasher::new(Rounds::new(10).unwrap());
    let (hash, dearest) = begin_login(&room, "alice");
    let password = "correct horse battery staple".to_owned();
    let verified = Verify { password, hash, dearest }.carry_out(&mut hasher, [7; 16]).unwrap();
    let rehash = verified.expect("the right password").rehash.expect("a new hash");
    let log_in = LogIn {
        name_key: "alice".into(),
        password_hash: HASH.into(),
        rehash: Some(rehash.clone()),
        address: None,
    };
    assert_eq!(token_pair(room.asks(&log_in)).username, "Alice");
    assert_eq!(begin_login(&room, "alice"), (Some(rehash), 0));
    let refusal = room.asks(&log_in).expect_err("the old hash is gone");
    assert_eq!(refusal.code, "invalid_credentials");
}
