//! From a message's payload to its readings, or to the reason why there is none.
//!
//! What a source's messages look like is its [`Format`]. In the plain one, which is read here, the payload is a JSON object: `{"id": "Sensor 1", "dt": "2026-11-23T10:00:00.123456", "value": 17}`.
//! `id` is the sensor's name, verbatim; `dt` an ISO 8601 instant (see [`time`]); `value` any JSON number.
//! Further members are left alone: the raw message keeps them.

pub mod format;
pub mod imported;
pub mod rejection;
pub mod time;

use std::borrow::Cow;

use chrono::{DateTime, TimeDelta, Utc};
use entity::load::SENSOR_NAME_BYTES_MAX;
use serde::Deserialize;
use serde_json::{Map, Value};

pub use format::{Format, Message, Readings};
pub use rejection::{Rejected, Rejection};

/// What is accepted; beyond each bound a message is rejected with the bound in its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// A payload's bytes, 64 KiB by default.
    pub payload_bytes_max: usize,
    /// Readings of one message, 1,000 by default.
    pub readings_max: usize,
    /// A sensor name's bytes, 512 by default: a name is a key in an index.
    pub name_bytes_max: usize,
    /// How long before its receipt a reading may have been taken: 10 years by default.
    pub time_past_max: TimeDelta,
    /// How far a sensor's clock may run ahead of ours: 1 hour by default.
    pub time_future_max: TimeDelta,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            payload_bytes_max: 64 * 1024,
            readings_max: 1000,
            name_bytes_max: SENSOR_NAME_BYTES_MAX,
            time_past_max: TimeDelta::days(3653),
            time_future_max: TimeDelta::hours(1),
        }
    }
}

/// A reading as its message says it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The sensor's name.
    pub sensor: Cow<'a, str>,
    /// When it measured.
    pub time: DateTime<Utc>,
    /// What it measured; finite.
    pub value: f64,
}

#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    dt: Cow<'a, str>,
    value: f64,
}

/// Decodes a payload that was received at `received_at`.
pub fn decode<'a>(
    payload: &'a [u8],
    received_at: DateTime<Utc>,
    bounds: &Bounds,
) -> Result<Decoded<'a>, Rejected> {
    let text = text_of(payload, bounds)?;
    // The shape that nearly all messages have is read in one pass; the others are looked at again for their reason.
    let shape: Shape<'a> = shape_of(text, bounds)?;
    check_name(&shape.id, bounds)?;
    let time = match check_time(&shape.dt, received_at, bounds) {
        Ok(time) => time,
        Err(why) => {
            return Err(Rejected {
                why,
                sensor: Some(shape.id.into_owned()),
            });
        }
    };
    Ok(Decoded {
        sensor: shape.id,
        time,
        value: shape.value,
    })
}

fn text_of<'a>(payload: &'a [u8], bounds: &Bounds) -> Result<&'a str, Rejection> {
    if payload.is_empty() {
        return Err(Rejection::Empty);
    }
    if payload.len() > bounds.payload_bytes_max {
        return Err(Rejection::TooLarge {
            bytes: payload.len(),
            limit: bounds.payload_bytes_max,
        });
    }
    std::str::from_utf8(payload).map_err(|error| Rejection::NotUtf8 {
        offset: error.valid_up_to(),
    })
}

fn shape_of<'a, S: Deserialize<'a>>(text: &'a str, bounds: &Bounds) -> Result<S, Rejected> {
    match serde_json::from_str(text) {
        // An array of the values in the members' order would fit the shape too.
        Ok(_) if text.trim_ascii_start().starts_with('[') => {
            Err(Rejection::NotAnObject { found: "an array" }.into())
        }
        Ok(shape) => Ok(shape),
        Err(error) => Err(why_not(text, &error, bounds)),
    }
}

fn check_name(name: &str, bounds: &Bounds) -> Result<(), Rejection> {
    if name.trim().is_empty() {
        return Err(Rejection::SensorEmpty);
    }
    if name.len() > bounds.name_bytes_max {
        return Err(Rejection::SensorTooLong {
            bytes: name.len(),
            limit: bounds.name_bytes_max,
        });
    }
    if name.contains('\0') {
        return Err(Rejection::SensorNul);
    }
    Ok(())
}

fn check_time(text: &str, received_at: DateTime<Utc>, bounds: &Bounds) -> Result<DateTime<Utc>, Rejection> {
    let time = time_of(text)?;
    check_bounds(time, received_at, bounds)?;
    Ok(time)
}

fn time_of(text: &str) -> Result<DateTime<Utc>, Rejection> {
    time::parse(text).ok_or_else(|| Rejection::TimeMalformed {
        text: rejection::excerpt(text, rejection::TEXT_CHARS),
    })
}

/// Whether a time is within its bounds around the receipt.
fn check_bounds(time: DateTime<Utc>, received_at: DateTime<Utc>, bounds: &Bounds) -> Result<(), Rejection> {
    let earliest = received_at
        .checked_sub_signed(bounds.time_past_max)
        .unwrap_or(DateTime::<Utc>::MIN_UTC);
    let latest = received_at
        .checked_add_signed(bounds.time_future_max)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    check_within(time, earliest, latest)
}

fn check_within(
    time: DateTime<Utc>,
    earliest: DateTime<Utc>,
    latest: DateTime<Utc>,
) -> Result<(), Rejection> {
    if time < earliest {
        return Err(Rejection::TimeTooOld { time, earliest });
    }
    if time > latest {
        return Err(Rejection::TimeTooNew { time, latest });
    }
    Ok(())
}

/// The reason why a text has not the shape of a reading: the first member that is wrong, in the order id, dt, value.
fn why_not(text: &str, error: &serde_json::Error, bounds: &Bounds) -> Rejected {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => {
            return Rejected::from(Rejection::NotJson {
                detail: error.to_string(),
            });
        }
    };
    let Value::Object(members) = value else {
        return Rejected::from(Rejection::NotAnObject {
            found: rejection::kind_of(&value),
        });
    };
    let name = match members.get("id") {
        None => return Rejected::from(Rejection::SensorMissing),
        Some(Value::String(name)) => name,
        Some(other) => {
            return Rejected::from(Rejection::SensorNotText {
                found: rejection::kind_of(other),
            });
        }
    };
    Rejected {
        why: not_beside_a_name(&members, error),
        sensor: check_name(name, bounds).is_ok().then(|| name.clone()),
    }
}

fn not_beside_a_name(members: &Map<String, Value>, error: &serde_json::Error) -> Rejection {
    match members.get("dt") {
        None => return Rejection::TimeMissing,
        Some(Value::String(_)) => {}
        Some(other) => {
            return Rejection::TimeNotText {
                found: rejection::kind_of(other),
            };
        }
    }
    match members.get("value") {
        None => Rejection::ValueMissing,
        Some(Value::Number(_)) => Rejection::Shape {
            // The parser repeats what it did not expect, and of a member given twice that can be a long text.
            detail: rejection::excerpt(&error.to_string(), rejection::DETAIL_CHARS),
        },
        Some(other) => Rejection::ValueNotNumber {
            found: rejection::kind_of(other),
        },
    }
}

#[cfg(test)]
mod tests;
