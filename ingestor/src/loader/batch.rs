//! A batch of records on its way into one transaction.

use std::collections::HashMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use entity::QualityFlag;
use entity::load::{Counts, KnownSensor, NewQuarantined, NewReading, NewSensor, NewSensorList};
use sha2::{Digest, Sha256};

use super::LoaderOptions;
use super::commit::{BatchError, Loading};
use crate::decode::{Decoded, Readings, Rejected, Rejection};
use crate::message::{Kind, Record};
use crate::receiver::{Manner, Manners};
use crate::sensor_list;

/// What cuts a batch: a sensor list takes effect between what lies before and behind it.
#[derive(Debug)]
pub(super) enum Step {
    /// One that is to be applied.
    List(Box<NewSensorList>),
    /// One that can't be.
    BadList(Box<NewQuarantined>),
}

/// A reading's sensor: known to the database, or new in this batch.
#[derive(Debug, Clone, Copy)]
enum SensorRef {
    Known(i32),
    New(usize),
}

#[derive(Debug)]
struct Pending {
    sensor: SensorRef,
    reading: NewReading,
    /// Which one of its message; see [`NewQuarantined::item`].
    item: i16,
}

/// Records decoded, until they are committed.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    options: &'a LoaderOptions,
    manners: &'a Manners,
    pending: Vec<Pending>,
    new_sensors: Vec<NewSensor>,
    new_by_name: HashMap<(String, String), usize>,
    quarantined: Vec<NewQuarantined>,
    /// Of those, the sensors that are known, and when the messages were received.
    refused: Vec<(i32, DateTime<Utc>)>,
    /// The bodies of decoded records, for the quarantine should the database refuse one.
    bodies: Vec<(u64, Bytes)>,
    counts: Counts,
    messages: i64,
    last_seq: Option<u64>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(options: &'a LoaderOptions, manners: &'a Manners) -> Self {
        Self {
            options,
            manners,
            pending: Vec::new(),
            new_sensors: Vec::new(),
            new_by_name: HashMap::new(),
            quarantined: Vec::new(),
            refused: Vec::new(),
            bodies: Vec::new(),
            counts: Counts::default(),
            messages: 0,
            last_seq: None,
        }
    }

    /// Takes a record; a sensor list is given back, to be committed behind this batch.
    pub(super) fn push(
        &mut self,
        seq: u64,
        body: &Bytes,
        loading: &Loading,
    ) -> Result<Option<Step>, BatchError> {
        let record = Record::decode(body).map_err(|source| BatchError::Record { seq, source })?;
        if record.kind == Kind::SensorList {
            return Ok(Some(self.list(seq, &record)));
        }
        self.last_seq = Some(seq);
        self.messages += 1;
        match self.read(seq, &record, loading) {
            Ok(()) => {
                self.counts.decoded += 1;
                self.bodies.push((seq, body.clone()));
            }
            Err(rejected) => {
                self.counts.quarantined += 1;
                self.set_aside(seq, 0, &record, rejected, loading);
            }
        }
        Ok(None)
    }

    /// Whether it should be committed before more is taken: a message may have many readings.
    pub(super) fn is_full(&self) -> bool {
        self.pending.len() >= self.options.batch_readings_max
    }

    /// Takes the readings of a message; one of which none can be used is given back with the reason of the first.
    fn read(&mut self, seq: u64, record: &Record<'_>, loading: &Loading) -> Result<(), Rejected> {
        let manner = self.manners.of(record.source);
        let parts = match manner.read(record.kind, &record.message(), &self.options.bounds)? {
            Readings::One(decoded) => {
                let pending = self.pending(seq, 0, record, &decoded, (manner, loading))?;
                self.take(pending);
                return Ok(());
            }
            Readings::Several(parts) => parts,
        };
        let mut taken = 0;
        let mut rejected = Vec::new();
        for part in parts {
            let pending = part
                .said
                .and_then(|decoded| self.pending(seq, part.item, record, &decoded, (manner, loading)));
            match pending {
                Ok(pending) => {
                    taken += 1;
                    self.take(pending);
                }
                Err(why) => rejected.push((part.item, why)),
            }
        }
        if taken == 0 {
            // There is a first one: a message without any is refused where it is read.
            return rejected
                .into_iter()
                .next()
                .map_or(Ok(()), |(_, first)| Err(first));
        }
        for (item, why) in rejected {
            self.counts.readings_refused += 1;
            self.set_aside(seq, item, record, why, loading);
        }
        Ok(())
    }

    fn take(&mut self, pending: Pending) {
        let time = pending.reading.time.timestamp_micros();
        self.counts.time_min_us = Some(self.counts.time_min_us.map_or(time, |least| least.min(time)));
        self.counts.time_max_us = Some(self.counts.time_max_us.map_or(time, |most| most.max(time)));
        self.pending.push(pending);
    }

    /// Keeps a message, or one reading of it, that can't be used.
    fn set_aside(&mut self, seq: u64, item: i16, record: &Record<'_>, rejected: Rejected, loading: &Loading) {
        let Rejected { why, sensor } = rejected;
        let known = sensor
            .as_ref()
            .and_then(|name| loading.sensors.get(record.source, name));
        let counted = known.map(|known| (known.id, record.received_at()));
        self.refused.extend(counted);
        let quarantined = NewQuarantined {
            item,
            counted,
            ..self.quarantine(seq, record, &why, sensor)
        };
        self.quarantined.push(quarantined);
    }

    fn list(&self, seq: u64, record: &Record<'_>) -> Step {
        match sensor_list::parse(record.payload) {
            Ok(list) => Step::List(Box::new(NewSensorList {
                source: record.source.to_owned(),
                received_at: record.received_at(),
                seq: seq.cast_signed(),
                sha256: Sha256::digest(record.payload).into(),
                sensors: list.sensors,
            })),
            Err(error) => {
                let rejection = Rejection::SensorList {
                    detail: error.to_string(),
                };
                Step::BadList(Box::new(self.quarantine(seq, record, &rejection, None)))
            }
        }
    }

    fn pending(
        &mut self,
        seq: u64,
        item: i16,
        record: &Record<'_>,
        decoded: &Decoded<'_>,
        (manner, loading): (&Manner, &Loading),
    ) -> Result<Pending, Rejected> {
        let received_at = record.received_at();
        let known = loading.sensors.get(record.source, &decoded.sensor);
        let sensor = match known {
            Some(known) => SensorRef::Known(known.id),
            None => self.register(record, &decoded.sensor, loading)?,
        };
        let flag = known.map_or(QualityFlag::NotEvaluated, |known| {
            loading.flag(known, seq, received_at, decoded.value)
        });
        Ok(Pending {
            sensor,
            item,
            reading: NewReading {
                // Filled in when the sensor's key is known.
                sensor_id: 0,
                time: decoded.time,
                value: decoded.value,
                flag,
                received_at,
                seq: seq.cast_signed(),
                on_conflict: manner.on_conflict,
            },
        })
    }

    /// A sensor that nobody declared, within the bound on their number.
    fn register(
        &mut self,
        record: &Record<'_>,
        name: &str,
        loading: &Loading,
    ) -> Result<SensorRef, Rejected> {
        let key = (record.source.to_owned(), name.to_owned());
        if let Some(index) = self.new_by_name.get(&key) {
            return Ok(SensorRef::New(*index));
        }
        let limit = self.options.auto_sensors_max;
        if loading.sensors.auto_registered() + self.new_sensors.len() >= limit {
            return Err(Rejected {
                why: Rejection::SensorLimit { limit },
                sensor: Some(key.1),
            });
        }
        let index = self.new_sensors.len();
        self.new_sensors.push(NewSensor {
            source: key.0.clone(),
            name: key.1.clone(),
            registered_at: record.received_at(),
        });
        self.new_by_name.insert(key, index);
        Ok(SensorRef::New(index))
    }

    fn quarantine(
        &self,
        seq: u64,
        record: &Record<'_>,
        rejection: &Rejection,
        sensor: Option<String>,
    ) -> NewQuarantined {
        let kept = record
            .payload
            .len()
            .min(self.options.quarantine_payload_bytes_max);
        NewQuarantined {
            received_at: record.received_at(),
            seq: seq.cast_signed(),
            item: 0,
            source: record.source.to_owned(),
            // Text for people; the raw archive has the bytes. PostgreSQL's text holds no NUL.
            topic: String::from_utf8_lossy(record.topic).replace('\0', "\u{fffd}"),
            code: rejection.code(),
            reason: rejection.to_string().replace('\0', "\u{fffd}"),
            sensor,
            payload: record.payload[..kept].to_vec(),
            payload_size: i64::try_from(record.payload.len()).unwrap_or(i64::MAX),
            imported: record.kind == Kind::Imported,
            counted: None,
        }
    }

    /// How many messages were taken.
    pub(super) fn messages(&self) -> i64 {
        self.messages
    }

    /// The last message taken.
    pub(super) fn last_seq(&self) -> Option<u64> {
        self.last_seq
    }

    /// Sensors to register before the readings.
    pub(super) fn new_sensors(&self) -> &[NewSensor] {
        &self.new_sensors
    }

    /// The readings, with the keys of the sensors just registered.
    pub(super) fn readings(&self, registered: &[KnownSensor], loading: &Loading) -> Vec<NewReading> {
        self.pending
            .iter()
            .map(|pending| match pending.sensor {
                SensorRef::Known(sensor_id) => NewReading {
                    sensor_id,
                    ..pending.reading
                },
                SensorRef::New(index) => {
                    // Another ingestor may have declared it meanwhile, with a range.
                    let sensor = &registered[index];
                    let NewReading {
                        seq,
                        received_at,
                        value,
                        ..
                    } = pending.reading;
                    let flag = loading.flag(sensor, seq.cast_unsigned(), received_at, value);
                    NewReading {
                        sensor_id: sensor.id,
                        flag,
                        ..pending.reading
                    }
                }
            })
            .collect()
    }

    /// A reading that the database refused, kept aside with the others; it is counted as refused where it was written.
    pub(super) fn refuse(&mut self, index: usize, reading: &NewReading, rejection: &Rejection) {
        let Some(item) = self.pending.get(index).map(|pending| pending.item) else {
            return;
        };
        let found = self
            .bodies
            .binary_search_by_key(&reading.seq.cast_unsigned(), |(seq, _)| *seq);
        let Some((seq, body)) = found.ok().map(|index| self.bodies[index].clone()) else {
            return;
        };
        let Ok(record) = Record::decode(&body) else { return };
        let manner = self.manners.of(record.source);
        let read = manner
            .read(record.kind, &record.message(), &self.options.bounds)
            .ok();
        let sensor = read
            .and_then(|readings| readings.take(item)?.ok())
            .map(|decoded| decoded.sensor.into_owned());
        let quarantined = NewQuarantined {
            item,
            counted: Some((reading.sensor_id, reading.refused_time())),
            ..self.quarantine(seq, &record, rejection, sensor)
        };
        self.counts.readings_refused += 1;
        self.quarantined.push(quarantined);
    }

    /// Why, of each that is kept aside.
    pub(super) fn quarantined_codes(&self) -> Vec<&'static str> {
        self.quarantined.iter().map(|message| message.code).collect()
    }

    /// What is kept aside.
    pub(super) fn quarantined(&self) -> &[NewQuarantined] {
        &self.quarantined
    }

    /// The messages that could not be used, of sensors that were known before this batch.
    pub(super) fn refused(&self) -> &[(i32, DateTime<Utc>)] {
        &self.refused
    }

    /// What this batch amounts to, but for what the database alone knows of its readings.
    pub(super) fn counts(&self) -> Counts {
        self.counts
    }
}

