//! From a row of an imported file to a reading.
//!
//! The importer writes each row as a message would say it, whatever the file's format and the messages of its source are:
//! `{"id": "Sensor 1", "dt": "2019-11-23T10:00:00.000000Z", "value": 17}`. A row that can't be used is written as it stood in
//! the file, so that what is wrong with it is said here.
//!
//! History may be of any time. An import that wants its rows within others than "not of the future" says so in each:
//! `"earliest"` and `"latest"`.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Bounds, Decoded, Rejected, check_name, check_within, shape_of, text_of, time, time_of};

#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    dt: Cow<'a, str>,
    value: f64,
    #[serde(borrow, default)]
    earliest: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    latest: Option<Cow<'a, str>>,
}

/// Decodes the payload of an imported row that was taken at `received_at`.
pub fn decode<'a>(
    payload: &'a [u8],
    received_at: DateTime<Utc>,
    bounds: &Bounds,
) -> Result<Decoded<'a>, Rejected> {
    let text = text_of(payload, bounds)?;
    let shape: Shape<'a> = shape_of(text, bounds)?;
    check_name(&shape.id, bounds)?;
    let bound = |text: &Option<Cow<'_, str>>| text.as_deref().and_then(time::parse);
    let earliest = bound(&shape.earliest).unwrap_or_else(first_year);
    let latest = bound(&shape.latest).unwrap_or_else(|| {
        received_at
            .checked_add_signed(bounds.time_future_max)
            .unwrap_or(received_at)
    });
    let time = time_of(&shape.dt).and_then(|time| check_within(time, earliest, latest).map(|()| time));
    match time {
        Ok(time) => Ok(Decoded {
            sensor: shape.id,
            time,
            value: shape.value,
        }),
        Err(why) => Err(Rejected {
            why,
            sensor: Some(shape.id.into_owned()),
        }),
    }
}

/// The first of January of the year 1: earlier ones have no four digits in every calendar.
fn first_year() -> DateTime<Utc> {
    const MICROS: i64 = -62_135_596_800_000_000;
    DateTime::from_timestamp_micros(MICROS).unwrap_or(DateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(payload: &str) -> Result<String, &'static str> {
        let received_at = "2026-11-23T10:00:00Z".parse().expect("a time");
        decode(payload.as_bytes(), received_at, &Bounds::default())
            .map(|decoded| decoded.time.to_rfc3339())
            .map_err(|rejected| rejected.why.code())
    }

    #[test]
    fn history_is_of_any_time_but_the_future_or_within_what_it_says() {
        let row = |dt: &str, more: &str| read(&format!(r#"{{"id": "a", "dt": "{dt}", "value": 1{more}}}"#));
        assert_eq!(
            row("1850-01-01T00:00:00Z", "").as_deref(),
            Ok("1850-01-01T00:00:00+00:00")
        );
        assert_eq!(
            row("2026-11-23T10:59:00Z", "").as_deref(),
            Ok("2026-11-23T10:59:00+00:00")
        );
        assert_eq!(row("2026-11-23T11:01:00Z", ""), Err("time_too_new"));
        let within = r#", "earliest": "2000-01-01T00:00:00Z", "latest": "2030-01-01T00:00:00Z""#;
        assert_eq!(row("1999-12-31T00:00:00Z", within), Err("time_too_old"));
        assert_eq!(
            row("2029-12-31T00:00:00Z", within).as_deref(),
            Ok("2029-12-31T00:00:00+00:00")
        );
        assert_eq!(row("2030-01-02T00:00:00Z", within), Err("time_too_new"));
    }

    #[test]
    fn what_stood_in_the_file_is_refused_for_what_it_is() {
        for (payload, code) in [
            ("", "empty"),
            ("a;b;c", "not_json"),
            (r#"["a", "2026-01-01T00:00:00Z", 1]"#, "wrong_shape"),
            (r#"{"dt": "2026-01-01T00:00:00Z", "value": 1}"#, "sensor_missing"),
            (r#"{"id": "a", "value": 1}"#, "time_missing"),
            (r#"{"id": "a", "dt": "yesterday", "value": 1}"#, "time_malformed"),
            (r#"{"id": "a", "dt": "2026-01-01T00:00:00Z"}"#, "value_missing"),
            (
                r#"{"id": "a", "dt": "2026-01-01T00:00:00Z", "value": "NaN"}"#,
                "value_not_number",
            ),
        ] {
            assert_eq!(read(payload), Err(code), "{payload}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_reading_or_a_reason(payload: Vec<u8>) {
            let _ = decode(&payload, DateTime::UNIX_EPOCH, &Bounds::default());
        }
    }
}
