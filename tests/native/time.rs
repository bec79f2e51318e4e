//! Moments as text.

use engineio::Time;

#[test]
fn moments_are_written_in_iso_8601() {
    let moments = [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (1_769_850_300_007, "2026-01-31T09:05:00.007Z"),
        (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
        (1_835_395_200_000, "2028-02-29T00:00:00.000Z"),
        (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "9999-12-31T23:59:59.999Z"),
        (u64::MAX, "9999-12-31T23:59:59.999Z"),
    ];
    for (millis, text) in moments {
        assert_eq!(Time::parse(text), Some(Time::from_millis(millis.min(253_402_300_799_999))));
        let time = Time::from_millis(millis);
        assert_eq!(time.to_string(), text);
        assert_eq!(serde_json::to_string(&time).unwrap(), format!("\"{text}\""));
    }
}

#[test]
fn every_day_follows_the_one_before_it() {
    let date = |day: u64| Time::from_millis(day * 86_400_000).to_string()[..10].to_owned();
    let mut expected = (1970, 1, 1);
    for day in 0..800 * 366 {
        let (year, month, of_month) = expected;
        let text = format!("{year:04}-{month:02}-{of_month:02}");
        assert_eq!(date(day), text);
        let noon = Time::parse(&format!("{text}T12:00:00.001Z")).map(Time::as_millis);
        assert_eq!(noon, Some(day * 86_400_000 + 43_200_001));
        let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 if is_leap_year => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        expected = match (month, of_month) {
            (12, 31) => (year + 1, 1, 1),
            (_, last) if last == length => (year, month + 1, 1),
            _ => (year, month, of_month + 1),
        };
    }
}

#[test]
fn what_is_no_moment_is_not_read() {
    for text in [
        "",
        "2026-01-31",
        "2026-01-31T09:05:00Z",
        "2026-01-31T09:05:00.000+00:00",
        "2026-01-31 09:05:00.000Z",
        "2026-01-31T09:05:00.000z",
        "2026-1-031T09:05:00.000Z",
        "+026-01-31T09:05:00.000Z",
        "2026-00-31T09:05:00.000Z",
        "2026-13-01T09:05:00.000Z",
        "2026-04-31T09:05:00.000Z",
        "2026-02-29T09:05:00.000Z",
        "2026-01-00T09:05:00.000Z",
        "2026-01-31T24:00:00.000Z",
        "2026-01-31T09:60:00.000Z",
        "2026-01-31T09:05:60.000Z",
        "1969-12-31T23:59:59.999Z",
        "0000-01-01T00:00:00.000Z",
        "2026-01-31T09:05:00.00\u{e9}",
        "９９99-01-31T09:05:00",
    ] {
        assert_eq!(Time::parse(text), None, "{text}");
    }
}
