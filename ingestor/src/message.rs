//! What the ingestor writes into the journal: a record's body, as bytes.
//!
//! ```text
//! kind u8 | flags u8 | received_at i64 | source_len u16 | source | topic_len u16 | topic | payload
//! ```
//!
//! Little endian; `received_at` in microseconds since 1970; flags: bits 0 and 1 `QoS`, bit 2 `retain`, bit 3 `dup`.
//! The format is frozen: a new layout gets a new kind. The journal adds position and checksum.

use chrono::{DateTime, Datelike as _, Utc};

use crate::decode::Message;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A message as the broker delivered it.
    Message = 1,
    /// A sensor list, so that a replay flags readings in the same order.
    SensorList = 2,
    /// A row of an imported file: read as [`decode::imported`](crate::decode::imported) says, whatever its source is sent.
    Imported = 3,
}

/// A record of the journal, borrowed from its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What it is.
    pub kind: Kind,
    /// Quality of service of the delivery: 0 or 1.
    pub qos: u8,
    /// The broker had kept it.
    pub retain: bool,
    /// The broker delivered it again.
    pub dup: bool,
    /// When we received it, microseconds since 1970.
    pub received_at_us: i64,
    /// The configured source.
    pub source: &'a str,
    /// The topic, which MQTT wants to be UTF-8 and a broker might not check.
    pub topic: &'a [u8],
    /// The payload, whatever it is.
    pub payload: &'a [u8],
}

/// Why bytes are not a record; with the journal's checksum over them, this means another version wrote them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They end too soon.
    #[error("the record ends within its {0}")]
    Short(&'static str),
    /// A kind this version doesn't know.
    #[error("the record has the unknown kind {0}: a newer Fieldbook wrote this journal, use that version")]
    Kind(u8),
    /// Flags this version doesn't know.
    #[error(
        "the record has the unknown flags {0:#010b}: a newer Fieldbook wrote this journal, use that version"
    )]
    Flags(u8),
    /// A receipt that neither the archive nor the database can say.
    #[error("the record was received {0} µs after 1970, which is not within the years 0000 to 9999")]
    ReceivedAt(i64),
    /// The source is not UTF-8.
    #[error("the record's source is not UTF-8")]
    Source,
}

const FIXED_BYTES: usize = 1 + 1 + 8 + 2 + 2;

const QOS: u8 = 0b0011;
const RETAIN: u8 = 0b0100;
const DUP: u8 = 0b1000;
const FLAGS: u8 = QOS | RETAIN | DUP;

impl<'a> Record<'a> {
    /// Appends the record's bytes to `out`.
    ///
    /// # Panics
    ///
    /// When source or topic has more than 65,535 bytes: MQTT allows no such topic, and sources are configured, and shorter.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let flags = (self.qos & QOS) | (u8::from(self.retain) * RETAIN) | (u8::from(self.dup) * DUP);
        out.reserve(FIXED_BYTES + self.source.len() + self.topic.len() + self.payload.len());
        out.push(self.kind as u8);
        out.push(flags);
        out.extend_from_slice(&self.received_at_us.to_le_bytes());
        for name in [self.source.as_bytes(), self.topic] {
            let length = u16::try_from(name.len()).expect("MQTT topics and source names fit 16 bits");
            out.extend_from_slice(&length.to_le_bytes());
            out.extend_from_slice(name);
        }
        out.extend_from_slice(self.payload);
    }

    /// Reads a record's bytes.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, RecordError> {
        let ([kind, flags], rest) = split(bytes, "head")?;
        let kind = match kind {
            1 => Kind::Message,
            2 => Kind::SensorList,
            3 => Kind::Imported,
            other => return Err(RecordError::Kind(other)),
        };
        // The archive would have to drop a bit that it has no word for.
        if flags & !FLAGS != 0 || flags & QOS == QOS {
            return Err(RecordError::Flags(flags));
        }
        let (received_at, rest) = split(rest, "time")?;
        let received_at_us = i64::from_le_bytes(received_at);
        if instant(received_at_us).is_none() {
            return Err(RecordError::ReceivedAt(received_at_us));
        }
        let (source, rest) = name(rest, "source")?;
        let (topic, payload) = name(rest, "topic")?;
        Ok(Self {
            kind,
            qos: flags & QOS,
            retain: flags & RETAIN != 0,
            dup: flags & DUP != 0,
            received_at_us,
            source: std::str::from_utf8(source).map_err(|_| RecordError::Source)?,
            topic,
            payload,
        })
    }

    /// What is decoded.
    pub fn message(&self) -> Message<'a> {
        Message {
            topic: self.topic,
            payload: self.payload,
            retain: self.retain,
            received_at: self.received_at(),
        }
    }

    /// When we received it; 1970 for an instant that [`Record::decode`] would not have taken.
    pub fn received_at(&self) -> DateTime<Utc> {
        instant(self.received_at_us).unwrap_or(DateTime::UNIX_EPOCH)
    }
}

