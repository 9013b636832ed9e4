//! Rows as lines of text: what CSV and JSON lines have in common.
//!
//! What a line says of its sensor is written once for each sensor. Times come in order, so most of them share their second
//! with the one before.

use chrono::DateTime;

use super::encode::{EncodeError, Encoder};
use super::rows::{Rows, Values};
use crate::ask::time;

/// A way to write lines.
pub(super) struct Lines {
    /// Before all lines.
    pub(super) head: Vec<u8>,
    /// Before the value of each column.
    pub(super) before: Vec<Vec<u8>>,
    /// The words of each column, as they are written.
    pub(super) words: Vec<Vec<Vec<u8>>>,
    /// What each sensor's lines end with.
    pub(super) tails: Vec<Vec<u8>>,
    /// Around times.
    pub(super) quote: &'static [u8],
    pub(super) null: &'static [u8],
    /// Whether the format can say NaN and infinities; else they are null.
    pub(super) has_non_finite: bool,
}

impl Encoder for Lines {
    fn begin(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(self.head.clone())
    }

    fn write(&mut self, rows: Rows) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(rows.sensors.len() * 96);
        let mut clocks: Vec<Clock> = rows.columns.iter().map(|_| Clock::default()).collect();
        for (at, sensor) in rows.sensors.iter().enumerate() {
            for (column, values) in rows.columns.iter().enumerate() {
                out.extend_from_slice(&self.before[column]);
                match values {
                    Values::Times(times) => {
                        out.extend_from_slice(self.quote);
                        clocks[column].write(&mut out, times[at]);
                        out.extend_from_slice(self.quote);
                    }
                    Values::Floats(floats) => self.float(&mut out, floats[at]),
                    Values::FloatsOrNulls(floats) => match floats[at] {
                        Some(float) => self.float(&mut out, float),
                        None => out.extend_from_slice(self.null),
                    },
                    Values::Counts(counts) => out.extend_from_slice(counts[at].to_string().as_bytes()),
                    Values::Truths(truths) => {
                        out.extend_from_slice(if truths[at] { b"true" } else { b"false" });
                    }
                    Values::Words(words) => {
                        let word = usize::try_from(words[at]).unwrap_or_default();
                        out.extend_from_slice(&self.words[column][word]);
                    }
                }
            }
            out.extend_from_slice(&self.tails[*sensor]);
        }
        Ok(out)
    }

    fn finish(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(Vec::new())
    }
}

impl Lines {
    /// As short as it can be said and read back.
    fn float(&self, out: &mut Vec<u8>, float: f64) {
        if float.is_finite() || self.has_non_finite {
            out.extend_from_slice(zmij::Buffer::new().format(float).as_bytes());
        } else {
            out.extend_from_slice(self.null);
        }
    }
}

/// Writes times with all six digits of their microseconds, because readers guess the form of a column from its first rows;
/// and remembers the last second.
#[derive(Default)]
struct Clock {
    second: Option<i64>,
    /// The second up to where its fraction begins.
    text: Vec<u8>,
}

impl Clock {
    fn write(&mut self, out: &mut Vec<u8>, micros: i64) {
        const MICROS: i64 = 1_000_000;
        let (second, fraction) = (micros.div_euclid(MICROS), micros.rem_euclid(MICROS));
        if self.second != Some(second) {
            self.text.clear();
            // The database's calendar is smaller than this one.
            let whole = DateTime::from_timestamp(second, 0).unwrap_or_default();
            time::write(&mut self.text, whole);
            self.text.pop();
            self.second = Some(second);
        }
        out.extend_from_slice(&self.text);
        let mut digits = *b".000000Z";
        let mut rest = fraction;
        for digit in digits[1..7].iter_mut().rev() {
            *digit = b"0123456789"[usize::try_from(rest % 10).unwrap_or_default()];
            rest /= 10;
        }
        out.extend_from_slice(&digits);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_are_written_with_all_their_digits(
            start in -62_135_596_800_000_000_i64..253_402_300_000_000_000,
            steps in prop::collection::vec(prop_oneof![Just(0_i64), Just(1_000), Just(500_000), Just(1_000_000), -5_000_000_i64..5_000_000], 0..20),
        ) {
            let mut clock = Clock::default();
            let mut micros = start;
            for step in steps {
                micros = (micros + step).clamp(-62_135_596_800_000_000, 253_402_300_799_999_999);
                let mut written = Vec::new();
                clock.write(&mut written, micros);
                let time = DateTime::from_timestamp_micros(micros).unwrap();
                let expected = time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
                prop_assert_eq!(String::from_utf8(written).unwrap(), expected);
            }
        }
    }
}
