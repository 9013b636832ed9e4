//! One message as one JSON line, and back, byte for byte. The crate's docs are the schema.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::clock;

/// The longest line, its newline included. A longer one is neither written nor read.
pub const MAX_LINE_BYTES: usize = 32 << 20;

/// A payload of this size fits into a line whatever its bytes are, with any topic MQTT allows and a source's name as long.
pub const MAX_PAYLOAD_BYTES: usize = 16 << 20;

/// A topic has at most 65,535 bytes (MQTT 5, section 1.5.4), and escaping makes at most six of one.
const _: () = assert!(MAX_PAYLOAD_BYTES / 3 * 4 + 4 + 2 * 6 * 65_535 + 256 < MAX_LINE_BYTES);

/// What a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// An ordinary message.
    #[default]
    Message,
    /// A sensor list.
    Sensors,
    /// A row of an imported file.
    Import,
}

/// The quality of service a message was delivered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Qos {
    /// 0, at most once.
    #[default]
    AtMostOnce,
    /// 1, at least once.
    AtLeastOnce,
    /// 2, exactly once.
    ExactlyOnce,
}

impl Qos {
    /// The number in the packet.
    pub fn number(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }

    /// The meaning of a number; `None` above 2.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
}

/// A message on its way into the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Position in the journal.
    pub seq: u64,
    /// The source it came from.
    pub source: &'a str,
    /// Its topic, whatever the bytes.
    pub topic: &'a [u8],
    /// Our clock at its receipt; kept to the microsecond.
    pub received_at: DateTime<Utc>,
    /// Quality of service.
    pub qos: Qos,
    /// The packet's retain flag.
    pub retain: bool,
    /// The packet's dup flag.
    pub dup: bool,
    /// Message or sensor list.
    pub kind: Kind,
    /// Its bytes.
    pub payload: &'a [u8],
}

impl Line<'_> {
    /// Appends the line and its newline. On an error nothing is appended.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), LineError> {
        let received_at = clock::microseconds(self.received_at).ok_or(LineError::Time)?;
        let start = out.len();
        out.extend_from_slice(b"{\"seq\":");
        write!(out, "{}", self.seq).expect("memory takes what is written");
        out.extend_from_slice(b",\"source\":");
        write_text(out, self.source);
        write_bytes(out, "topic", self.topic);
        out.extend_from_slice(b",\"received_at\":\"");
        clock::write(out, received_at);
        out.extend_from_slice(b"\",\"qos\":");
        out.push(b'0' + self.qos.number());
        out.extend_from_slice(if self.retain {
            b",\"retain\":true"
        } else {
            b",\"retain\":false"
        });
        out.extend_from_slice(if self.dup {
            b",\"dup\":true"
        } else {
            b",\"dup\":false"
        });
        match self.kind {
            Kind::Message => {}
            Kind::Sensors => out.extend_from_slice(b",\"kind\":\"sensors\""),
            Kind::Import => out.extend_from_slice(b",\"kind\":\"import\""),
        }
        let before_payload = out.len();
        write_bytes(out, "payload", self.payload);
        out.extend_from_slice(b"}\n");
        if out.len() - start > MAX_LINE_BYTES {
            // Escaping makes up to six bytes of one, base64 four of three.
            out.truncate(before_payload);
            write_base64(out, "payload", self.payload);
            out.extend_from_slice(b"}\n");
        }
        let length = out.len() - start;
        if length > MAX_LINE_BYTES {
            out.truncate(start);
            return Err(LineError::TooLong { length });
        }
        Ok(())
    }
}

/// A message read back from the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedLine {
    /// Position in the journal.
    pub seq: u64,
    /// The source it came from.
    pub source: String,
    /// Its topic, whatever the bytes.
    pub topic: Vec<u8>,
    /// Our clock at its receipt, in microseconds.
    pub received_at: DateTime<Utc>,
    /// Quality of service.
    pub qos: Qos,
    /// The packet's retain flag.
    pub retain: bool,
    /// The packet's dup flag.
    pub dup: bool,
    /// Message or sensor list.
    pub kind: Kind,
    /// Its bytes.
    pub payload: Vec<u8>,
}

