//! Cursors: opaque to the asker, typed and versioned to us.
//!
//! ```text
//! base64url( version: u8 = 1 │ kind: u8 │ order: u8 │ fields of the kind )
//!
//! reading   'r'   time µs: i64   sensor: i32
//! sensor    's'   sensor: i32    name: text   sort: 0 | 1 text        text = length u16, UTF-8
//! bucket    'b'   sensor: i32    name: text   source: text   start µs: i64   to µs: i64
//! dataset   'd'   slug: text
//! version   'v'   valid from µs: i64
//! change    'c'   number: i64
//! incident  'i'   started µs: i64   id: 16 bytes
//! message   'q'   received µs: i64   journal: i16   seq: i64   item: i16
//! replay    'p'   number: i64
//! request   'w'   created µs: i64   id: 16 bytes
//! ```
//!
//! Integers are big-endian. A cursor names the place of a row, so it stays right while rows arrive.
//! One of another kind or order would silently start at the wrong row; it is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::access_requests::RequestKey;
use entity::incidents::IncidentKey;
use entity::quarantine::{MessagePlace, QuarantineKey};
use entity::query::readings::{Direction, ReadingKey};
use entity::query::sensors::{SensorKey, SensorOrder};
use uuid::Uuid;

use super::time;
use crate::buckets::BucketKey;
use crate::graphql::error::ApiError;

const VERSION: u8 = 1;
const READING: u8 = b'r';
const SENSOR: u8 = b's';
const BUCKET: u8 = b'b';
const DATASET: u8 = b'd';
const VERSION_OF_SENSOR: u8 = b'v';
const CHANGE: u8 = b'c';
const INCIDENT: u8 = b'i';
const QUARANTINED: u8 = b'q';
const REPLAY: u8 = b'p';
const REQUEST: u8 = b'w';

/// Writes the place of a reading.
pub(crate) fn of_reading(key: ReadingKey, direction: Direction) -> String {
    let mut bytes = vec![VERSION, READING, direction_code(direction)];
    bytes.extend(key.time.timestamp_micros().to_be_bytes());
    bytes.extend(key.sensor_id.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a reading in a list of this order; `argument` gave it.
pub(crate) fn to_reading(
    argument: &'static str,
    cursor: &str,
    direction: Direction,
) -> Result<ReadingKey, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, READING, direction_code(direction)])?;
        let time = fields.time()?;
        let sensor_id = i32::from_be_bytes(fields.take()?);
        fields.end(ReadingKey { time, sensor_id })
    };
    read().ok_or_else(|| refused(argument, "a list of readings in the same order"))
}

/// Writes the place of a sensor.
pub(crate) fn of_sensor(key: &SensorKey, order: SensorOrder) -> String {
    let mut bytes = vec![VERSION, SENSOR, order_code(order)];
    bytes.extend(key.id.to_be_bytes());
    push_text(&mut bytes, &key.name);
    match &key.sort {
        None => bytes.push(0),
        Some(sort) => {
            bytes.push(1);
            push_text(&mut bytes, sort);
        }
    }
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a sensor in a list of this order; `argument` gave it.
pub(crate) fn to_sensor(
    argument: &'static str,
    cursor: &str,
    order: SensorOrder,
) -> Result<SensorKey, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, SENSOR, order_code(order)])?;
        let id = i32::from_be_bytes(fields.take()?);
        let name = fields.text()?;
        let sort = match fields.take::<1>()? {
            [0] => None,
            [1] => Some(fields.text()?),
            _ => return None,
        };
        fields
            .end(SensorKey { sort, name, id })
            .filter(|key| order.accepts(key))
    };
    read().ok_or_else(|| refused(argument, "a list of sensors in the same order"))
}

/// Writes the place of a bucket, in a list by sensor and start whose range ends at `to`: where the question leaves that
/// open, all its pages end where the first one did.
pub(crate) fn of_bucket(key: &BucketKey, to: DateTime<Utc>) -> String {
    let mut bytes = vec![VERSION, BUCKET, b'a'];
    bytes.extend(key.sensor.id.to_be_bytes());
    push_text(&mut bytes, &key.sensor.name);
    push_text(&mut bytes, key.sensor.sort.as_deref().unwrap_or_default());
    bytes.extend(key.start.timestamp_micros().to_be_bytes());
    bytes.extend(to.timestamp_micros().to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a bucket, and where the range of its list ends; `argument` gave it.
pub(crate) fn to_bucket(
    argument: &'static str,
    cursor: &str,
) -> Result<(BucketKey, DateTime<Utc>), ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, BUCKET, b'a'])?;
        let id = i32::from_be_bytes(fields.take()?);
        let name = fields.text()?;
        let sort = Some(fields.text()?);
        let start = fields.time()?;
        let to = fields.time()?;
        let sensor = SensorKey { sort, name, id };
        fields.end((BucketKey { sensor, start }, to))
    };
    read().ok_or_else(|| refused(argument, "a list of the same buckets"))
}

