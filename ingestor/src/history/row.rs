//! A row of a file as the payload of a record: as a message would say it, or as it stands where it can't be used.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, Utc};

use super::{Layout, SensorFrom, TimeFormat};
use crate::decode::time;

/// What stands in a column of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    /// Nothing.
    Missing,
    /// Text, which may be that of a number.
    Text(&'a str),
    /// A value as JSON writes it.
    Json(&'a str),
    /// A whole number.
    Whole(i128),
    /// A number.
    Number(f64),
    /// An instant.
    Time(DateTime<Utc>),
}

/// The cells that matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) sensor: Cell<'a>,
    pub(super) time: Cell<'a>,
    pub(super) value: Cell<'a>,
}

impl Cell<'_> {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Missing => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Json(json) => *json == "null",
            Self::Whole(_) | Self::Number(_) | Self::Time(_) => false,
        }
    }
}

/// Writes the payload of a row.
pub(super) fn write(layout: &Layout, cells: &Cells<'_>, out: &mut Vec<u8>) {
    out.clear();
    out.push(b'{');
    match &layout.sensor {
        SensorFrom::Fixed(name) => member(out, "id", |out| string(out, name)),
        SensorFrom::Column(_) => match cells.sensor {
            Cell::Missing => {}
            Cell::Text(text) => member(out, "id", |out| string(out, text)),
            // A number is a name like another.
            Cell::Json(json) if is_number(json) => member(out, "id", |out| string(out, json)),
            Cell::Json(json) => member(out, "id", |out| out.extend_from_slice(json.as_bytes())),
            Cell::Whole(number) => member(out, "id", |out| string(out, &number.to_string())),
            Cell::Number(number) => member(out, "id", |out| string(out, &number.to_string())),
            Cell::Time(time) => member(out, "id", |out| instant(out, time)),
        },
    }
    match read_time(&layout.time, cells.time) {
        Some(time) => member(out, "dt", |out| instant(out, time)),
        None => as_it_stands(out, "dt", cells.time),
    }
    match cells.value {
        Cell::Text(text) => match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() => member(out, "value", |out| number(out, value)),
            _ => as_it_stands(out, "value", cells.value),
        },
        other => as_it_stands(out, "value", other),
    }
    for (name, bound) in [("earliest", layout.earliest), ("latest", layout.latest)] {
        if let Some(bound) = bound {
            member(out, name, |out| instant(out, bound));
        }
    }
    out.push(b'}');
}

/// What can't be used, so that its reason can be told; an empty text is nothing.
fn as_it_stands(out: &mut Vec<u8>, name: &str, cell: Cell<'_>) {
    match cell {
        cell if cell.is_empty() => {}
        // Which is empty, too.
        Cell::Missing => {}
        Cell::Text(text) => member(out, name, |out| string(out, text)),
        Cell::Json(json) => member(out, name, |out| out.extend_from_slice(json.as_bytes())),
        #[expect(clippy::cast_precision_loss, reason = "a reading is a double")]
        Cell::Whole(value) => member(out, name, |out| number(out, value as f64)),
        Cell::Number(value) if value.is_finite() => member(out, name, |out| number(out, value)),
        Cell::Number(value) => member(out, name, |out| string(out, &value.to_string())),
        Cell::Time(time) => member(out, name, |out| instant(out, time)),
    }
}

fn read_time(format: &TimeFormat, cell: Cell<'_>) -> Option<DateTime<Utc>> {
    let text = match cell {
        Cell::Time(time) => return Some(time),
        Cell::Text(text) => text.trim(),
        Cell::Json(json) if is_number(json) => json,
        Cell::Json(json) => json
            .strip_prefix('"')?
            .strip_suffix('"')
            .filter(|text| !text.contains('\\'))?,
        Cell::Whole(number) => return read_time(format, Cell::Text(&number.to_string())),
        Cell::Number(number) => return read_time(format, Cell::Text(&number.to_string())),
        Cell::Missing => return None,
    };
    match format {
        TimeFormat::Iso => time::parse(text),
        TimeFormat::Epoch { per_second } => epoch(text, *per_second),
        TimeFormat::Pattern(pattern) => DateTime::parse_from_str(text, pattern)
            .map(|time| time.to_utc())
            .or_else(|_| NaiveDateTime::parse_from_str(text, pattern).map(|time| time.and_utc()))
            .ok(),
    }
}

/// An instant by how many seconds, or parts of a second, it lies after 1970; digits beyond microseconds are cut.
fn epoch(text: &str, per_second: i64) -> Option<DateTime<Utc>> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 20 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(9)];
    let scale = 10_i128.pow(u32::try_from(kept.len()).ok()?);
    let mut units: i128 = whole.parse::<i128>().ok()? * scale;
    if !kept.is_empty() {
        units += kept.parse::<i128>().ok()?;
    }
    let micros = units * 1_000_000 / scale / i128::from(per_second);
    let micros = i64::try_from(if negative { -micros } else { micros }).ok()?;
    DateTime::from_timestamp_micros(micros)
}

