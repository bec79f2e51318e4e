//! How often a password may be guessed, and an account be made.
//!
//! Every attempt counts before the password is compared, so that many at once are no way around, and is taken back when the
//! password was right. What counts decays with time. Three counters stand in the way of whoever guesses:
//!
//! - one of the account and the address together: after a few, each further attempt has to wait twice as long;
//! - one of the address, over all accounts: the same, after more;
//! - one of the account, from wherever: when it is used up, an address from which the account was never logged into has to
//!   wait a minute before its first attempt, and longer before each further one. Nobody can use up anybody else's minute, so
//!   however many guess at an account, its owner gets in: at once from where they always come, elsewhere after that minute.
//!
//! Counters outlive the object, in a table of bounded size. Accounts and addresses stand in it as keyed hashes, and
//! accounts that do not exist like those that do.

use std::cell::Cell;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::token::Tokens;
use crate::storage::{Storage, StorageError, Value};
use engineio::Address;
use engineio::Time;

/// The most counters that are kept. When there are more, those go first that would be forgotten first.
pub const MAX_ROWS: i64 = 20_000;

/// How many counters that mean nothing any more are removed each time that one is added.
const SWEPT_AT_ONCE: i64 = 16;

/// After this time one attempt of an account and address is forgotten.
const PAIR_PERIOD: Duration = Duration::from_secs(10 * 60);
/// The same for an address.
const ADDRESS_PERIOD: Duration = Duration::from_secs(60);
/// The same for an account.
const ACCOUNT_PERIOD: Duration = Duration::from_secs(5 * 60);

/// The first delay, which doubles with each attempt.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The first delay for strangers to an account that is being guessed at.
const STRANGERS_DELAY: Duration = Duration::from_secs(60);

/// How many addresses are remembered for an account, and for how long.
const MAX_KNOWN_ADDRESSES: i64 = 8;
const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// It is not worth a write to know more precisely when somebody was last here.
const KNOWN_PRECISION: Duration = Duration::from_secs(24 * 3600);

/// What is allowed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wrong passwords for one account from one address before there is a delay.
    pub per_pair: u32,
    /// Wrong passwords from one address, for any accounts, before there is a delay.
    pub per_address: u32,
    /// Wrong passwords for one account, from any addresses, before strangers have to wait.
    pub per_account: u32,
    /// The longest delay.
    pub max_delay: Duration,
    /// Accounts that are made from one address in an hour.
    pub registrations_per_hour: u32,
}

/// It is too early for another attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany {
    /// How long to wait.
    pub retry_after: Duration,
}

/// The counters.
pub struct Attempts<S> {
    storage: S,
    key: Hmac<Sha256>,
    limits: Limits,
    /// How many counters there are, once somebody has asked.
    rows: Cell<Option<i64>>,
}

type Subject = [u8; 16];

/// A counter that decays: by one in each period until a moment at which it is zero.
#[derive(Clone, Copy)]
struct Counter {
    zero_at: Time,
    last_at: Time,
}

/// When the next attempt may be made.
#[derive(Clone, Copy)]
struct Rule {
    period: Duration,
    free: u32,
    first_delay: Duration,
}

impl Counter {
    fn count(&self, now: Time, period: Duration) -> u32 {
        let count = self.zero_at.since(now).as_millis().div_ceil(period.as_millis());
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    fn wait(&self, now: Time, rule: Rule, max_delay: Duration) -> Duration {
        let Some(doublings) = self.count(now, rule.period).checked_sub(rule.free) else {
            return Duration::ZERO;
        };
        let delay = rule.first_delay.saturating_mul(2_u32.saturating_pow(doublings)).min(max_delay);
        delay.saturating_sub(now.since(self.last_at))
    }
}

impl<S: Storage> Attempts<S> {
    /// The counters in a database of the current version.
    pub fn new(storage: S, tokens: &Tokens, limits: Limits) -> Self {
        let key = tokens.derive_key(b"natter: whose attempts are counted");
        let key = Hmac::new_from_slice(&key).expect("any length will do");
        Self { storage, key, limits, rows: Cell::new(None) }
    }

