//! Rows as lines of text: what CSV and JSON lines have in common.
//!
//! What a line says of its sensor is written once for each sensor. Times come in order, so most of them share their second
//! with the one before.

use chrono::DateTime;

use super::encode::{EncodeError, Encoder};
use super::rows::{Kind, Rows, Shape, Values};
use super::sensors::Cells;
use crate::ask::time;

/// A way to write lines.
pub(super) struct Dialect {
    /// Before all lines.
    pub(super) head: Vec<u8>,
    /// What stands before a value: by the place of its column and its name.
    pub(super) before: fn(usize, &str) -> Vec<u8>,
    pub(super) text: fn(&str) -> Vec<u8>,
    /// Behind each line.
    pub(super) end: &'static [u8],
    /// Around times.
    pub(super) quote: &'static [u8],
    pub(super) null: &'static [u8],
    /// Whether the format can say NaN and infinities; else they are null.
    pub(super) has_non_finite: bool,
}

/// Writes lines.
pub(super) struct Lines {
    dialect: Dialect,
    parts: Vec<Part>,
}

/// A part of each line.
enum Part {
    /// A value of the row.
    Value {
        before: Vec<u8>,
        /// The words of its column, as they are written.
        words: Vec<Vec<u8>>,
    },
    /// Neighbouring columns that say something of the row's sensor: by its place, as they are written.
    OfSensor(Vec<Vec<u8>>),
}

impl Lines {
    /// For rows of this shape.
    pub(super) fn new(dialect: Dialect, shape: &Shape) -> Self {
        let mut parts = Vec::new();
        for (at, column) in shape.columns.iter().enumerate() {
            let before = (dialect.before)(at, &column.name);
            let words = match &column.kind {
                Kind::OfSensor(place) => {
                    if !matches!(parts.last(), Some(Part::OfSensor(_))) {
                        parts.push(Part::OfSensor(vec![Vec::new(); shape.sensors.len()]));
                    }
                    if let Some(Part::OfSensor(texts)) = parts.last_mut() {
                        dialect.say(texts, &before, &shape.sensors.columns[*place].cells);
                    }
                    continue;
                }
                Kind::Word(words) => words.iter().map(|word| (dialect.text)(word)).collect(),
                _ => Vec::new(),
            };
            parts.push(Part::Value { before, words });
        }
        for part in &mut parts {
            if let Part::OfSensor(texts) = part {
                texts.iter_mut().for_each(Vec::shrink_to_fit);
            }
        }
        Self { dialect, parts }
    }
}

impl Dialect {
    /// Adds to what is written of each sensor what `cells` say of it.
    fn say(&self, texts: &mut [Vec<u8>], before: &[u8], cells: &Cells) {
        match cells {
            Cells::Words { words, of } => {
                let written: Vec<Vec<u8>> = words.iter().map(|word| (self.text)(word)).collect();
                for (text, word) in texts.iter_mut().zip(of) {
                    text.extend_from_slice(before);
                    let word = word.and_then(|word| written.get(usize::try_from(word).ok()?));
                    text.extend_from_slice(word.map_or(self.null, Vec::as_slice));
                }
            }
            Cells::Numbers(numbers) => {
                for (text, number) in texts.iter_mut().zip(numbers) {
                    text.extend_from_slice(before);
                    self.float_or_null(text, *number);
                }
            }
        }
    }

    fn float_or_null(&self, out: &mut Vec<u8>, float: Option<f64>) {
        match float {
            Some(float) => self.float(out, float),
            None => out.extend_from_slice(self.null),
        }
    }

    /// As short as it can be said and read back.
    fn float(&self, out: &mut Vec<u8>, float: f64) {
        if float.is_finite() || self.has_non_finite {
            out.extend_from_slice(zmij::Buffer::new().format(float).as_bytes());
        } else {
            out.extend_from_slice(self.null);
        }
    }

    fn value(&self, out: &mut Vec<u8>, values: &Values, at: usize, words: &[Vec<u8>], clock: &mut Clock) {
        match values {
            Values::Times(times) => {
                out.extend_from_slice(self.quote);
                clock.write(out, times[at]);
                out.extend_from_slice(self.quote);
            }
            Values::Floats(floats) => self.float(out, floats[at]),
            Values::FloatsOrNulls(floats) => self.float_or_null(out, floats[at]),
            Values::Counts(counts) => out.extend_from_slice(counts[at].to_string().as_bytes()),
            Values::Truths(truths) => {
                out.extend_from_slice(if truths[at] { b"true" } else { b"false" });
            }
            Values::Words(places) => {
                let word = usize::try_from(places[at]).unwrap_or_default();
                out.extend_from_slice(&words[word]);
            }
        }
    }
}

impl Encoder for Lines {
    fn begin(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(self.dialect.head.clone())
    }

    fn write(&mut self, rows: Rows) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(rows.sensors.len() * 96);
        let mut clocks: Vec<Clock> = rows.columns.iter().map(|_| Clock::default()).collect();
        for (at, sensor) in rows.sensors.iter().enumerate() {
            let mut columns = rows.columns.iter().zip(&mut clocks);
            for part in &self.parts {
                match part {
                    Part::Value { before, words } => {
                        out.extend_from_slice(before);
                        if let Some((values, clock)) = columns.next() {
                            self.dialect.value(&mut out, values, at, words, clock);
                        }
                    }
                    Part::OfSensor(texts) => out.extend_from_slice(&texts[*sensor]),
                }
            }
            out.extend_from_slice(self.dialect.end);
        }
        Ok(out)
    }

    fn finish(&mut self) -> Result<Vec<u8>, EncodeError> {
        Ok(Vec::new())
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
