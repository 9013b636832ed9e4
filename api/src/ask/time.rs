//! Times in questions and answers.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, SecondsFormat, SubsecRound, Timelike, Utc};

use crate::graphql::error::ApiError;

/// What is accepted as a time, for error messages and descriptions.
pub(crate) const ACCEPTED: &str = "RFC 3339 such as 2026-11-23T10:00:00.5Z or 2026-11-23T11:00:00+01:00; without an \
     offset it is UTC; a date alone is its midnight; or milliseconds since 1970 as a number or a string";

/// The forms without an offset, read as UTC.
const WITHOUT_OFFSET: [&str; 4] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
];

/// Reads a time; `None` when it is none of what is [`ACCEPTED`]. Digits finer than microseconds are cut.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let time = if let Ok(with_offset) = DateTime::parse_from_rfc3339(text) {
        with_offset.with_timezone(&Utc)
    } else if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        date.and_time(chrono::NaiveTime::MIN).and_utc()
    } else if let Some(local) = WITHOUT_OFFSET
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
    {
        local.and_utc()
    } else {
        return from_millis(text.parse().ok()?);
    };
    in_bounds(time)
}

/// Reads the time that `argument` gives as a text.
pub(crate) fn of_argument(argument: &str, text: &str) -> Result<DateTime<Utc>, ApiError> {
    parse(text).ok_or_else(|| ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: format!("{text:?} is no time"),
        accepted: ACCEPTED.to_owned(),
    })
}

/// Reads milliseconds since 1970.
pub(crate) fn from_millis(millis: i64) -> Option<DateTime<Utc>> {
    in_bounds(DateTime::from_timestamp_millis(millis)?)
}

/// Writes a time as answers show it: UTC with `Z`, and no, three or six digits of a second, as many as it needs.
pub(crate) fn format(time: DateTime<Utc>) -> String {
    time.trunc_subsecs(6).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// Writes a time as [`format()`] gives it, without its formatter and its own text: for long lists.
pub(crate) fn write(out: &mut Vec<u8>, time: DateTime<Utc>) {
    let time = time.naive_utc();
    let (micros, leap) = (time.nanosecond() / 1_000, time.nanosecond() >= 1_000_000_000);
    let year = match u32::try_from(time.year()) {
        Ok(year) if year <= 9999 && !leap => year,
        _ => return out.extend_from_slice(format(time.and_utc()).as_bytes()),
    };
    let mut text = *b"0000-00-00T00:00:00.000000Z";
    for (at, number) in [
        (0, year / 100),
        (2, year % 100),
        (5, time.month()),
        (8, time.day()),
        (11, time.hour()),
        (14, time.minute()),
        (17, time.second()),
        (20, micros / 10_000),
        (22, micros / 100 % 100),
        (24, micros % 100),
    ] {
        text[at..at + 2].copy_from_slice(&PAIRS[number as usize]);
    }
    let digits = match micros {
        0 => 0,
        micros if micros % 1_000 == 0 => 4,
        _ => 7,
    };
    text[19 + digits] = b'Z';
    out.extend_from_slice(&text[..=19 + digits]);
}

/// The two digits of each number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b"0123456789"[number / 10], b"0123456789"[number % 10]];
        number += 1;
    }
    pairs
};

/// The database's calendar and RFC 3339 both end somewhere; four digits of a year suit both.
pub(crate) fn in_bounds(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1..=9999).contains(&time.year()).then(|| time.trunc_subsecs(6))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<String> {
        parse(text).map(format)
    }

    #[test]
    fn accepted_forms_mean_the_same_instant() {
        for text in [
            "2026-11-23T10:00:00Z",
            "2026-11-23T11:00:00+01:00",
            "2026-11-23T10:00:00",
            "2026-11-23 10:00:00",
            "2026-11-23T10:00",
            "2026-11-23T10:00:00.000000",
            "1795428000000",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-11-23T10:00:00Z"), "{text}");
        }
        assert_eq!(read("2026-11-23").as_deref(), Some("2026-11-23T00:00:00Z"));
    }

    #[test]
    fn fractions_are_written_as_far_as_needed_and_cut_after_microseconds() {
        assert_eq!(
            read("2026-11-23T10:00:00.5Z").as_deref(),
            Some("2026-11-23T10:00:00.500Z")
        );
        assert_eq!(
            read("2026-11-23T10:00:00.123456789").as_deref(),
            Some("2026-11-23T10:00:00.123456Z")
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-11-23T25:00:00Z",
            "+262142-01-01T00:00:00Z",
            "9e9",
            "0000-01-01",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(from_millis(i64::MAX), None);
    }

    fn written(time: DateTime<Utc>) -> String {
        let mut out = Vec::new();
        write(&mut out, time);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_time_that_the_calendar_barely_knows_is_written_as_it_is_formatted() {
        let leap = NaiveDate::from_ymd_opt(2016, 12, 31)
            .unwrap()
            .and_hms_micro_opt(23, 59, 59, 1_500_000)
            .unwrap()
            .and_utc();
        for time in [leap, DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            assert_eq!(written(time), format(time));
        }
    }

    proptest! {
        #[test]
        fn any_time_is_written_as_it_is_formatted(
            seconds in -70_000_000_000_i64..260_000_000_000, nanos in prop_oneof![
                Just(0_u32), (0_u32..1_000).prop_map(|millis| millis * 1_000_000), (0_u32..1_000_000_000),
            ],
        ) {
            let time = DateTime::from_timestamp(seconds, nanos).unwrap();
            prop_assert_eq!(written(time), format(time));
        }

        #[test]
        fn any_time_that_is_accepted_can_be_said_again(
            text in prop_oneof![
                "\\PC{0,30}",
                "-?[0-9]{1,20}",
                "[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9](\\.[0-9]{1,12})?)?(Z|[+-][0-2][0-9]:[0-9]{2})?",
            ],
        ) {
            if let Some(time) = parse(&text) {
                prop_assert_eq!(parse(&format(time)), Some(time), "{}", text);
            }
        }
    }
}