    /// Counts an attempt to log in, unless it comes too early.
    ///
    /// # Errors
    /// The database fails.
    pub fn begin(
        &self,
        now: Time,
        name_key: &str,
        address: Option<&Address>,
    ) -> Result<Result<(), TooMany>, StorageError> {
        let from = address.map_or("", Address::as_str);
        let subjects = self.subjects(name_key, from);
        let [pair, of_address, of_account] =
            [self.read(&subjects[0])?, self.read(&subjects[1])?, self.read(&subjects[2])?];
        let is_known = self.is_known(now, name_key, from)?;
        let max_delay = self.limits.max_delay;
        if !is_known && let Some(counter) = of_address {
            let rule =
                Rule { period: ADDRESS_PERIOD, free: self.limits.per_address, first_delay: FIRST_DELAY };
            let retry_after = counter.wait(now, rule, max_delay);
            if !retry_after.is_zero() {
                return Ok(Err(TooMany { retry_after }));
            }
        }
        let guesses = of_account.map_or(0, |counter| counter.count(now, ACCOUNT_PERIOD));
        let is_guarded = !is_known && guesses >= self.limits.per_account;
        let rule = if is_guarded {
            Rule { period: PAIR_PERIOD, free: 1, first_delay: STRANGERS_DELAY }
        } else {
            Rule { period: PAIR_PERIOD, free: self.limits.per_pair, first_delay: FIRST_DELAY }
        };
        let retry_after = match pair {
            Some(counter) => counter.wait(now, rule, max_delay),
            None if is_guarded => {
                // The minute of this address begins now.
                self.count(now, &subjects[0], None, PAIR_PERIOD)?;
                STRANGERS_DELAY.min(max_delay)
            }
            None => Duration::ZERO,
        };
        if !retry_after.is_zero() {
            return Ok(Err(TooMany { retry_after }));
        }
        self.count(now, &subjects[0], pair, PAIR_PERIOD)?;
        self.count(now, &subjects[1], of_address, ADDRESS_PERIOD)?;
        self.count(now, &subjects[2], of_account, ACCOUNT_PERIOD)?;
        Ok(Ok(()))
    }

    /// The attempt was made with the right password: it is taken back, and the address is known from now on.
    ///
    /// # Errors
    /// The database fails.
    pub fn succeeded(
        &self,
        now: Time,
        name_key: &str,
        address: Option<&Address>,
    ) -> Result<(), StorageError> {
        let from = address.map_or("", Address::as_str);
        let [pair, of_address, of_account] = self.subjects(name_key, from);
        let deleted = self
            .storage
            .query("DELETE FROM attempts WHERE subject = ?1 RETURNING 1", &[pair.as_slice().into()])?;
        self.rows.set(self.rows.get().map(|rows| rows - deleted.len() as i64));
        for (subject, period) in [(of_address, ADDRESS_PERIOD), (of_account, ACCOUNT_PERIOD)] {
            self.storage.query(
                "UPDATE attempts SET zero_at = zero_at - ?2 WHERE subject = ?1",
                &[subject.as_slice().into(), Value::Integer(period.as_millis() as i64)],
            )?;
        }
        self.remember(now, name_key, from)
    }

    /// Counts an attempt to register, unless there were too many.
    ///
    /// # Errors
    /// The database fails.
    pub fn register(
        &self,
        now: Time,
        address: Option<&Address>,
    ) -> Result<Result<(), TooMany>, StorageError> {
        let subject = self.subject(b"registrations", "", address.map_or("", Address::as_str));
        let period = Duration::from_secs(3600) / self.limits.registrations_per_hour;
        let counter = self.read(&subject)?;
        let used = counter.map_or(Duration::ZERO, |counter| counter.zero_at.since(now));
        let retry_after = used.saturating_sub(period * (self.limits.registrations_per_hour - 1));
        if !retry_after.is_zero() {
            return Ok(Err(TooMany { retry_after }));
        }
        self.count(now, &subject, counter, period)?;
        Ok(Ok(()))
    }

    /// Remembers that the owner of an account comes from this address.
    ///
    /// # Errors
    /// The database fails.
    pub fn remember_address(
        &self,
        now: Time,
        name_key: &str,
        address: Option<&Address>,
    ) -> Result<(), StorageError> {
        self.remember(now, name_key, address.map_or("", Address::as_str))
    }