fn is_number(json: &str) -> bool {
    json.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

fn member(out: &mut Vec<u8>, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    if out.len() > 1 {
        out.push(b',');
    }
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    value(out);
}

fn string(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("memory takes every string");
}

fn number(out: &mut Vec<u8>, value: f64) {
    serde_json::to_writer(out, &value).expect("memory takes every number");
}

fn instant(out: &mut Vec<u8>, time: DateTime<Utc>) {
    out.push(b'"');
    out.extend_from_slice(time.to_rfc3339_opts(SecondsFormat::Micros, true).as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::{Bounds, imported};

    fn payload(layout: &Layout, sensor: Cell<'_>, time: Cell<'_>, value: Cell<'_>) -> String {
        let mut out = Vec::new();
        write(layout, &Cells { sensor, time, value }, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn rows_are_written_as_messages_say_them() {
        let layout = Layout::default();
        let good = payload(
            &layout,
            Cell::Text("Sensor 1"),
            Cell::Text(" 2019-11-23 10:00:00.5+01:00"),
            Cell::Text("17.50 "),
        );
        assert_eq!(
            good,
            r#"{"id":"Sensor 1","dt":"2019-11-23T09:00:00.500000Z","value":17.5}"#
        );
        let json = payload(
            &layout,
            Cell::Json("17"),
            Cell::Json("\"2019-11-23T10:00:00Z\""),
            Cell::Json("-1e3"),
        );
        assert_eq!(
            json,
            r#"{"id":"17","dt":"2019-11-23T10:00:00.000000Z","value":-1e3}"#
        );
    }

    #[test]
    fn what_can_t_be_used_is_written_as_it_stands() {
        let layout = Layout::default();
        let bad = payload(&layout, Cell::Missing, Cell::Text("yesterday"), Cell::Text("n/a"));
        assert_eq!(bad, r#"{"dt":"yesterday","value":"n/a"}"#);
        let empty = payload(&layout, Cell::Text("a"), Cell::Text(""), Cell::Number(f64::NAN));
        assert_eq!(empty, r#"{"id":"a","value":"NaN"}"#);
        assert_eq!(
            payload(&layout, Cell::Missing, Cell::Missing, Cell::Missing),
            "{}"
        );
    }

    #[test]
    fn a_fixed_sensor_and_bounds_stand_in_each_row() {
        let layout = Layout {
            sensor: SensorFrom::Fixed("Boiler \"3\"".to_owned()),
            time: TimeFormat::Pattern("%d.%m.%Y %H:%M".to_owned()),
            earliest: Some(DateTime::UNIX_EPOCH),
            ..Layout::default()
        };
        let row = payload(
            &layout,
            Cell::Missing,
            Cell::Text("23.11.2019 10:00"),
            Cell::Number(3.0),
        );
        assert_eq!(
            row,
            r#"{"id":"Boiler \"3\"","dt":"2019-11-23T10:00:00.000000Z","value":3.0,"earliest":"1970-01-01T00:00:00.000000Z"}"#
        );
    }

    #[test]
    fn epochs_are_exact() {
        for (text, per_second, micros) in [
            ("1700000000", 1, Some(1_700_000_000_000_000)),
            ("1700000000.1234567", 1, Some(1_700_000_000_123_456)),
            ("-1.5", 1, Some(-1_500_000)),
            ("1700000000123", 1_000, Some(1_700_000_000_123_000)),
            ("1700000000123456789", 1_000_000_000, Some(1_700_000_000_123_456)),
            ("", 1, None),
            ("1e9", 1, None),
            ("12:00", 1, None),
            ("99999999999999999999", 1, None),
        ] {
            let read = epoch(text, per_second).map(|time| time.timestamp_micros());
            assert_eq!(read, micros, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_row_is_a_reading_or_has_a_reason(sensor: String, time: String, value: String, fixed: bool) {
            let layout = Layout {
                sensor: if fixed { SensorFrom::Fixed("a".to_owned()) } else { SensorFrom::Column(None) },
                ..Layout::default()
            };
            let row = payload(&layout, Cell::Text(&sensor), Cell::Text(&time), Cell::Text(&value));
            let read: serde_json::Value = serde_json::from_str(&row).expect("JSON");
            prop_assert!(read.is_object());
            let _ = imported::decode(row.as_bytes(), DateTime::UNIX_EPOCH, &Bounds::default());
        }

        #[test]
        fn any_number_comes_back(value in prop::num::f64::NORMAL | prop::num::f64::ZERO, micros in 0_i64..4_000_000_000_000_000) {
            let time = DateTime::from_timestamp_micros(micros).expect("a time");
            let row = payload(&Layout::default(), Cell::Text("a"), Cell::Time(time), Cell::Text(&value.to_string()));
            let late = DateTime::from_timestamp(4_000_000_000, 0).expect("a time");
            let read = imported::decode(row.as_bytes(), late, &Bounds::default()).expect("a reading");
            prop_assert_eq!((read.time, read.value.to_bits()), (time, value.to_bits()));
        }
    }
}