/// Writes the place of a dataset.
pub(crate) fn of_dataset(slug: &str) -> String {
    let mut bytes = vec![VERSION, DATASET, b'a'];
    push_text(&mut bytes, slug);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a dataset; `argument` gave it.
pub(crate) fn to_dataset(argument: &'static str, cursor: &str) -> Result<String, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, DATASET, b'a'])?;
        let slug = fields.text()?;
        fields.end(slug)
    };
    read().ok_or_else(|| refused(argument, "a list of datasets"))
}

/// Writes the place of a version in the history of a sensor: from when it was in force.
pub(crate) fn of_version(valid_from: DateTime<Utc>) -> String {
    let mut bytes = vec![VERSION, VERSION_OF_SENSOR, b'd'];
    bytes.extend(valid_from.timestamp_micros().to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a version in the history of a sensor; `argument` gave it.
pub(crate) fn to_version(argument: &'static str, cursor: &str) -> Result<DateTime<Utc>, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, VERSION_OF_SENSOR, b'd'])?;
        let valid_from = fields.time()?;
        fields.end(valid_from)
    };
    read().ok_or_else(|| refused(argument, "a history of a sensor"))
}

/// Writes the place of a steward's change.
pub(crate) fn of_change(id: i64) -> String {
    let mut bytes = vec![VERSION, CHANGE, b'd'];
    bytes.extend(id.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a steward's change; `argument` gave it.
pub(crate) fn to_change(argument: &'static str, cursor: &str) -> Result<i64, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, CHANGE, b'd'])?;
        let id = i64::from_be_bytes(fields.take()?);
        fields.end(id)
    };
    read().ok_or_else(|| refused(argument, "a list of stewards' changes"))
}

/// Writes the place of an incident.
pub(crate) fn of_incident(key: IncidentKey) -> String {
    let mut bytes = vec![VERSION, INCIDENT, b'd'];
    bytes.extend(key.started_at.timestamp_micros().to_be_bytes());
    bytes.extend(key.id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of an incident; `argument` gave it.
pub(crate) fn to_incident(argument: &'static str, cursor: &str) -> Result<IncidentKey, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, INCIDENT, b'd'])?;
        let started_at = fields.time()?;
        let id = Uuid::from_bytes(fields.take()?);
        fields.end(IncidentKey { started_at, id })
    };
    read().ok_or_else(|| refused(argument, "a list of incidents"))
}

/// Writes the place of a message that was set aside.
pub(crate) fn of_quarantined(key: QuarantineKey) -> String {
    let mut bytes = vec![VERSION, QUARANTINED, b'd'];
    bytes.extend(key.received_at.timestamp_micros().to_be_bytes());
    bytes.extend(key.place.journal_id.to_be_bytes());
    bytes.extend(key.place.seq.to_be_bytes());
    bytes.extend(key.place.item.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a message that was set aside; `argument` gave it.
pub(crate) fn to_quarantined(argument: &'static str, cursor: &str) -> Result<QuarantineKey, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, QUARANTINED, b'd'])?;
        let received_at = fields.time()?;
        let place = MessagePlace {
            journal_id: i16::from_be_bytes(fields.take()?),
            seq: i64::from_be_bytes(fields.take()?),
            item: i16::from_be_bytes(fields.take()?),
        };
        fields.end(QuarantineKey { received_at, place })
    };
    read().ok_or_else(|| refused(argument, "a list of messages that were set aside"))
}

/// Writes the place of a request to replay.
pub(crate) fn of_replay(id: i64) -> String {
    let mut bytes = vec![VERSION, REPLAY, b'd'];
    bytes.extend(id.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a request to replay; `argument` gave it.
pub(crate) fn to_replay(argument: &'static str, cursor: &str) -> Result<i64, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, REPLAY, b'd'])?;
        let id = i64::from_be_bytes(fields.take()?);
        fields.end(id)
    };
    read().ok_or_else(|| refused(argument, "a list of requests to replay"))
}

/// Writes the place of a request for access.
pub(crate) fn of_request(key: RequestKey) -> String {
    let mut bytes = vec![VERSION, REQUEST, b'd'];
    bytes.extend(key.created_at.timestamp_micros().to_be_bytes());
    bytes.extend(key.id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads the place of a request for access; `argument` gave it.
pub(crate) fn to_request(argument: &'static str, cursor: &str) -> Result<RequestKey, ApiError> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let mut fields = Fields(&bytes);
        fields.expect(&[VERSION, REQUEST, b'd'])?;
        let created_at = fields.time()?;
        let id = Uuid::from_bytes(fields.take()?);
        fields.end(RequestKey { created_at, id })
    };
    read().ok_or_else(|| refused(argument, "a list of requests for access"))
}

/// A cursor is not one of the list.
pub(crate) fn refused(argument: &'static str, list: &str) -> ApiError {
    ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: "this cursor is not of this list".to_owned(),
        accepted: format!("a cursor, unchanged, from {list}"),
    }
}

fn direction_code(direction: Direction) -> u8 {
    match direction {
        Direction::Asc => b'a',
        Direction::Desc => b'd',
    }
}

fn order_code(order: SensorOrder) -> u8 {
    match order {
        SensorOrder::NameAsc => b'n',
        SensorOrder::NameDesc => b'N',
        SensorOrder::TypeAsc => b't',
        SensorOrder::TypeDesc => b'T',
        SensorOrder::ActiveSinceAsc => b's',
        SensorOrder::ActiveSinceDesc => b'S',
    }
}

/// Texts longer than a length field can say are cut: names in the database are far shorter.
fn push_text(bytes: &mut Vec<u8>, text: &str) {
    let text = &text.as_bytes()[..text.floor_char_boundary(u16::MAX.into())];
    bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(text);
}

/// The bytes of a cursor that are not read yet.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*field)
    }

    fn expect(&mut self, head: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(head)?;
        Some(())
    }

    fn time(&mut self) -> Option<DateTime<Utc>> {
        let micros = i64::from_be_bytes(self.take()?);
        time::in_bounds(DateTime::from_timestamp_micros(micros)?)
    }

    fn text(&mut self) -> Option<String> {
        let length = u16::from_be_bytes(self.take()?).into();
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec())
            .ok()
            .filter(|text| !text.contains('\0'))
    }

    fn end<T>(&self, whole: T) -> Option<T> {
        self.0.is_empty().then_some(whole)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reading() -> ReadingKey {
        ReadingKey {
            time: DateTime::from_timestamp_micros(1_795_428_000_123_456).unwrap(),
            sensor_id: 7,
        }
    }

    fn sensor() -> SensorKey {
        SensorKey {
            sort: Some("temperature".into()),
            name: "Kühlung 1".into(),
            id: 7,
        }
    }

    #[test]
    fn cursors_come_back_as_they_went() {
        let cursor = of_reading(reading(), Direction::Desc);
        assert_eq!(to_reading("after", &cursor, Direction::Desc).unwrap(), reading());
        for key in [
            sensor(),
            SensorKey {
                sort: None,
                ..sensor()
            },
        ] {
            let cursor = of_sensor(&key, SensorOrder::TypeAsc);
            assert_eq!(to_sensor("after", &cursor, SensorOrder::TypeAsc).unwrap(), key);
        }
    }

    fn bucket() -> BucketKey {
        BucketKey {
            sensor: SensorKey {
                sort: Some("plant".into()),
                ..sensor()
            },
            start: DateTime::from_timestamp(1_795_428_000, 0).unwrap(),
        }
    }

    #[test]
    fn the_place_of_a_bucket_comes_back_with_the_end_of_its_list() {
        let at = DateTime::from_timestamp_micros(1_795_428_123_456_789).unwrap();
        let cursor = of_bucket(&bucket(), at);
        assert_eq!(to_bucket("after", &cursor).unwrap(), (bucket(), at));
        assert!(to_bucket("after", &of_reading(reading(), Direction::Asc)).is_err());
        assert!(to_sensor("after", &cursor, SensorOrder::NameAsc).is_err());
    }

    #[test]
    fn the_place_of_a_version_comes_back_and_is_no_other_place() {
        let time = reading().time;
        let cursor = of_version(time);
        assert_eq!(to_version("after", &cursor).unwrap(), time);
        assert!(to_reading("after", &cursor, Direction::Desc).is_err());
        assert!(to_version("after", &of_reading(reading(), Direction::Desc)).is_err());
    }

    #[test]
    fn cursors_of_another_kind_or_order_are_refused() {
        let of_readings = of_reading(reading(), Direction::Asc);
        let of_sensors = of_sensor(&sensor(), SensorOrder::NameAsc);
        assert!(to_reading("after", &of_readings, Direction::Desc).is_err());
        assert!(to_reading("after", &of_sensors, Direction::Asc).is_err());
        assert!(to_sensor("after", &of_readings, SensorOrder::NameAsc).is_err());
        assert!(to_sensor("after", &of_sensors, SensorOrder::NameDesc).is_err());
    }

    #[test]
    fn a_cursor_of_a_time_that_the_database_does_not_know_is_refused() {
        for (year, accepted) in [
            (2026, true),
            (1, true),
            (9999, true),
            (0, false),
            (10_000, false),
            (-200_000, false),
        ] {
            let time = chrono::NaiveDate::from_ymd_opt(year, 2, 3)
                .unwrap()
                .and_time(chrono::NaiveTime::MIN)
                .and_utc();
            let cursor = of_reading(ReadingKey { time, sensor_id: 7 }, Direction::Asc);
            assert_eq!(
                to_reading("after", &cursor, Direction::Asc).is_ok(),
                accepted,
                "{year}"
            );
            let key = SensorKey {
                sort: Some(time.timestamp_micros().to_string()),
                ..sensor()
            };
            let cursor = of_sensor(&key, SensorOrder::ActiveSinceAsc);
            assert_eq!(
                to_sensor("after", &cursor, SensorOrder::ActiveSinceAsc).is_ok(),
                accepted,
                "{year}"
            );
        }
    }

    #[test]
    fn damaged_cursors_are_refused() {
        let whole = URL_SAFE_NO_PAD
            .decode(of_sensor(&sensor(), SensorOrder::NameAsc))
            .unwrap();
        for end in 0..whole.len() {
            let cut = URL_SAFE_NO_PAD.encode(&whole[..end]);
            assert!(
                to_sensor("after", &cut, SensorOrder::NameAsc).is_err(),
                "cut at {end}"
            );
        }
        for text in ["", "%", "AAAA", "null", "MQ=="] {
            assert!(to_sensor("after", text, SensorOrder::NameAsc).is_err(), "{text}");
        }
    }

    const ORDERS: [SensorOrder; 6] = [
        SensorOrder::NameAsc,
        SensorOrder::NameDesc,
        SensorOrder::TypeAsc,
        SensorOrder::TypeDesc,
        SensorOrder::ActiveSinceAsc,
        SensorOrder::ActiveSinceDesc,
    ];

    proptest! {
        #[test]
        fn any_place_of_a_reading_comes_back(
            micros in -62_135_596_800_000_000_i64..253_402_300_800_000_000, sensor_id: i32, desc: bool,
        ) {
            let direction = if desc { Direction::Desc } else { Direction::Asc };
            let key = ReadingKey { time: DateTime::from_timestamp_micros(micros).unwrap(), sensor_id };
            let cursor = of_reading(key, direction);
            prop_assert_eq!(to_reading("after", &cursor, direction).unwrap(), key);
        }

        #[test]
        fn any_place_of_a_sensor_comes_back(
            sort in prop::option::of("[^\\x00]{0,40}"), name in "[^\\x00]{0,40}", id: i32, order in prop::sample::select(&ORDERS[..]),
        ) {
            let key = SensorKey { sort, name, id };
            let read = to_sensor("after", &of_sensor(&key, order), order).ok();
            prop_assert_eq!(read, order.accepts(&key).then_some(key));
        }

        #[test]
        fn any_damage_is_refused_or_gives_a_cursor_that_we_would_write(
            sort in prop::option::of("[0-9]{0,17}"), order in prop::sample::select(&ORDERS[..]),
            at: prop::sample::Index, byte: u8, cut: bool, text in "[A-Za-z0-9_=-]{0,40}",
        ) {
            let mut bytes = URL_SAFE_NO_PAD.decode(of_sensor(&SensorKey { sort, ..sensor() }, order)).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            for text in [URL_SAFE_NO_PAD.encode(&bytes), text] {
                if let Ok(key) = to_sensor("after", &text, order) {
                    prop_assert_eq!(of_sensor(&key, order), text.clone());
                }
                if let Ok((key, at)) = to_bucket("after", &text) {
                    prop_assert_eq!(of_bucket(&key, at), text.clone());
                }
                if let Ok(key) = to_reading("after", &text, Direction::Asc) {
                    prop_assert_eq!(of_reading(key, Direction::Asc), text);
                }
            }
        }
    }
}
