//! Readings as COPY takes them in its binary format.
//!
//! The format: <https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4>.

use chrono::{DateTime, Utc};

use crate::load::NewReading;

pub(in crate::load) const COPY_READINGS: &str =
    "COPY reading (time, value, received_at, seq, sensor_id, flag, journal_id) FROM STDIN (FORMAT binary)";

/// Signature, flags, and no extension of the header.
const HEAD: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: [u8; 2] = (-1_i16).to_be_bytes();
const FIELDS: i16 = 7;
/// The number of fields, a length before each, and the fields.
const ROW_BYTES: usize = 2 + 7 * 4 + 4 * 8 + 4 + 2 + 2;

/// Where the readings stand in the order of their key; `None` when two have one key.
pub(in crate::load) fn sorted_and_distinct(readings: &[NewReading]) -> Option<Vec<usize>> {
    let order = super::sort_by_key(readings);
    let key = |index: usize| (readings[index].sensor_id, readings[index].time);
    order
        .windows(2)
        .all(|pair| key(pair[0]) != key(pair[1]))
        .then_some(order)
}

/// The rows, in this order.
pub(in crate::load) fn copy_rows(readings: &[NewReading], order: &[usize], journal_id: i16) -> Vec<u8> {
    let mut rows = Vec::with_capacity(HEAD.len() + order.len() * ROW_BYTES + END.len());
    rows.extend_from_slice(HEAD);
    for &index in order {
        let reading = &readings[index];
        rows.extend_from_slice(&FIELDS.to_be_bytes());
        field(&mut rows, micros(reading.time).to_be_bytes());
        field(&mut rows, reading.value.to_be_bytes());
        field(&mut rows, micros(reading.received_at).to_be_bytes());
        field(&mut rows, reading.seq.to_be_bytes());
        field(&mut rows, reading.sensor_id.to_be_bytes());
        field(&mut rows, reading.flag.number().to_be_bytes());
        field(&mut rows, journal_id.to_be_bytes());
    }
    rows.extend_from_slice(&END);
    rows
}

fn field<const N: usize>(rows: &mut Vec<u8>, bytes: [u8; N]) {
    let length = i32::try_from(N).expect("a number has few bytes");
    rows.extend_from_slice(&length.to_be_bytes());
    rows.extend_from_slice(&bytes);
}

/// Microseconds since 2000-01-01, as PostgreSQL counts them.
fn micros(time: DateTime<Utc>) -> i64 {
    const YEAR_2000: i64 = 946_684_800_000_000;
    time.timestamp_micros().saturating_sub(YEAR_2000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::QualityFlag;
    use crate::load::OnConflict;

    fn reading(sensor_id: i32, seconds: i64) -> NewReading {
        let time = DateTime::from_timestamp(seconds, 0).unwrap();
        NewReading {
            sensor_id,
            time,
            value: 1.5,
            flag: QualityFlag::Pass,
            received_at: time,
            seq: 7,
            on_conflict: OnConflict::First,
        }
    }

    #[test]
    fn rows_are_as_long_as_reckoned_and_keys_are_distinct() {
        let readings = [reading(2, 5), reading(1, 9), reading(1, 5)];
        let order = sorted_and_distinct(&readings).unwrap();
        assert_eq!(order, [2, 1, 0]);
        let rows = copy_rows(&readings, &order, 3);
        assert_eq!(rows.len(), HEAD.len() + 3 * ROW_BYTES + END.len());
        assert_eq!(sorted_and_distinct(&[reading(1, 5), reading(1, 5)]), None);
    }

    #[test]
    fn postgresqls_epoch_is_the_year_2000() {
        assert_eq!(micros("2000-01-01T00:00:01Z".parse().unwrap()), 1_000_000);
    }
}
