//! Limits on guessing passwords and on registering accounts.

use std::rc::Rc;
use std::time::Duration;

use engineio::Address;
use engineio::Time;
use natter::accounts::attempts::{Attempts, Limits, MAX_ROWS, TooMany};
use natter::storage::Storage as _;
use natter::storage::schema::migrate;

use crate::support::room::{ATTEMPTS, tokens};
use crate::support::sqlite::Sqlite;
use crate::support::{MILLISECOND, START};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

struct Door {
    attempts: Attempts<Rc<Sqlite>>,
    storage: Rc<Sqlite>,
    now: Time,
}

impl Door {
    fn new() -> Self {
        Self::with(ATTEMPTS)
    }

    fn with(limits: Limits) -> Self {
        let storage = Sqlite::in_memory();
        migrate(&storage).unwrap();
        Self { attempts: Attempts::new(storage.clone(), &tokens(), limits), storage, now: START }
    }

    fn begins(&self, name: &str, from: &Address) -> Result<(), TooMany> {
        self.attempts.begin(self.now, name, Some(from)).expect("a database")
    }

    /// The right password was accepted after this delay.
    fn logs_in(&mut self, name: &str, from: &Address) -> Duration {
        let began = self.now;
        while let Err(TooMany { retry_after }) = self.begins(name, from) {
            self.now = self.now + retry_after;
        }
        self.attempts.succeeded(self.now, name, Some(from)).expect("a database");
        self.now.since(began)
    }

    fn rows(&self) -> i64 {
        self.storage.integer("SELECT count(*) FROM attempts")
    }
}

fn address(number: u32) -> Address {
    let [_, b, c, d] = number.to_be_bytes();
    Address::parse(&format!("10.{b}.{c}.{d}")).expect("an address")
}

#[test]
fn a_few_wrong_passwords_cost_nothing_and_each_further_one_twice_the_wait() {
    let mut door = Door::new();
    let home = address(1);
    for _ in 0..ATTEMPTS.per_pair {
        assert_eq!(door.begins("alice", &home), Ok(()));
    }
    for wait in [1, 2, 4, 8, 16, 32, 64, 128] {
        let retry_after = wait * SECOND;
        assert_eq!(door.begins("alice", &home), Err(TooMany { retry_after }));
        door.now = door.now + (retry_after - MILLISECOND);
        assert_eq!(door.begins("alice", &home), Err(TooMany { retry_after: MILLISECOND }));
        door.now = door.now + MILLISECOND;
        assert_eq!(door.begins("alice", &home), Ok(()));
    }
    // In the long run, attempts are forgotten as fast as they are made.
    for _ in 0..20 {
        let Err(TooMany { retry_after }) = door.begins("alice", &home) else { panic!("no wait") };
        assert!((60 * SECOND..=ATTEMPTS.max_delay).contains(&retry_after), "{retry_after:?}");
        door.now = door.now + retry_after;
        assert_eq!(door.begins("alice", &home), Ok(()));
    }
}

#[test]
fn the_right_password_clears_the_account() {
    let mut door = Door::new();
    let home = address(1);
    for _ in 0..100 {
        assert_eq!(door.begins("alice", &home), Ok(()));
        assert_eq!(door.logs_in("alice", &home), Duration::ZERO);
    }
}

#[test]
fn attempts_count_before_they_fail() {
    let door = Door::new();
    let admitted = (0..1000).filter(|_| door.begins("alice", &address(1)).is_ok()).count();
    assert_eq!(admitted, ATTEMPTS.per_pair as usize);
}

#[test]
fn ten_thousand_guesses_against_one_account_from_one_address_are_a_handful() {
    let mut door = Door::new();
    let mut compared = 0;
    // One a second, for nearly three hours.
    for _ in 0..10_000 {
        compared += u32::from(door.begins("alice", &address(1)).is_ok());
        door.now = door.now + SECOND;
    }
    assert!(compared <= 40, "{compared}");
}

#[test]
fn ten_thousand_guesses_from_as_many_addresses_stop_at_the_account_and_let_its_owner_in() {
    let mut door = Door::new();
    let (home, cafe) = (address(1), address(2));
    assert_eq!(door.logs_in("alice", &home), Duration::ZERO);
    let mut compared = 0;
    for number in 0..10_000 {
        compared += u32::from(door.begins("alice", &address(1000 + number)).is_ok());
        door.now = door.now + 10 * MILLISECOND;
    }
    assert!(compared <= ATTEMPTS.per_account + 1, "{compared}");
    // Meanwhile she gets in at once from her usual address, and after a minute from another.
    assert_eq!(door.logs_in("alice", &home), Duration::ZERO);
    assert_eq!(door.logs_in("alice", &cafe), 60 * SECOND);
    // The café's address is known now.
    for number in 0..1000 {
        let _ = door.begins("alice", &address(50_000 + number));
    }
    assert_eq!(door.logs_in("alice", &cafe), Duration::ZERO);
    // Others are not affected.
    assert_eq!(door.logs_in("bob", &address(3)), Duration::ZERO);
}

