//! Limits on guessing passwords and on registering accounts.
//!
//! Every attempt counts before the password is compared, so that concurrent attempts are no way around the limit; a right
//! password takes the attempt back. Counts decay with time. Three counters delay an attacker:
//!
//! - per account and address: after a few attempts, each further one has to wait twice as long;
//! - per address, over all accounts: the same, after more attempts;
//! - per account, over all addresses: once it is exhausted, an address that never logged into the account waits a minute before
//!   its first attempt, and longer before each further one. That minute is per address, so the owner always gets in: at once
//!   from a known address, after a minute from another.
//!
//! Counters are stored in a table of bounded size. It holds keyed hashes of accounts and addresses, whether or not the account
//! exists.

use std::cell::Cell;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::token::Tokens;
use crate::storage::{Storage, StorageError, Value};
use engineio::Address;
use engineio::Time;

/// The most counters kept. Beyond it, those that expire first are deleted first.
pub const MAX_ROWS: i64 = 20_000;

/// The most expired counters deleted each time one is added.
const SWEPT_AT_ONCE: i64 = 16;

/// The time after which one attempt of an account and address is forgotten.
const PAIR_PERIOD: Duration = Duration::from_secs(10 * 60);
/// The same for an address.
const ADDRESS_PERIOD: Duration = Duration::from_secs(60);
/// The same for an account.
const ACCOUNT_PERIOD: Duration = Duration::from_secs(5 * 60);

/// The first delay, which doubles with each attempt.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The first delay for strangers to an account that is being guessed at.
const STRANGERS_DELAY: Duration = Duration::from_secs(60);

/// The most known addresses of an account.
const MAX_KNOWN_ADDRESSES: i64 = 8;
/// How long an address stays known.
const KNOWN_FOR: Duration = Duration::from_secs(90 * 24 * 3600);
/// The precision with which the last visit is stored, to save writes.
const KNOWN_PRECISION: Duration = Duration::from_secs(24 * 3600);

/// The limits.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wrong passwords for one account from one address before there is a delay.
    pub per_pair: u32,
    /// Wrong passwords from one address, for any accounts, before there is a delay.
    pub per_address: u32,
    /// Wrong passwords for one account, from any addresses, before unknown addresses have to wait.
    pub per_account: u32,
    /// The longest delay.
    pub max_delay: Duration,
    /// Registrations from one address in an hour.
    pub registrations_per_hour: u32,
}

/// A refused attempt that came too early.
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
    /// The number of counters, once it has been queried.
    rows: Cell<Option<i64>>,
}

type Subject = [u8; 16];

/// A counter that falls by one in each period, until it is zero at `zero_at`.
#[derive(Clone, Copy)]
struct Counter {
    zero_at: Time,
    last_at: Time,
}

/// The delay rule of a counter.
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
    /// Uses the counters in a database of the current version.
    pub fn new(storage: S, tokens: &Tokens, limits: Limits) -> Self {
        let key = tokens.derive_key(b"natter: whose attempts are counted");
        let key = Hmac::new_from_slice(&key).expect("any length will do");
        Self { storage, key, limits, rows: Cell::new(None) }
    }

    /// Counts an attempt to log in, unless it comes too early.
    ///
    /// # Errors
    /// [`StorageError`].
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
                // The first delay of this address begins now.
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

    /// Takes an attempt back because its password was right, and remembers the address.
    ///
    /// # Errors
    /// [`StorageError`].
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
    /// [`StorageError`].
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

    /// Remembers an address of an account's owner.
    ///
    /// # Errors
    /// [`StorageError`].
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

    /// Returns the subjects of the three counters: the pair, the address, and the account.
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

    /// Increments a counter.
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

    /// Deletes some expired counters after one was added, and further ones if there are too many.
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
