//! What the ingestor writes into the journal: a record's body, as bytes.
//!
//! ```text
//! kind u8 | flags u8 | received_at i64 | source_len u16 | source | topic_len u16 | topic | payload
//! ```
//!
//! Little endian; `received_at` in microseconds since 1970; flags: bits 0 and 1 `QoS`, bit 2 `retain`, bit 3 `dup`.
//! The format is frozen: a new layout gets a new kind. The journal adds position and checksum.

use chrono::{DateTime, Utc};

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A message as the broker delivered it.
    Message = 1,
    /// A sensor list, so that a replay flags readings in the same order.
    SensorList = 2,
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
    /// The source is not UTF-8.
    #[error("the record's source is not UTF-8")]
    Source,
}

const FIXED_BYTES: usize = 1 + 1 + 8 + 2 + 2;

impl<'a> Record<'a> {
    /// Appends the record's bytes to `out`.
    ///
    /// # Panics
    ///
    /// When source or topic has more than 65,535 bytes: MQTT allows no such topic, and sources are configured, and shorter.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let flags = (self.qos & 0b11) | (u8::from(self.retain) << 2) | (u8::from(self.dup) << 3);
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
            other => return Err(RecordError::Kind(other)),
        };
        let (received_at, rest) = split(rest, "time")?;
        let (source, rest) = name(rest, "source")?;
        let (topic, payload) = name(rest, "topic")?;
        Ok(Self {
            kind,
            qos: flags & 0b11,
            retain: flags & 0b100 != 0,
            dup: flags & 0b1000 != 0,
            received_at_us: i64::from_le_bytes(received_at),
            source: std::str::from_utf8(source).map_err(|_| RecordError::Source)?,
            topic,
            payload,
        })
    }

    /// When we received it.
    pub fn received_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.received_at_us).unwrap_or(DateTime::UNIX_EPOCH)
    }
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
            kind in prop_oneof![Just(Kind::Message), Just(Kind::SensorList)],
            qos in 0u8..=2, retain: bool, dup: bool, received_at_us: i64,
            source in "\\PC{0,20}", topic: Vec<u8>, payload: Vec<u8>,
        ) {
            let record = Record {
                kind, qos, retain, dup, received_at_us, source: &source, topic: &topic, payload: &payload,
            };
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            prop_assert_eq!(Record::decode(&bytes), Ok(record));
        }

        #[test]
        fn any_bytes_are_a_record_or_an_error(bytes: Vec<u8>) {
            let _ = Record::decode(&bytes);
        }
    }

    #[test]
    fn every_truncation_of_the_head_is_an_error() {
        let mut bytes = Vec::new();
        let record = Record {
            kind: Kind::Message,
            qos: 1,
            retain: false,
            dup: true,
            received_at_us: 5,
            source: "mqtt",
            topic: b"sensors",
            payload: b"",
        };
        record.encode(&mut bytes);
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