impl Loading {
    /// The gross-range verdict on a sensor's value: by the range that was in force where the history of ranges is known, by
    /// the one that is in force otherwise. Not evaluated when the sensor was not declared then.
    fn flag(&self, sensor: &KnownSensor, seq: u64, received_at: DateTime<Utc>, value: f64) -> QualityFlag {
        let Some(ranges) = &self.ranges else {
            return gross_range(Some(sensor), value);
        };
        let range = ranges.range(
            sensor.id,
            &sensor.source,
            self.journal_id,
            seq.cast_signed(),
            received_at,
        );
        range.map_or(QualityFlag::NotEvaluated, |range| {
            gross_range_between(range.min, range.max, value)
        })
    }
}

/// QARTOD test 4, gross range: fail outside what the sensor can report, not evaluated where no range is declared.
/// Manual for Real-Time Quality Control of In-situ Temperature and Salinity Data, version 2.1, IOOS.
pub(crate) fn gross_range(sensor: Option<&KnownSensor>, value: f64) -> QualityFlag {
    let Some(sensor) = sensor else {
        return QualityFlag::NotEvaluated;
    };
    gross_range_between(sensor.range_min, sensor.range_max, value)
}

fn gross_range_between(min: Option<f64>, max: Option<f64>, value: f64) -> QualityFlag {
    if min.is_none() && max.is_none() {
        return QualityFlag::NotEvaluated;
    }
    let below = min.is_some_and(|min| value < min);
    let above = max.is_some_and(|max| value > max);
    if below || above {
        QualityFlag::Fail
    } else {
        QualityFlag::Pass
    }
}
