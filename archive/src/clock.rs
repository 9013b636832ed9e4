//! The one spelling of times in lines and metadata: RFC 3339 in UTC, six digits, `Z`. It reads no clock.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// `2026-11-23T10:00:00.123456Z`.
const LENGTH: usize = 27;

/// Cuts a time to microseconds; `None` outside the years 0000 to 9999, which four digits can't say.
pub(crate) fn microseconds(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    // The way over an integer also turns a leap second's 60 into the next second, which every parser can read.
    from_microseconds(time.timestamp_micros())
}

/// The time so many microseconds after 1970; `None` outside the years 0000 to 9999.
pub(crate) fn from_microseconds(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).filter(|time| (0..=9999).contains(&time.year()))
}

/// Appends a time that [`microseconds`] gave.
pub(crate) fn write(out: &mut Vec<u8>, time: DateTime<Utc>) {
    digits(out, time.year().unsigned_abs(), 4);
    for (before, number) in [
        (b'-', time.month()),
        (b'-', time.day()),
        (b'T', time.hour()),
        (b':', time.minute()),
        (b':', time.second()),
    ] {
        out.push(before);
        digits(out, number, 2);
    }
    out.push(b'.');
    digits(out, time.timestamp_subsec_micros(), 6);
    out.push(b'Z');
}

/// The same as text.
pub(crate) fn text(time: DateTime<Utc>) -> String {
    let mut out = Vec::with_capacity(LENGTH);
    write(&mut out, time);
    String::from_utf8(out).expect("digits and punctuation are ASCII")
}

/// Reads what [`write()`] writes, and nothing else.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let bytes = text.as_bytes();
    if bytes.len() != LENGTH {
        return None;
    }
    let separators = [
        (4, b'-'),
        (7, b'-'),
        (10, b'T'),
        (13, b':'),
        (16, b':'),
        (19, b'.'),
        (26, b'Z'),
    ];
    if separators.iter().any(|&(at, separator)| bytes[at] != separator) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(
        number(&bytes[0..4])?.cast_signed(),
        number(&bytes[5..7])?,
        number(&bytes[8..10])?,
    )?;
    let time = date.and_hms_micro_opt(
        number(&bytes[11..13])?,
        number(&bytes[14..16])?,
        number(&bytes[17..19])?,
        number(&bytes[20..26])?,
    )?;
    Some(time.and_utc())
}

fn digits(out: &mut Vec<u8>, number: u32, width: u32) {
    for place in (0..width).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit).expect("a remainder by ten is one digit"));
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u32::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_writable_time_is_read_back(micros in -62_167_219_200_000_000_i64..253_402_300_800_000_000) {
            let time = from_microseconds(micros).unwrap();
            prop_assert_eq!(parse(&text(time)), Some(time));
            prop_assert_eq!(text(time), time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }

    #[test]
    fn only_the_one_spelling_is_read() {
        assert!(parse("2026-11-23T10:00:00.123456Z").is_some());
        for other in [
            "2026-11-23T10:00:00Z",
            "2026-11-23 10:00:00.123456Z",
            "2026-11-23T10:00:00.123456z",
            "2026-11-23T10:00:60.123456Z",
            "2026-02-29T10:00:00.123456Z",
            "2026-11-23T10:00:00.12345 Z",
            "+026-11-23T10:00:00.123456Z",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn years_that_four_digits_cannot_say_are_refused() {
        assert_eq!(from_microseconds(253_402_300_800_000_000), None);
        assert_eq!(from_microseconds(-62_167_219_200_000_001), None);
        assert_eq!(microseconds(DateTime::<Utc>::MAX_UTC), None);
    }
}