impl OwnedLine {
    /// Reads one line, with its newline or without.
    pub fn parse(line: &[u8]) -> Result<Self, LineError> {
        if line.len() > MAX_LINE_BYTES {
            return Err(LineError::TooLong { length: line.len() });
        }
        let Fields {
            seq,
            source,
            topic,
            topic_base64,
            received_at,
            qos,
            retain,
            dup,
            kind,
            payload,
            payload_base64,
        } = serde_json::from_slice(line).map_err(|source| LineError::Json { source })?;
        // An array of the fields in their order would fit them too.
        if line.trim_ascii_start().starts_with(b"[") {
            return Err(LineError::NotAnObject);
        }
        Ok(Self {
            seq,
            source,
            topic: bytes_of("topic", topic, topic_base64)?,
            received_at: clock::parse(&received_at).ok_or(LineError::Time)?,
            qos: Qos::from_number(qos).ok_or(LineError::Qos { qos })?,
            retain,
            dup,
            kind: match kind.as_deref() {
                None => Kind::Message,
                Some("sensors") => Kind::Sensors,
                Some("import") => Kind::Import,
                Some(_) => return Err(LineError::Kind),
            },
            payload: bytes_of("payload", payload, payload_base64)?,
        })
    }

    /// The same message, borrowed.
    pub fn as_line(&self) -> Line<'_> {
        Line {
            seq: self.seq,
            source: &self.source,
            topic: &self.topic,
            received_at: self.received_at,
            qos: self.qos,
            retain: self.retain,
            dup: self.dup,
            kind: self.kind,
            payload: &self.payload,
        }
    }
}

/// The line as JSON has it. Unknown fields are ignored, so later writers may add some.
#[derive(Deserialize)]
struct Fields {
    seq: u64,
    source: String,
    topic: Option<String>,
    topic_base64: Option<String>,
    received_at: String,
    qos: u8,
    retain: bool,
    dup: bool,
    kind: Option<String>,
    payload: Option<String>,
    payload_base64: Option<String>,
}

/// A line that can't be written or read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// Longer than [`MAX_LINE_BYTES`].
    #[error("keep a line of {length} bytes: at most {MAX_LINE_BYTES} are kept")]
    TooLong {
        /// Its bytes.
        length: usize,
    },
    /// A receipt outside the years 0000 to 9999, or not spelt as the schema says.
    #[error("use a line's received_at: it must look like 2026-11-23T10:00:00.123456Z")]
    Time,
    /// Not a JSON object with the schema's fields.
    #[error("read a line as JSON")]
    Json {
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// JSON, but an array.
    #[error("find a line's fields by their names: it must be a JSON object")]
    NotAnObject,
    /// Not a quality of service.
    #[error("use a line's qos {qos}: it must be 0, 1 or 2")]
    Qos {
        /// What it says.
        qos: u8,
    },
    /// A kind this version doesn't know.
    #[error(
        "use a line's kind: this version knows \"sensors\" and \"import\", so a newer one may have written it"
    )]
    Kind,
    /// Neither or both of a field and its base64 form.
    #[error("find a line's {field}: it must have either {field} or {field}_base64")]
    Absent {
        /// Which.
        field: &'static str,
    },
    /// Not base64.
    #[error("decode a line's {field}_base64")]
    Base64 {
        /// Which.
        field: &'static str,
        /// Where and why.
        #[source]
        source: base64::DecodeError,
    },
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("memory takes every string");
}

/// Writes `,"field":"text"`, or `,"field_base64":"…"` where the bytes are not UTF-8.
fn write_bytes(out: &mut Vec<u8>, field: &str, bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        write_base64(out, field, bytes);
        return;
    };
    out.extend_from_slice(b",\"");
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b"\":");
    write_text(out, text);
}

fn write_base64(out: &mut Vec<u8>, field: &str, bytes: &[u8]) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(field.as_bytes());
    out.extend_from_slice(b"_base64\":\"");
    let start = out.len();
    out.resize(start + bytes.len().div_ceil(3) * 4, 0);
    BASE64
        .encode_slice(bytes, &mut out[start..])
        .expect("the space is four characters for each three bytes");
    out.push(b'"');
}

fn bytes_of(field: &'static str, text: Option<String>, base64: Option<String>) -> Result<Vec<u8>, LineError> {
    match (text, base64) {
        (Some(text), None) => Ok(text.into_bytes()),
        (None, Some(base64)) => BASE64
            .decode(base64)
            .map_err(|source| LineError::Base64 { field, source }),
        (None, None) | (Some(_), Some(_)) => Err(LineError::Absent { field }),
    }
}

#[cfg(test)]
mod tests;