/// An instant with four digits of a year, as lines of the archive write it.
fn instant(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).filter(|time| (0..=9999).contains(&time.year()))
}

fn split<'a, const N: usize>(
    bytes: &'a [u8],
    part: &'static str,
) -> Result<([u8; N], &'a [u8]), RecordError> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(RecordError::Short(part))?;
    Ok((*head, rest))
}

fn name<'a>(bytes: &'a [u8], part: &'static str) -> Result<(&'a [u8], &'a [u8]), RecordError> {
    let (length, rest) = split(bytes, part)?;
    rest.split_at_checked(usize::from(u16::from_le_bytes(length)))
        .ok_or(RecordError::Short(part))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_record_comes_back(
            kind in prop_oneof![Just(Kind::Message), Just(Kind::SensorList), Just(Kind::Imported)],
            qos in 0u8..=2, retain: bool, dup: bool,
            received_at_us in -62_167_219_200_000_000_i64..253_402_300_800_000_000,
            source in "\\PC{0,20}", topic: Vec<u8>, payload: Vec<u8>,
        ) {
            let record = Record {
                kind, qos, retain, dup, received_at_us, source: &source, topic: &topic, payload: &payload,
            };
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            prop_assert_eq!(Record::decode(&bytes), Ok(record));
        }

        /// What is accepted says all that its bytes say: nothing is lost on the way to the archive.
        #[test]
        fn any_bytes_are_an_error_or_a_record_of_these_bytes(bytes: Vec<u8>) {
            is_faithful(&bytes)?;
        }

        #[test]
        fn any_damage_is_an_error_or_another_record(
            source in "\\PC{0,20}", topic: Vec<u8>, payload: Vec<u8>, at: prop::sample::Index, flip in 1_u8..,
        ) {
            let record = Record { source: &source, topic: &topic, payload: &payload, ..plain() };
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            let at = at.index(bytes.len());
            is_faithful(&bytes[..at])?;
            bytes[at] ^= flip;
            is_faithful(&bytes)?;
        }
    }

    fn is_faithful(bytes: &[u8]) -> Result<(), TestCaseError> {
        if let Ok(record) = Record::decode(bytes) {
            prop_assert_eq!(record.received_at().timestamp_micros(), record.received_at_us);
            let mut again = Vec::new();
            record.encode(&mut again);
            prop_assert_eq!(again, bytes);
        }
        Ok(())
    }

    fn plain() -> Record<'static> {
        Record {
            kind: Kind::Message,
            qos: 1,
            retain: false,
            dup: true,
            received_at_us: 5,
            source: "mqtt",
            topic: b"sensors",
            payload: b"",
        }
    }

    #[test]
    fn flags_and_receipts_that_the_archive_could_not_keep_are_refused() {
        let mut bytes = Vec::new();
        plain().encode(&mut bytes);
        for flags in [0b11, 0b1_0000, 0xff] {
            bytes[1] = flags;
            assert_eq!(Record::decode(&bytes), Err(RecordError::Flags(flags)));
        }
        for micros in [
            i64::MIN,
            i64::MAX,
            253_402_300_800_000_000,
            -62_167_219_200_000_001,
        ] {
            let mut bytes = Vec::new();
            let record = Record {
                received_at_us: micros,
                ..plain()
            };
            record.encode(&mut bytes);
            assert_eq!(Record::decode(&bytes), Err(RecordError::ReceivedAt(micros)));
        }
    }

    #[test]
    fn every_truncation_of_the_head_is_an_error() {
        let mut bytes = Vec::new();
        plain().encode(&mut bytes);
        for length in 0..bytes.len() {
            assert!(
                matches!(Record::decode(&bytes[..length]), Err(RecordError::Short(_))),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn an_unknown_kind_names_the_mend() {
        let error = Record::decode(&[9, 0]).expect_err("kind 9 is not ours");
        assert!(error.to_string().contains("newer Fieldbook"), "{error}");
    }
}
