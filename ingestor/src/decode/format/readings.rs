//! From what was found in a message to its readings.

use std::borrow::Cow;

use chrono::{DateTime, Utc};

use super::plan::{NamePiece, Plan, Said, Slot, Time, Value};
use super::spec::PayloadKind;
use super::walk::{self, Caught, Found, Rows, Seen};
use super::{Message, Part, Readings};
use crate::decode::rejection::{DETAIL_CHARS, Rejected, Rejection, TEXT_CHARS, excerpt};
use crate::decode::{Bounds, Decoded, check_bounds, check_name};

/// Reads a message by its source's plan.
pub(super) fn read<'a>(
    plan: &'a Plan,
    message: &Message<'a>,
    bounds: &Bounds,
) -> Result<Readings<'a>, Rejected> {
    if message.retain && plan.is_timed_by_receipt() {
        return Err(Rejection::Retained.into());
    }
    let caught = catch(plan, message, bounds)?;
    if plan.is_single() {
        let record = Record {
            plan,
            message,
            bounds,
            of_message: &caught.message,
            own: &[],
        };
        let value = &plan.values[0];
        return match record.reading(value, &record.time()) {
            Some(said) => said.map(Readings::One),
            None => Err(nothing(plan)),
        };
    }
    let parts = parts(plan, message, bounds, &caught);
    if parts.iter().any(|part| part.said.is_ok()) {
        return Ok(Readings::Several(parts));
    }
    match parts.into_iter().next() {
        Some(Part {
            said: Err(rejected), ..
        }) => Err(rejected),
        _ => Err(nothing(plan)),
    }
}

/// Finds what the plan asks for, and checks the message as a whole.
fn catch<'a>(plan: &Plan, message: &Message<'a>, bounds: &Bounds) -> Result<Caught<'a>, Rejection> {
    let payload = message.payload;
    if payload.len() > bounds.payload_bytes_max {
        return Err(Rejection::TooLarge {
            bytes: payload.len(),
            limit: bounds.payload_bytes_max,
        });
    }
    let text = std::str::from_utf8(payload).map_err(|error| Rejection::NotUtf8 {
        offset: error.valid_up_to(),
    })?;
    if text.trim_ascii().is_empty() {
        return Err(Rejection::NoPayload);
    }
    if plan.payload == PayloadKind::Text {
        return Ok(Caught {
            message: vec![Found::Text(Cow::Borrowed(text.trim_ascii())); plan.message.slots],
            rows: Rows::default(),
        });
    }
    let readings_max = bounds.readings_max;
    let rows_max = (readings_max / plan.values.len()).max(1);
    let caught = walk::walk(plan, text, rows_max).map_err(|error| {
        let detail = excerpt(&error.to_string(), DETAIL_CHARS);
        if error.is_data() {
            Rejection::Shape { detail }
        } else {
            Rejection::NotJson { detail }
        }
    })?;
    let Some((pointer, _)) = &plan.records else {
        return Ok(caught);
    };
    let found = match caught.rows.seen {
        Seen::Array if caught.rows.count > 0 => return Ok(caught),
        Seen::Array => "an empty array",
        Seen::TooLong => return Err(Rejection::TooManyReadings { limit: readings_max }),
        Seen::Other(found) => found,
        Seen::Nothing => "missing",
    };
    let place = if pointer.0.is_empty() {
        "the payload".to_owned()
    } else {
        format!("what stands at {pointer}")
    };
    Err(Rejection::NoRecords { place, found })
}

/// Each reading of each record, by itself.
fn parts<'a>(plan: &'a Plan, message: &Message<'a>, bounds: &Bounds, caught: &Caught<'a>) -> Vec<Part<'a>> {
    let stride = plan.records.as_ref().map_or(0, |(_, tree)| tree.slots);
    let records = if plan.records.is_some() {
        caught.rows.count
    } else {
        1
    };
    let mut parts = Vec::with_capacity(records * plan.values.len());
    for row in 0..records {
        let record = Record {
            plan,
            message,
            bounds,
            of_message: &caught.message,
            own: caught
                .rows
                .found
                .get(row * stride..(row + 1) * stride)
                .unwrap_or(&[]),
        };
        let time = record.time();
        for (index, value) in plan.values.iter().enumerate() {
            // The bound on readings keeps them far from the end.
            let item = i16::try_from(row * plan.values.len() + index + 1).unwrap_or(i16::MAX);
            if let Some(said) = record.reading(value, &time) {
                parts.push(Part { item, said });
            }
        }
    }
    parts
}

/// The part of a message that has one time, and a reading of each value.
struct Record<'r, 'a> {
    plan: &'a Plan,
    message: &'r Message<'a>,
    bounds: &'r Bounds,
    of_message: &'r [Found<'a>],
    own: &'r [Found<'a>],
}

