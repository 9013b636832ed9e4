//! A batch of messages on its way out of the quarantine: one transaction.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::QualityFlag;
use entity::load::{
    Counts, KnownSensor, LoadError, LoadTransaction, NewReading, NewSensor, StillRefused, WaitingMessage,
    Written,
};
use entity::quarantine::MessagePlace;

use super::whole::Payload;
use super::{Looked, Replayer};
use crate::decode::{self, Decoded, Rejected, Rejection};
use crate::events;
use crate::loader::{gross_range, on_conflict};
use crate::message::Kind;

/// A message of the batch, and what it says.
struct Tried<'a> {
    message: &'a WaitingMessage,
    said: Result<Decoded<'a>, Rejected>,
}

/// A message whose reading is to be written.
struct Usable<'a> {
    message: &'a WaitingMessage,
    reading: NewReading,
    name: String,
}

/// What becomes of the messages of a batch.
#[derive(Default)]
struct Outcome<'a> {
    used: Vec<&'a WaitingMessage>,
    refused: Vec<StillRefused>,
    /// What changes in the books of each segment.
    counts: BTreeMap<i64, Counts>,
    /// What was counted as refused and is refused anew, elsewhere perhaps.
    counted_again: Vec<(i32, DateTime<Utc>)>,
}

impl Replayer {
    /// Tries messages of one journal, in one transaction.
    pub(super) async fn attempt(
        &self,
        replay: i64,
        messages: &[WaitingMessage],
    ) -> Result<Looked, LoadError> {
        let payloads = self.payloads(messages).await;
        let is_here = |payload: &Payload<'_>| !matches!(payload, Payload::NotNow);
        let places: Vec<MessagePlace> = messages
            .iter()
            .zip(&payloads)
            .filter(|(_, payload)| is_here(payload))
            .map(|(message, _)| message.place)
            .collect();
        let mut looked = Looked {
            left: (messages.len() - places.len()) as u64,
            ..Looked::default()
        };
        let (Some(first), false) = (messages.first(), places.is_empty()) else {
            return Ok(looked);
        };
        let mut transaction = LoadTransaction::begin(&self.db, first.place.journal_id).await?;
        let locked = transaction.lock_waiting(replay, &places).await?;
        let tried: Vec<Tried<'_>> = messages
            .iter()
            .zip(&payloads)
            .filter(|(message, _)| locked.contains(&message.place))
            .map(|(message, payload)| Tried {
                message,
                said: self.read(message, payload),
            })
            .collect();
        if tried.is_empty() {
            return Ok(looked);
        }
        let mut outcome = Outcome::default();
        let usable = self.readings(&mut transaction, &tried, &mut outcome).await?;
        write(&mut transaction, usable, &mut outcome).await?;
        for (segment, counts) in &outcome.counts {
            transaction.add_counts(*segment, *counts).await?;
        }
        let now = self.clock.now();
        transaction.release(&outcome.used).await?;
        transaction
            .take_back(outcome.counted_again.iter().copied())
            .await?;
        transaction.keep_refused(replay, now, &outcome.refused).await?;
        looked.replayed = outcome.used.len() as u64;
        looked.failed = outcome.refused.len() as u64;
        transaction
            .count_replayed(replay, looked.replayed, looked.failed)
            .await?;
        transaction.commit().await?;
        events::replayed(looked.replayed, looked.failed);
        Ok(looked)
    }

    /// What a message says now.
    fn read<'a>(&self, message: &WaitingMessage, payload: &'a Payload<'_>) -> Result<Decoded<'a>, Rejected> {
        if message.code == Rejection::SENSOR_LIST_CODE {
            return Err(Rejection::SensorList {
                detail: "a list is not replayed, for the flags of what came since would be others: import it again with \
                         fieldbook sensors import"
                    .to_owned(),
            }
            .into());
        }
        match payload {
            Payload::Whole(bytes) => {
                let kind = if message.imported {
                    Kind::Imported
                } else {
                    Kind::Message
                };
                decode::of_kind(kind, bytes, message.received_at, &self.loader.bounds)
            }
            Payload::Refused(why) => Err(why.clone().into()),
            Payload::NotNow => Err(Rejection::PayloadLost {
                detail: "it was not read".to_owned(),
            }
            .into()),
        }
    }

