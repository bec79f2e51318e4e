//! Moments. The core never reads a clock: every input carries the time at which it happened.

use std::fmt;
use std::ops::Add;
use std::time::Duration;

/// A moment, in whole milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Time(u64);

impl Time {
    /// The moment `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Reads a moment written as [`Time`] is shown, to the millisecond and in UTC. `None` for any other form, and for days that no
    /// calendar has.
    pub fn parse(iso8601: &str) -> Option<Self> {
        let bytes: &[u8; 24] = iso8601.as_bytes().try_into().ok()?;
        let number = |from: usize, to: usize| {
            let digits = &bytes[from..to];
            let is_number = digits.iter().all(u8::is_ascii_digit);
            is_number.then(|| digits.iter().fold(0, |number, digit| 10 * number + u64::from(digit - b'0')))
        };
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hours, minutes) = (number(11, 13)?, number(14, 16)?);
        let (seconds, millis) = (number(17, 19)?, number(20, 23)?);
        let days = days(year, month, day)?;
        let time = Self((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + millis);
        // A thirteenth month, a 31st of April or a 25th hour is another moment in its proper form.
        (Iso8601::of(time).0 == *bytes).then_some(time)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down, as JWT claims count them (RFC 7519, section 2).
    pub const fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// The time from `earlier` until `self`; zero when `earlier` is in fact later.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    fn add(self, duration: Duration) -> Time {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Time(self.0.saturating_add(millis))
    }
}

/// ISO 8601 in UTC with milliseconds, as in `2026-01-31T09:05:00.000Z`. There is no moment after the year 9999 in it: later
/// ones look like the last.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Iso8601::of(*self).as_str())
    }
}

impl serde::Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Iso8601::of(*self).as_str())
    }
}

/// A moment as text, written without allocating: a page of history has fifty of them.
struct Iso8601([u8; 24]);

impl Iso8601 {
    /// The last millisecond of the year 9999.
    const LAST: u64 = 253_402_300_799_999;

    fn of(time: Time) -> Self {
        let millis = time.0.min(Self::LAST);
        let (days, of_day) = ((millis / 86_400_000) as u32, (millis % 86_400_000) as u32);
        let (year, month, day) = date(days);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        write_digits(&mut text[0..4], year);
        write_digits(&mut text[5..7], month);
        write_digits(&mut text[8..10], day);
        write_digits(&mut text[11..13], of_day / 3_600_000);
        write_digits(&mut text[14..16], of_day / 60_000 % 60);
        write_digits(&mut text[17..19], of_day / 1000 % 60);
        write_digits(&mut text[20..23], of_day % 1000);
        Self(text)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits and signs are ASCII")
    }
}

/// Year, month and day of the day that is so many days after 1970-01-01, in the Gregorian calendar.
///
/// Counted in years that begin in March, so that the leap day is a year's last, and in cycles of 400 years, all equally long.
fn date(days: u32) -> (u32, u32, u32) {
    const CYCLE: u32 = 146_097;
    const FROM_MARCH_OF_YEAR_0: u32 = 719_468;
    let days = days + FROM_MARCH_OF_YEAR_0;
    let (cycle, day) = (days / CYCLE, days % CYCLE);
    // Without the leap days before it the day would stand in its year by division alone.
    let year = (day - day / 1460 + day / 36_524 - day / (CYCLE - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, five months have 153 days, and again.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let is_next_year = month >= 10;
    let month = if is_next_year { month - 9 } else { month + 3 };
    (400 * cycle + year + u32::from(is_next_year), month, day)
}

/// The number of days from 1970-01-01 to a day of the Gregorian calendar, counted as in [`date`]; `None` for earlier days.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let of_years = 365 * year + year / 4 - year / 100 + year / 400;
    (of_years + (153 * month + 2) / 5 + day).checked_sub(719_468 + 1)
}

fn write_digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A moment as a number of milliseconds, for what only the server reads: `#[serde(with = "time::millis")]`.
pub mod millis {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Time;

    /// Writes the number.
    ///
    /// # Errors
    /// That of the format.
    pub fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(time.as_millis())
    }

    /// Reads the number.
    ///
    /// # Errors
    /// It is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        u64::deserialize(deserializer).map(Time::from_millis)
    }
}
