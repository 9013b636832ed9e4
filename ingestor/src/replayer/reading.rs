//! What messages that were set aside say now, by the configuration that their sources have now.

use entity::load::WaitingMessage;

use super::Replayer;
use super::whole::Payload;
use crate::decode::{Decoded, Message, Readings, Rejected, Rejection};
use crate::message::Kind;

/// A message of a batch, and what it says.
pub(super) struct Tried<'a> {
    pub(super) message: &'a WaitingMessage,
    /// Its readings, or the one that was set aside of them.
    pub(super) said: Result<Vec<Reread<'a>>, Rejected>,
}

/// A reading of a message.
pub(super) struct Reread<'a> {
    /// Which one of its message; see `NewQuarantined::item`.
    pub(super) item: i16,
    pub(super) said: Result<Decoded<'a>, Rejected>,
}

impl<'a> Tried<'a> {
    /// What is understood of it, in order.
    pub(super) fn decoded(&self) -> impl Iterator<Item = &Decoded<'a>> {
        self.said
            .iter()
            .flatten()
            .filter_map(|reread| reread.said.as_ref().ok())
    }
}

/// Whether the message was understood, and a reading of it set aside: by the database, or as one of several.
pub(super) fn is_part(message: &WaitingMessage) -> bool {
    message.place.item > 0 || message.code == Rejection::REFUSED_CODE
}

impl Replayer {
    /// Reads a message again.
    pub(super) fn reread<'a>(&'a self, message: &'a WaitingMessage, payload: &'a Payload<'_>) -> Tried<'a> {
        let said = payload_of(message, payload).and_then(|payload| {
            let manner = self.manners.of(&message.source);
            let kind = if message.imported {
                Kind::Imported
            } else {
                Kind::Message
            };
            let whole = Message {
                topic: message.topic.as_bytes(),
                payload,
                retain: message.code == Rejection::RETAINED_CODE,
                received_at: message.received_at,
            };
            let readings = manner.read(kind, &whole, &self.loader.bounds)?;
            if message.place.item > 0 {
                return Ok(vec![one_of(message, readings)?]);
            }
            Ok(match readings {
                Readings::One(decoded) => vec![Reread {
                    item: 0,
                    said: Ok(decoded),
                }],
                Readings::Several(parts) => parts
                    .into_iter()
                    .map(|part| Reread {
                        item: part.item,
                        said: part.said,
                    })
                    .collect(),
            })
        });
        Tried { message, said }
    }
}

/// The bytes to read.
fn payload_of<'a>(message: &WaitingMessage, payload: &'a Payload<'_>) -> Result<&'a [u8], Rejected> {
    if message.code == Rejection::SENSOR_LIST_CODE {
        return Err(Rejection::SensorList {
            detail: "a list is not replayed, for the flags of what came since would be others: import it again with \
                     fieldbook sensors import"
                .to_owned(),
        }
        .into());
    }
    match payload {
        Payload::Whole(bytes) => Ok(&**bytes),
        Payload::Refused(why) => Err(why.clone().into()),
        Payload::NotNow => Err(Rejection::PayloadLost {
            detail: "it was not read".to_owned(),
        }
        .into()),
    }
}

/// The reading that was set aside of several, where it is still the same one: its number means another reading when the
/// source's values have changed, and that one is in the database already.
fn one_of<'a>(message: &WaitingMessage, readings: Readings<'a>) -> Result<Reread<'a>, Rejected> {
    let item = message.place.item;
    let changed = |detail: String| Rejected {
        why: Rejection::Reconfigured { detail },
        sensor: message.sensor.clone(),
    };
    let Some(said) = readings.take(item) else {
        return Err(changed(format!(
            "the message has no reading number {item} any more"
        )));
    };
    let decoded = said?;
    match &message.sensor {
        Some(sensor) if *sensor != decoded.sensor => Err(changed(format!(
            "reading number {item} of the message was of the sensor {sensor:?}, and is now of {:?}",
            decoded.sensor
        ))),
        _ => Ok(Reread {
            item,
            said: Ok(decoded),
        }),
    }
}