#[test]
fn an_address_that_tries_many_accounts_is_slowed_down_and_others_are_not() {
    let mut door = Door::new();
    let shared = address(1);
    assert_eq!(door.logs_in("alice", &shared), Duration::ZERO);
    let mut compared = 0;
    for number in 0..10_000 {
        compared += u32::from(door.begins(&format!("user{number}"), &shared).is_ok());
        door.now = door.now + 100 * MILLISECOND;
    }
    assert!(compared <= ATTEMPTS.per_address + 30, "{compared}");
    // A user known from that address still gets in.
    assert_eq!(door.logs_in("alice", &shared), Duration::ZERO);
    assert_eq!(door.logs_in("bob", &address(2)), Duration::ZERO);
}

#[test]
fn no_delay_is_longer_than_the_longest_delay() {
    let mut door = Door::with(Limits { max_delay: 30 * SECOND, ..ATTEMPTS });
    for _ in 0..2_000 {
        if let Err(TooMany { retry_after }) = door.begins("alice", &address(1)) {
            assert!(retry_after <= 30 * SECOND);
            door.now = door.now + retry_after / 2;
        }
    }
    assert!(door.logs_in("alice", &address(1)) <= 30 * SECOND);
    assert!(door.logs_in("alice", &address(2)) <= 30 * SECOND);
}

#[test]
fn what_was_counted_outlives_the_object_and_is_forgotten_with_time() {
    let door = Door::new();
    while door.begins("alice", &address(1)).is_ok() {}
    let again = Attempts::new(door.storage.clone(), &tokens(), ATTEMPTS);
    let begins = |now| again.begin(now, "alice", Some(&address(1))).unwrap();
    assert!(begins(door.now).is_err());
    assert_eq!(begins(door.now + DAY), Ok(()));
}

#[test]
fn an_account_that_does_not_exist_is_guarded_like_one_that_does() {
    let mut door = Door::new();
    // The counters do not know which users exist.
    for name in ["alice", "nobody", ""] {
        let waits: Vec<_> = (0..20).map(|_| door.begins(name, &address(7)).is_ok()).collect();
        assert_eq!(waits.iter().filter(|&&ok| ok).count(), 5, "{name}");
        door.now = door.now + DAY;
    }
}

#[test]
fn counters_are_few_and_say_nothing_of_whose_they_are() {
    let mut door = Door::new();
    let fill = format!(
        "INSERT INTO attempts (subject, zero_at, last_at)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MAX_ROWS})
         SELECT randomblob(16), {}, 0 FROM n",
        (door.now + SECOND).as_millis()
    );
    door.storage.query(&fill, &[]).unwrap();
    for number in 0..100 {
        let _ = door.begins("alice", &address(number));
        assert!(door.rows() <= MAX_ROWS, "{}", door.rows());
    }
    // Expired counters are deleted in bounded steps; others stay.
    door.now = door.now + SECOND;
    let before = door.rows();
    assert_eq!(door.begins("bob", &address(200)), Ok(()));
    assert_eq!(before + 3 - door.rows(), 3 * 16);
    while door.begins("alice", &address(300)).is_ok() {}
    for number in 0..400 {
        let _ = door.begins(&format!("user{number}"), &address(1000 + number));
    }
    assert!(door.begins("alice", &address(300)).is_err());
    let readable = "SELECT count(*) FROM attempts WHERE instr(subject, 'alice') OR instr(subject, '10.')";
    assert_eq!(door.storage.integer(readable), 0);
}

#[test]
fn an_account_remembers_the_addresses_of_late() {
    let mut door = Door::new();
    for number in 0..100 {
        door.logs_in("alice", &address(number));
        door.now = door.now + MILLISECOND;
    }
    assert_eq!(door.storage.integer("SELECT count(*) FROM known_addresses"), 8);
}

#[test]
fn registrations_are_limited_by_address() {
    let mut door = Door::with(Limits { registrations_per_hour: 20, ..ATTEMPTS });
    let registers =
        |door: &Door, from: &Address| door.attempts.register(door.now, Some(from)).expect("a database");
    for _ in 0..20 {
        assert_eq!(registers(&door, &address(1)), Ok(()));
    }
    let Err(TooMany { retry_after }) = registers(&door, &address(1)) else { panic!("one too many") };
    assert_eq!(retry_after, Duration::from_secs(180));
    assert_eq!(registers(&door, &address(2)), Ok(()));
    door.now = door.now + retry_after;
    assert_eq!(registers(&door, &address(1)), Ok(()));
    assert!(registers(&door, &address(1)).is_err());
    door.now = door.now + DAY;
    let made = (0..1000).filter(|_| registers(&door, &address(1)).is_ok()).count();
    assert_eq!(made, 20);
}

#[test]
fn the_addresses_of_an_ipv6_network_count_as_one() {
    let parse = |text: &str| Address::parse(text).expect(text);
    assert_eq!(parse("2001:db8:1:2:3:4:5:6"), parse("2001:db8:1:2::1"));
    assert_ne!(parse("2001:db8:1:2::1"), parse("2001:db8:1:3::1"));
    assert_eq!(parse("::ffff:192.0.2.1"), parse("192.0.2.1"));
    assert_ne!(parse("192.0.2.1"), parse("192.0.2.2"));
    assert_eq!(parse("2001:db8:1:2::1").to_string(), "2001:db8:1:2::/64");
    for text in ["", "localhost", "192.0.2.1, 192.0.2.2", "192.0.2.1:80", "[::1]", "::1/64", "1"] {
        assert_eq!(Address::parse(text), None, "{text}");
    }
}
