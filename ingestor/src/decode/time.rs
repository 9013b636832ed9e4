//! Instants as devices write them.
//!
//! ISO 8601 extended, as Python's `isoformat` and RFC 3339 write it: `YYYY-MM-DD`, `T`, `t` or a space, `hh:mm:ss`, a
//! fraction of 1 to 9 digits or none, and an offset (`Z`, `z`, `+hh:mm`, `+hhmm`, `+hh`) or none, which is UTC.
//! Digits beyond microseconds are cut, and a leap second (`:60`) is the second after it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// Reads an instant; `None` when the text is no such thing.
pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    let bytes = text.as_bytes();
    let (head, rest) = bytes.split_first_chunk::<19>()?;
    if head[4] != b'-' || head[7] != b'-' || head[13] != b':' || head[16] != b':' {
        return None;
    }
    if !matches!(head[10], b'T' | b't' | b' ') {
        return None;
    }
    let year = i32::try_from(number(&head[..4])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(&head[5..7])?, number(&head[8..10])?)?;
    let (hour, minute, second) = (
        number(&head[11..13])?,
        number(&head[14..16])?,
        number(&head[17..])?,
    );
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (micros, rest) = fraction(rest)?;
    let offset_minutes = offset(rest)?;
    let of_day = TimeDelta::seconds(i64::from(hour * 3600 + minute * 60 + second))
        + TimeDelta::microseconds(micros)
        - TimeDelta::minutes(offset_minutes);
    Some(date.and_hms_opt(0, 0, 0)?.checked_add_signed(of_day)?.and_utc())
}

/// The digits as a number; `None` when one of them is none.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0'))
    })
}

/// Microseconds of a fraction, and what follows it.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(digits) = rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b",")) else {
        return Some((0, rest));
    };
    let count = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let kept = &digits[..count.min(6)];
    let missing = u32::try_from(6 - kept.len()).ok()?;
    Some((i64::from(number(kept)?) * 10_i64.pow(missing), &digits[count..]))
}

/// Minutes east of UTC.
fn offset(rest: &[u8]) -> Option<i64> {
    let (sign, digits) = match rest {
        b"" | b"Z" | b"z" => return Some(0),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [h1, h2] => (number(&[*h1, *h2])?, 0),
        [h1, h2, m1, m2] | [h1, h2, b':', m1, m2] => (number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return None,
    };
    (hours <= 23 && minutes <= 59).then(|| sign * i64::from(hours * 60 + minutes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn reads(text: &str, expected: &str) {
        let time = parse(text).unwrap_or_else(|| panic!("{text} is not understood"));
        assert_eq!(time.to_rfc3339(), expected, "{text}");
    }

    #[test]
    fn what_devices_write_is_understood() {
        reads("2026-11-23T10:00:00.123456", "2026-11-23T10:00:00.123456+00:00");
        reads("2026-11-23T10:00:00", "2026-11-23T10:00:00+00:00");
        reads("2026-11-23T10:00:00Z", "2026-11-23T10:00:00+00:00");
        reads("2026-11-23 10:00:00.5z", "2026-11-23T10:00:00.500+00:00");
        reads("2026-11-23T10:00:00+01:00", "2026-11-23T09:00:00+00:00");
        reads("2026-11-23T10:00:00-0530", "2026-11-23T15:30:00+00:00");
        reads("2026-11-23T10:00:00+05", "2026-11-23T05:00:00+00:00");
        reads("2024-02-29T23:59:60Z", "2024-03-01T00:00:00+00:00");
    }

    #[test]
    fn digits_beyond_microseconds_are_cut() {
        reads(
            "2026-11-23T10:00:00.123456999Z",
            "2026-11-23T10:00:00.123456+00:00",
        );
        reads("2026-11-23T10:00:00.9999999Z", "2026-11-23T10:00:00.999999+00:00");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "now",
            "2026-11-23",
            "2026-11-23T10:00",
            "2026-13-01T00:00:00",
            "2026-02-30T00:00:00",
            "2026-11-23T24:00:00",
            "2026-11-23T10:60:00",
            "2026-11-23T10:00:61",
            "2026-11-23T10:00:00.",
            "2026-11-23T10:00:00.1234567890",
            "2026-11-23T10:00:00 +01:00",
            "2026-11-23T10:00:00+1:00",
            "2026-11-23T10:00:00ZZ",
            "20261123T100000Z",
            "+026-11-23T10:00:00",
            "2026-11-23T10:00:00+24:00",
            "２026-11-23T10:00:00",
            "1763892000",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_microsecond_of_ten_thousand_years_comes_back(micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000) {
            let time = DateTime::from_timestamp_micros(micros).expect("in range");
            let text = time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
            prop_assert_eq!(parse(&text), Some(time));
        }

        /// Texts that look like times, most of them wrong in one place; what is read is what chrono reads, too.
        #[test]
        fn any_near_miss_is_refused_or_means_what_rfc_3339_says(
            parts in prop::array::uniform6(0_u32..100), year in 0_u32..10_000, digits in "[0-9]{1,9}",
            zone in prop_oneof![Just("Z".to_owned()), "[+-][0-9]{2}:[0-9]{2}"],
        ) {
            let [month, day, hour, minute, second, _] = parts.map(|part| part % 70);
            let text = format!(
                "{year:04}-{:02}-{:02}T{:02}:{minute:02}:{second:02}.{digits}{zone}", month % 14, day % 33, hour % 26,
            );
            let read = DateTime::parse_from_rfc3339(&text).ok().map(|time| time.timestamp_micros());
            prop_assert_eq!(parse(&text).map(|time| time.timestamp_micros()), read, "{}", text);
        }

        #[test]
        fn any_text_is_a_time_or_none(text in "\\PC*") {
            let _ = parse(&text);
        }
    }
}
