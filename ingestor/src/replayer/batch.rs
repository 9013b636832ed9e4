//! A batch of messages on its way out of the quarantine: one transaction.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use entity::QualityFlag;
use entity::load::{
    Counts, KnownSensor, LoadError, LoadTransaction, NewQuarantined, NewReading, NewSensor, StillRefused,
    WaitingMessage, Written,
};
use entity::quarantine::MessagePlace;

use super::reading::{Reread, Tried, is_part};
use super::whole::Payload;
use super::{Looked, Replayer};
use crate::decode::{Rejected, Rejection};
use crate::events;
use crate::loader::gross_range;

/// A reading that is to be written.
struct Usable<'a> {
    message: &'a WaitingMessage,
    /// Which one of its message.
    item: i16,
    /// Whether its message says several, so that a refusal is not the message's.
    one_of_several: bool,
    reading: NewReading,
    name: String,
}

/// A reading that can't be used, of a message that comes in with others.
struct RefusedPart {
    /// Which one of its message.
    item: i16,
    rejected: Rejected,
    /// For which sensor and by which time it was counted as refused.
    counted: Option<(i32, DateTime<Utc>)>,
}

/// The sensors of the readings that are understood, in their order, and those that were new.
struct Sensors<'n> {
    known: std::vec::IntoIter<Option<KnownSensor>>,
    registered: HashMap<(&'n str, &'n str), i32>,
}