    fn remember(&self, now: Time, name_key: &str, from: &str) -> Result<(), StorageError> {
        let address = self.subject(b"known", name_key, from);
        let recently = millis(now).saturating_sub(KNOWN_PRECISION.as_millis() as i64);
        let known = self.storage.query(
            "SELECT 1 FROM known_addresses WHERE name_key = ?1 AND address = ?2 AND seen_at > ?3",
            &[name_key.into(), address.as_slice().into(), Value::Integer(recently)],
        )?;
        if !known.is_empty() {
            return Ok(());
        }
        self.storage.query(
            "INSERT OR REPLACE INTO known_addresses (name_key, address, seen_at) VALUES (?1, ?2, ?3)",
            &[name_key.into(), address.as_slice().into(), Value::Integer(millis(now))],
        )?;
        self.storage.query(
            "DELETE FROM known_addresses WHERE name_key = ?1 AND address NOT IN (
                 SELECT address FROM known_addresses WHERE name_key = ?1 ORDER BY seen_at DESC LIMIT ?2
             )",
            &[name_key.into(), Value::Integer(MAX_KNOWN_ADDRESSES)],
        )?;
        Ok(())
    }

    fn is_known(&self, now: Time, name_key: &str, from: &str) -> Result<bool, StorageError> {
        let address = self.subject(b"known", name_key, from);
        let since = millis(now).saturating_sub(KNOWN_FOR.as_millis() as i64);
        let rows = self.storage.query(
            "SELECT 1 FROM known_addresses WHERE name_key = ?1 AND address = ?2 AND seen_at > ?3",
            &[name_key.into(), address.as_slice().into(), Value::Integer(since)],
        )?;
        Ok(!rows.is_empty())
    }

    /// The account at the address, the address, and the account.
    fn subjects(&self, name_key: &str, from: &str) -> [Subject; 3] {
        [
            self.subject(b"pair", name_key, from),
            self.subject(b"address", "", from),
            self.subject(b"account", name_key, ""),
        ]
    }

    fn subject(&self, kind: &[u8], name_key: &str, from: &str) -> Subject {
        let mut mac = self.key.clone();
        // No part contains a zero byte.
        for part in [kind, name_key.as_bytes(), from.as_bytes()] {
            mac.update(part);
            mac.update(&[0]);
        }
        let mut subject = Subject::default();
        subject.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        subject
    }

    fn read(&self, subject: &Subject) -> Result<Option<Counter>, StorageError> {
        let mut rows = self.storage.query(
            "SELECT zero_at, last_at FROM attempts WHERE subject = ?1",
            &[subject.as_slice().into()],
        )?;
        let Some(row) = rows.first_mut() else { return Ok(None) };
        let time = |millis: i64| Time::from_millis(u64::try_from(millis).unwrap_or_default());
        Ok(Some(Counter { zero_at: time(row.integer(0)?), last_at: time(row.integer(1)?) }))
    }

    /// Counts one more.
    fn count(
        &self,
        now: Time,
        subject: &Subject,
        before: Option<Counter>,
        period: Duration,
    ) -> Result<(), StorageError> {
        let zero_at = before.map_or(now, |counter| counter.zero_at.max(now)) + period;
        self.storage.query(
            "INSERT OR REPLACE INTO attempts (subject, zero_at, last_at) VALUES (?1, ?2, ?3)",
            &[subject.as_slice().into(), Value::Integer(millis(zero_at)), Value::Integer(millis(now))],
        )?;
        if before.is_none() { self.make_room(now) } else { Ok(()) }
    }

    /// Removes some counters that are zero, and some others if there are too many; one has been added.
    fn make_room(&self, now: Time) -> Result<(), StorageError> {
        let rows = match self.rows.get() {
            Some(rows) => rows + 1,
            None => match self.storage.query("SELECT count(*) FROM attempts", &[])?.first_mut() {
                Some(row) => row.integer(0)?,
                None => 0,
            },
        };
        let before = if rows > MAX_ROWS { i64::MAX >> 10 } else { millis(now) };
        let removed = self.storage.query(
            "DELETE FROM attempts WHERE subject IN (
                 SELECT subject FROM attempts WHERE zero_at <= ?1 ORDER BY zero_at LIMIT ?2
             ) RETURNING 1",
            &[Value::Integer(before), Value::Integer(SWEPT_AT_ONCE)],
        )?;
        self.rows.set(Some(rows - removed.len() as i64));
        Ok(())
    }
}

fn millis(time: Time) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