impl<'a> Record<'_, 'a> {
    /// What stands at a place. A part of the topic is text.
    fn found(&self, said: &Said) -> Cow<'_, Found<'a>> {
        let borrowed = match said.slot {
            Slot::Record(slot) => self.own.get(slot),
            Slot::Message(slot) => self.of_message.get(slot),
            Slot::Level(_) | Slot::Topic => None,
        };
        if let Some(found) = borrowed {
            return Cow::Borrowed(found);
        }
        Cow::Owned(match said.of_topic(self.message) {
            Some(text) => Found::Text(String::from_utf8_lossy(text)),
            None => Found::Missing,
        })
    }

    /// When it was measured.
    fn time(&self) -> Result<DateTime<Utc>, Rejection> {
        let (said, format) = match &self.plan.time {
            Time::Receipt => return Ok(self.message.received_at),
            Time::Said { said, format } => (said, *format),
        };
        let found = self.found(said);
        let time = format.read(&found).ok_or_else(|| {
            let place = said.place.to_string();
            match &*found {
                Found::Missing | Found::Null => Rejection::TimeAbsent {
                    place,
                    found: found.kind(),
                },
                Found::Text(text) => Rejection::TimeUnread {
                    place,
                    found: format!("{:?}", excerpt(text, TEXT_CHARS)),
                    expected: format.expected(),
                },
                other => Rejection::TimeUnread {
                    place,
                    found: other.kind().to_owned(),
                    expected: format.expected(),
                },
            }
        })?;
        check_bounds(time, self.message.received_at, self.bounds)?;
        Ok(time)
    }

    /// A reading; none where there need not be one.
    fn reading(
        &self,
        value: &'a Value,
        time: &Result<DateTime<Utc>, Rejection>,
    ) -> Option<Result<Decoded<'a>, Rejected>> {
        let found = self.found(&value.said);
        if value.optional && matches!(*found, Found::Missing | Found::Null) {
            return None;
        }
        Some(self.decoded(value, &found, time))
    }

    fn decoded(
        &self,
        value: &'a Value,
        found: &Found<'_>,
        time: &Result<DateTime<Utc>, Rejection>,
    ) -> Result<Decoded<'a>, Rejected> {
        let sensor = self.name(&value.name)?;
        check_name(&sensor, self.bounds)?;
        let number = time.clone().and_then(|time| Ok((time, number(value, found)?)));
        match number {
            Ok((time, value)) => Ok(Decoded { sensor, time, value }),
            Err(why) => Err(Rejected {
                why,
                sensor: Some(sensor.into_owned()),
            }),
        }
    }

    /// A sensor's name; borrowed where it is one piece.
    fn name(&self, pieces: &'a [NamePiece]) -> Result<Cow<'a, str>, Rejection> {
        if let [piece] = pieces {
            return self.piece(piece);
        }
        let mut name = String::new();
        for piece in pieces {
            name.push_str(&self.piece(piece)?);
        }
        Ok(Cow::Owned(name))
    }

    fn piece(&self, piece: &'a NamePiece) -> Result<Cow<'a, str>, Rejection> {
        let said = match piece {
            NamePiece::Text(text) => return Ok(Cow::Borrowed(text)),
            NamePiece::Said(said) => said,
        };
        let found = self.found(said).into_owned();
        match found {
            // Beside other pieces it would not be seen that this one says nothing.
            Found::Text(text) if text.trim().is_empty() => Err(Rejection::SensorPieceEmpty {
                place: said.place.to_string(),
            }),
            Found::Text(text) => Ok(text),
            Found::Whole(number) => Ok(Cow::Owned(number.to_string())),
            Found::Missing | Found::Null => Err(Rejection::SensorAbsent {
                place: said.place.to_string(),
                found: found.kind(),
            }),
            other => Err(Rejection::SensorKind {
                place: said.place.to_string(),
                found: other.kind(),
            }),
        }
    }
}

/// What was measured.
fn number(value: &Value, found: &Found<'_>) -> Result<f64, Rejection> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "as any JSON number is read into a float"
    )]
    let number = match found {
        Found::Float(number) => Some(*number),
        Found::Whole(number) => Some(*number as f64),
        Found::Boolean(boolean) if value.booleans => Some(f64::from(u8::from(*boolean))),
        Found::Text(text) => {
            let word = value.words.get(&**text).copied();
            word.or_else(|| value.text_numbers.then(|| walk::number(text)).flatten())
        }
        _ => None,
    };
    number.ok_or_else(|| {
        let place = value.said.place.to_string();
        match found {
            Found::Missing | Found::Null => Rejection::ValueAbsent {
                place,
                found: found.kind(),
            },
            Found::Text(text) => Rejection::ValueKind {
                place,
                found: format!("the text {:?}", excerpt(text, TEXT_CHARS)),
                expected: expected(value),
            },
            other => Rejection::ValueKind {
                place,
                found: other.kind().to_owned(),
                expected: expected(value),
            },
        }
    })
}

/// What would have been taken, for sentences.
fn expected(value: &Value) -> String {
    let mut expected = "a number".to_owned();
    if value.booleans {
        expected.push_str(", true or false");
    }
    if !value.words.is_empty() {
        let words: Vec<&str> = value.words.keys().map(String::as_str).collect();
        expected.push_str(", or a word of the source's: ");
        expected.push_str(&excerpt(&words.join(", "), TEXT_CHARS));
    }
    expected
}

/// A message without any of the values that it may have.
fn nothing(plan: &Plan) -> Rejected {
    let places: Vec<String> = plan
        .values
        .iter()
        .map(|value| value.said.place.to_string())
        .collect();
    Rejection::NoReading {
        places: excerpt(&places.join(", "), DETAIL_CHARS),
    }
    .into()
}