/// What becomes of the messages of a batch.
#[derive(Default)]
struct Outcome<'a> {
    used: Vec<&'a WaitingMessage>,
    refused: Vec<StillRefused>,
    /// Readings that can't be used, of messages that come in with others.
    parts: Vec<NewQuarantined>,
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
            .map(|(message, payload)| self.reread(message, payload))
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
        transaction.quarantine(&outcome.parts).await?;
        looked.replayed = outcome.used.len() as u64;
        looked.failed = outcome.refused.len() as u64;
        transaction
            .count_replayed(replay, looked.replayed, looked.failed)
            .await?;
        transaction.commit().await?;
        events::replayed(looked.replayed, looked.failed);
        for part in &outcome.parts {
            events::quarantined(part.code);
        }
        Ok(looked)
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
            .flat_map(|one| one.decoded().map(|decoded| (one.message, decoded)))
            .map(|(message, decoded)| {
                (
                    message.source.as_str(),
                    &*decoded.sensor,
                    message.place.seq,
                    message.received_at,
                )
            })
            .collect();
        let known = transaction.sensors_in_force(&named).await?;
        let registered = self.register(transaction, &named, &known).await?;
        let mut sensors = Sensors {
            known: known.into_iter(),
            registered,
        };
        let mut all = Vec::with_capacity(named.len());
        for one in tried {
            let message = one.message;
            let parts = match &one.said {
                Ok(parts) => parts,
                Err(rejected) => {
                    outcome.refuse(message, rejected);
                    continue;
                }
            };
            let mut usable = Vec::with_capacity(parts.len());
            let mut refused = Vec::new();
            for part in parts {
                match self.usable(message, part, parts.len() > 1, &mut sensors) {
                    Ok(reading) => usable.push(reading),
                    Err(part) => refused.push(part),
                }
            }
            match refused.first() {
                Some(first) if usable.is_empty() => outcome.refuse(message, &first.rejected),
                _ => outcome.refuse_parts(message, refused),
            }
            all.extend(usable);
        }
        Ok(all)
    }

    /// A reading of a message with its sensor, or why there is none. Those that are understood take a sensor each, in order.
    fn usable<'a>(
        &self,
        message: &'a WaitingMessage,
        part: &Reread<'a>,
        one_of_several: bool,
        sensors: &mut Sensors<'_>,
    ) -> Result<Usable<'a>, RefusedPart> {
        let refused = |rejected: Rejected| RefusedPart {
            item: part.item,
            rejected,
            counted: None,
        };
        let decoded = part.said.as_ref().map_err(|why| refused(why.clone()))?;
        let name = decoded.sensor.clone().into_owned();
        let key = (message.source.as_str(), name.as_str());
        let (sensor_id, flag) = if let Some(sensor) = sensors.known.next().flatten() {
            (sensor.id, gross_range(Some(&sensor), decoded.value))
        } else if let Some(sensor_id) = sensors.registered.get(&key) {
            (*sensor_id, QualityFlag::NotEvaluated)
        } else {
            let limit = self.loader.auto_sensors_max;
            return Err(refused(Rejected {
                why: Rejection::SensorLimit { limit },
                sensor: Some(name),
            }));
        };
        Ok(Usable {
            message,
            item: part.item,
            one_of_several,
            reading: NewReading {
                sensor_id,
                time: decoded.time,
                value: decoded.value,
                flag,
                received_at: message.received_at,
                seq: message.place.seq,
                on_conflict: self.manners.of(&message.source).on_conflict,
            },
            name,
        })
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
        // One of several readings stays one, for the others came in.
        if is_part(message) && message.place.item == 0 {
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

    /// Readings of a message that comes in with others: each is set aside by itself, as the loader would have done.
    fn refuse_parts(&mut self, message: &WaitingMessage, refused: Vec<RefusedPart>) {
        for RefusedPart {
            item,
            rejected: Rejected { why, sensor },
            counted,
        } in refused
        {
            self.books(message).readings_refused += 1;
            self.parts.push(NewQuarantined {
                received_at: message.received_at,
                seq: message.place.seq,
                item,
                source: message.source.clone(),
                topic: message.topic.clone(),
                code: why.code(),
                reason: why.to_string(),
                sensor,
                payload: message.payload.clone(),
                payload_size: message.payload_size,
                imported: message.imported,
                counted,
            });
        }
    }

    /// The messages of a segment, and what the database made of their readings.
    fn settle(&mut self, part: Vec<Usable<'a>>, written: &Written) {
        let Some(first) = part.first() else { return };
        let books = self.books(first.message);
        books.readings_new += written.new.cast_signed();
        books.readings_duplicate += written.duplicate.cast_signed();
        books.readings_conflicting += written.conflicting.cast_signed();
        let mut before = None;
        for (index, one) in part.into_iter().enumerate() {
            let refused = written.refused.iter().find(|refused| refused.index == index);
            let books = self.books(one.message);
            let micros = one.reading.time.timestamp_micros();
            books.time_min_us = Some(books.time_min_us.map_or(micros, |least| least.min(micros)));
            books.time_max_us = Some(books.time_max_us.map_or(micros, |most| most.max(micros)));
            // The readings of a message stand beside each other.
            let is_first = before.replace(one.message.place) != Some(one.message.place);
            if is_first {
                if is_part(one.message) {
                    books.readings_refused -= 1;
                } else {
                    books.decoded += 1;
                    books.quarantined -= 1;
                }
            }
            let why = refused.map(|refused| Rejection::Refused {
                detail: refused.reason.clone(),
            });
            let Some(why) = why else {
                if is_first || !one.one_of_several {
                    self.used.push(one.message);
                }
                continue;
            };
            let counted = Some((one.reading.sensor_id, one.reading.refused_time()));
            if one.one_of_several {
                if is_first {
                    self.used.push(one.message);
                }
                let sensor = Some(one.name);
                let part = RefusedPart {
                    item: one.item,
                    rejected: Rejected { why, sensor },
                    counted,
                };
                self.refuse_parts(one.message, vec![part]);
                continue;
            }
            self.books(one.message).readings_refused += 1;
            // Writing it has counted it as refused.
            self.counted_again.extend(one.message.counted);
            self.refused.push(StillRefused {
                place: one.message.place,
                code: why.code(),
                reason: why.to_string(),
                sensor: Some(one.name),
                counted,
            });
        }
    }
}