    /// The readings of those that can be used, flagged as when they came; the others are noted in the outcome.
    async fn readings<'a>(
        &self,
        transaction: &mut LoadTransaction,
        tried: &[Tried<'a>],
        outcome: &mut Outcome<'a>,
    ) -> Result<Vec<Usable<'a>>, LoadError> {
        let named: Vec<(&str, &str, i64, DateTime<Utc>)> = tried
            .iter()
            .filter_map(|one| {
                let decoded = one.said.as_ref().ok()?;
                let message = one.message;
                Some((
                    message.source.as_str(),
                    &*decoded.sensor,
                    message.place.seq,
                    message.received_at,
                ))
            })
            .collect();
        let known = transaction.sensors_in_force(&named).await?;
        let registered = self.register(transaction, &named, &known).await?;
        let mut known = known.into_iter();
        let mut usable = Vec::with_capacity(named.len());
        for one in tried {
            let message = one.message;
            let decoded = match &one.said {
                Ok(decoded) => decoded,
                Err(rejected) => {
                    outcome.refuse(message, rejected);
                    continue;
                }
            };
            let key = (message.source.as_str(), &*decoded.sensor);
            let (sensor_id, flag) = if let Some(sensor) = known.next().flatten() {
                (sensor.id, gross_range(Some(&sensor), decoded.value))
            } else if let Some(sensor_id) = registered.get(&key) {
                (*sensor_id, QualityFlag::NotEvaluated)
            } else {
                let limit = self.loader.auto_sensors_max;
                let rejected = Rejected {
                    why: Rejection::SensorLimit { limit },
                    sensor: Some(decoded.sensor.clone().into_owned()),
                };
                outcome.refuse(message, &rejected);
                continue;
            };
            usable.push(Usable {
                message,
                name: decoded.sensor.clone().into_owned(),
                reading: NewReading {
                    sensor_id,
                    time: decoded.time,
                    value: decoded.value,
                    flag,
                    received_at: message.received_at,
                    seq: message.place.seq,
                    on_conflict: on_conflict(&self.sources, &message.source),
                },
            });
        }
        Ok(usable)
    }

    /// Registers the sensors that nobody knows yet, as far as there is room, those first that came first.
    async fn register<'n>(
        &self,
        transaction: &mut LoadTransaction,
        named: &[(&'n str, &'n str, i64, DateTime<Utc>)],
        known: &[Option<KnownSensor>],
    ) -> Result<HashMap<(&'n str, &'n str), i32>, LoadError> {
        let mut unknown: Vec<(DateTime<Utc>, i64, (&str, &str))> = named
            .iter()
            .zip(known)
            .filter(|(_, known)| known.is_none())
            .map(|((source, name, seq, received_at), _)| (*received_at, *seq, (*source, *name)))
            .collect();
        if unknown.is_empty() {
            return Ok(HashMap::new());
        }
        unknown.sort_unstable();
        let registered = transaction.auto_registered().await?;
        let room = self.loader.auto_sensors_max.saturating_sub(registered);
        let mut keys: Vec<(&str, &str)> = Vec::new();
        let mut new = Vec::new();
        for (registered_at, _, key) in unknown {
            if keys.len() < room && !keys.contains(&key) {
                keys.push(key);
                new.push(NewSensor {
                    source: key.0.to_owned(),
                    name: key.1.to_owned(),
                    registered_at,
                });
            }
        }
        let sensors = transaction.register_sensors(&new).await?;
        Ok(keys
            .into_iter()
            .zip(sensors.into_iter().map(|sensor| sensor.id))
            .collect())
    }
}

/// Writes the readings, segment by segment, for each has its own books.
async fn write<'a>(
    transaction: &mut LoadTransaction,
    usable: Vec<Usable<'a>>,
    outcome: &mut Outcome<'a>,
) -> Result<(), LoadError> {
    let mut of_segments: BTreeMap<i64, Vec<Usable<'a>>> = BTreeMap::new();
    for one in usable {
        let segment = of_segments.entry(one.message.segment_first_seq).or_default();
        segment.push(one);
    }
    let mut receipts = Vec::new();
    for part in of_segments.into_values() {
        let readings: Vec<NewReading> = part.iter().map(|one| one.reading).collect();
        let written = transaction.write_readings(&readings).await?;
        let is_refused = |index: usize| written.refused.iter().any(|refused| refused.index == index);
        let stored = part.iter().enumerate().filter(|(index, _)| !is_refused(*index));
        receipts.extend(stored.map(|(_, one)| (one.reading.sensor_id, one.reading.received_at)));
        outcome.settle(part, &written);
    }
    transaction.note_receipts(&receipts).await
}

impl<'a> Outcome<'a> {
    fn books(&mut self, message: &WaitingMessage) -> &mut Counts {
        self.counts.entry(message.segment_first_seq).or_default()
    }

    /// A message that can't be read still.
    fn refuse(&mut self, message: &WaitingMessage, rejected: &Rejected) {
        if is_refused_reading(message) {
            // It was understood, and is no longer.
            let books = self.books(message);
            books.decoded -= 1;
            books.quarantined += 1;
            books.readings_refused -= 1;
        }
        self.refused.push(StillRefused {
            place: message.place,
            code: rejected.why.code(),
            reason: rejected.why.to_string(),
            sensor: rejected.sensor.clone(),
            counted: None,
        });
    }

    /// The messages of a segment, and what the database made of their readings.
    fn settle(&mut self, part: Vec<Usable<'a>>, written: &Written) {
        let Some(first) = part.first() else { return };
        let books = self.books(first.message);
        books.readings_new += written.new.cast_signed();
        books.readings_duplicate += written.duplicate.cast_signed();
        books.readings_conflicting += written.conflicting.cast_signed();
        for (index, one) in part.into_iter().enumerate() {
            let refused = written.refused.iter().find(|refused| refused.index == index);
            let books = self.books(one.message);
            let micros = one.reading.time.timestamp_micros();
            books.time_min_us = Some(books.time_min_us.map_or(micros, |least| least.min(micros)));
            books.time_max_us = Some(books.time_max_us.map_or(micros, |most| most.max(micros)));
            books.readings_refused += i64::from(refused.is_some());
            if is_refused_reading(one.message) {
                books.readings_refused -= 1;
            } else {
                books.decoded += 1;
                books.quarantined -= 1;
            }
            let Some(refused) = refused else {
                self.used.push(one.message);
                continue;
            };
            // Writing it has counted it as refused.
            self.counted_again.extend(one.message.counted);
            let why = Rejection::Refused {
                detail: refused.reason.clone(),
            };
            self.refused.push(StillRefused {
                place: one.message.place,
                code: why.code(),
                reason: why.to_string(),
                sensor: Some(one.name),
                counted: Some((one.reading.sensor_id, one.reading.refused_time())),
            });
        }
    }
}

/// Whether the message was understood, and its reading refused by the database.
fn is_refused_reading(message: &WaitingMessage) -> bool {
    message.code == Rejection::REFUSED_CODE
}
