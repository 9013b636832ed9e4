//! `$skiptoken`: where a page begins. Opaque to clients, typed and versioned to us.
//!
//! ```text
//! base64url( version: u8 = 1 │ question: u32 │ from µs: i64 │ to µs: i64 │ time µs: i64 │ sensor: i32 )
//! ```
//!
//! Integers are big-endian. It names the last row that was looked at, so it stays right while rows arrive, and it keeps the
//! range of time that the first page found, so that "the last 24 hours" are the same on every page. `question` tells
//! the set, the filter and the order apart: a token of another question would silently start at the wrong row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use entity::query::readings::TimeRange;

use super::model::EntitySet;
use super::options::Written;
use super::refusal::wrong;
use crate::ask::time;
use crate::http::Problem;

const VERSION: u8 = 1;
const BYTES: usize = 1 + 4 + 8 + 8 + 8 + 4;

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) range: TimeRange,
    /// The time of the last row that was looked at; `None` before the first row of the sensor's group.
    pub(crate) time: Option<DateTime<Utc>>,
    /// Its sensor, or a sensor of its group.
    pub(crate) sensor: i32,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Question(u32);

impl Question {
    pub(crate) fn of(set: &EntitySet, written: &Written) -> Self {
        let texts = [Some(set.name), written.get("$filter"), written.get("$orderby")];
        // FNV-1a: it must only be the same on every machine and in every version.
        let mut hash: u32 = 0x811c_9dc5;
        for text in texts {
            for byte in text.unwrap_or_default().bytes().chain([0]) {
                hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
            }
        }
        Self(hash)
    }
}

impl Token {
    pub(crate) fn write(&self, question: Question) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.push(VERSION);
        bytes.extend(question.0.to_be_bytes());
        bytes.extend(self.range.from.timestamp_micros().to_be_bytes());
        bytes.extend(self.range.to.timestamp_micros().to_be_bytes());
        let time = self.time.map_or(i64::MIN, |time| time.timestamp_micros());
        bytes.extend(time.to_be_bytes());
        bytes.extend(self.sensor.to_be_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn read(text: &str, question: Question) -> Result<Self, Problem> {
        let read = || {
            let bytes: [u8; BYTES] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
            let mut rest = bytes
                .strip_prefix(&[VERSION])?
                .strip_prefix(&question.0.to_be_bytes())?;
            let mut micros = || {
                let (field, behind) = rest.split_first_chunk()?;
                rest = behind;
                Some(i64::from_be_bytes(*field))
            };
            let instant = |micros| time::in_bounds(DateTime::from_timestamp_micros(micros)?);
            let range = TimeRange {
                from: instant(micros()?)?,
                to: instant(micros()?)?,
            };
            let time = match micros()? {
                i64::MIN => None,
                micros => Some(instant(micros)?),
            };
            let sensor = i32::from_be_bytes(*rest.first_chunk()?);
            Some(Self { range, time, sensor })
        };
        read().ok_or_else(|| {
            wrong(
                "$skiptoken",
                "this token is not of this question",
                "a whole @odata.nextLink, unchanged",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUESTION: Question = Question(7);

    fn instants() -> impl Strategy<Value = DateTime<Utc>> {
        (-62_135_596_800_000_000_i64..253_402_300_799_999_999)
            .prop_map(|micros| DateTime::from_timestamp_micros(micros).unwrap())
    }

    proptest! {
        #[test]
        fn a_token_comes_back_as_it_went_and_for_its_question_alone(
            from in instants(), to in instants(), time in prop::option::of(instants()), sensor: i32,
        ) {
            let token = Token { range: TimeRange { from, to }, time, sensor };
            let text = token.write(QUESTION);
            prop_assert_eq!(Token::read(&text, QUESTION).unwrap(), token);
            prop_assert!(Token::read(&text, Question(8)).is_err());
        }

        #[test]
        fn anything_else_is_refused_or_is_a_token_that_we_would_write(text in "[A-Za-z0-9_-]{0,60}") {
            if let Ok(token) = Token::read(&text, QUESTION) {
                prop_assert_eq!(token.write(QUESTION), text);
            }
        }
    }
}
