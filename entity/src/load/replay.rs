//! Trying messages again that were set aside: what waits, and what becomes of it, in a transaction of the loader's.
//!
//! ```text
//! waiting ── read the whole payloads ─► begin ── lock those that still wait ── decode ── sensors, readings, counts
//!                                                                               │
//!                                          commit ◄── remove, or keep with the new reason ── count in the request
//! ```
//!
//! A row is the lock: whoever has it decides what becomes of the message, and it is gone, or bears the request's number, with
//! the same commit. So a message comes in once, whatever dies in between and however many try.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::Uuid;

use super::sensors::read as read_sensor;
use super::{KnownSensor, LoadError, LoadTransaction};
use crate::quarantine::{MessagePlace, REPLAYS_KEPT_FOR};
use crate::query::in_force::{Arrival, ranges_of};
use crate::rollup::Level;
use crate::sql;

/// A message that a request wants tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMessage {
    /// Where it is.
    pub place: MessagePlace,
    /// The journal's lasting identity.
    pub journal: Uuid,
    /// The object on S3 that holds it, once it is archived.
    pub object_key: Option<String>,
    /// The first position of its segment: where it is counted.
    pub segment_first_seq: i64,
    /// When it was received.
    pub received_at: DateTime<Utc>,
    /// Its source.
    pub source: String,
    /// Its topic.
    pub topic: String,
    /// The sensor's name, where it could be read.
    pub sensor: Option<String>,
    /// Why it was set aside, a word for programs.
    pub code: String,
    /// The payload, or its beginning.
    pub payload: Vec<u8>,
    /// How many bytes the whole payload has.
    pub payload_size: i64,
    /// Whether it is a row of an imported file.
    pub imported: bool,
    /// For which sensor and hour it is counted as refused.
    pub counted: Option<(i32, DateTime<Utc>)>,
}

/// A message that still can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StillRefused {
    /// Where it is.
    pub place: MessagePlace,
    /// Why now, a word for programs.
    pub code: &'static str,
    /// The same as a sentence for people.
    pub reason: String,
    /// The sensor's name, where it could be read now.
    pub sensor: Option<String>,
    /// For which sensor and by which time it counts as refused now; `None` where that has not changed.
    pub counted: Option<(i32, DateTime<Utc>)>,
}

/// The requests that are not done, the oldest first.
pub async fn open_replays(db: &DatabaseConnection) -> Result<Vec<i64>, LoadError> {
    let select = "SELECT id FROM quarantine_replay WHERE finished_at IS NULL ORDER BY id";
    Ok(sql::query(db, select, [], |row| row.get(0)).await?)
}

/// What waits of a request and of these sources behind a place, in order, at most `messages_max`; all of one journal.
pub async fn waiting(
    db: &DatabaseConnection,
    replay: i64,
    sources: &[String],
    after: Option<MessagePlace>,
    messages_max: u32,
) -> Result<Vec<WaitingMessage>, LoadError> {
    let values: [Value; 6] = [
        replay.into(),
        sources.to_vec().into(),
        after.map(|place| place.journal_id).into(),
        after.map(|place| place.seq).into(),
        after.map(|place| place.item).into(),
        i64::from(messages_max).into(),
    ];
    let mut rows = sql::query(db, include_str!("replay/select_waiting.sql"), values, |row| {
        let sensor: Option<i32> = row.get(11)?;
        let hour: Option<DateTime<Utc>> = row.get(12)?;
        Ok(WaitingMessage {
            place: MessagePlace {
                journal_id: row.get(0)?,
                seq: row.get(1)?,
                item: row.get(2)?,
            },
            journal: row.get(3)?,
            received_at: row.get(4)?,
            source: row.get(5)?,
            sensor: row.get(6)?,
            code: row.get(7)?,
            payload: row.get(8)?,
            payload_size: row.get(9)?,
            object_key: row.get(10)?,
            counted: sensor.zip(hour),
            segment_first_seq: row.get(13)?,
            topic: row.get(14)?,
            imported: row.get(15)?,
        })
    })
    .await?;
    let journal_id = rows.first().map(|row| row.place.journal_id);
    rows.retain(|row| Some(row.place.journal_id) == journal_id);
    Ok(rows)
}

/// Notes that an ingestor has taken a request up.
pub async fn take_replay(db: &DatabaseConnection, replay: i64, now: DateTime<Utc>) -> Result<(), LoadError> {
    let update = "UPDATE quarantine_replay SET taken_at = $2 WHERE id = $1 AND taken_at IS NULL";
    sql::execute(db, update, [replay.into(), now.into()]).await?;
    Ok(())
}

/// Ends a request of which nothing waits any more, whichever source it is of, and forgets those that ended long ago. Says
/// whether it is over.
pub async fn finish_replay(
    db: &DatabaseConnection,
    replay: i64,
    now: DateTime<Utc>,
) -> Result<bool, LoadError> {
    let values: [Value; 2] = [replay.into(), now.into()];
    let ended = sql::execute(db, include_str!("replay/update_finished.sql"), values).await?;
    if ended > 0 {
        let prune = "DELETE FROM quarantine_replay WHERE finished_at < $1";
        sql::execute(db, prune, [(now - REPLAYS_KEPT_FOR).into()]).await?;
    }
    Ok(ended > 0)
}

impl LoadTransaction {
    /// How many sensors there are that nobody declared.
    pub async fn auto_registered(&self) -> Result<usize, LoadError> {
        let select = "SELECT count(*) FROM sensor WHERE NOT declared";
        let counts: Vec<i64> = sql::query(&self.transaction, select, [], |row| row.get(0)).await?;
        let count = counts.first().and_then(|count| usize::try_from(*count).ok());
        Ok(count.unwrap_or_default())
    }

    /// Locks those of these messages that still wait for the request; the others came in meanwhile, or were tried.
    pub async fn lock_waiting(
        &mut self,
        replay: i64,
        places: &[MessagePlace],
    ) -> Result<HashSet<MessagePlace>, LoadError> {
        let [journals, seqs, items] = columns(places.iter());
        let values: [Value; 4] = [replay.into(), journals, seqs, items];
        let locked = sql::query(
            &self.transaction,
            include_str!("replay/lock_waiting.sql"),
            values,
            |row| {
                Ok(MessagePlace {
                    journal_id: row.get(0)?,
                    seq: row.get(1)?,
                    item: row.get(2)?,
                })
            },
        )
        .await?;
        Ok(locked.into_iter().collect())
    }

    /// The sensors that messages of this journal name, each as it was declared when the loader came to the message: source,
    /// name, position and receipt. `None` where there is no such sensor.
    pub async fn sensors_in_force(
        &self,
        messages: &[(&str, &str, i64, DateTime<Utc>)],
    ) -> Result<Vec<Option<KnownSensor>>, LoadError> {
        let sources: Vec<String> = messages.iter().map(|message| message.0.to_owned()).collect();
        let names: Vec<String> = messages.iter().map(|message| message.1.to_owned()).collect();
        let select = include_str!("replay/select_sensors_of_each.sql");
        let found = sql::query(&self.transaction, select, [sources.into(), names.into()], |row| {
            Ok((row.get::<i64>(6)?, read_sensor(row)?))
        })
        .await?;
        let mut sensors = vec![None; messages.len()];
        for (ordinal, sensor) in found {
            let at = usize::try_from(ordinal - 1).ok();
            let slot = at.and_then(|at| sensors.get_mut(at));
            *slot.ok_or_else(|| DbErr::Type(format!("{ordinal} is no ordinal")))? = Some(sensor);
        }
        let came: Vec<Arrival> = sensors
            .iter()
            .zip(messages)
            .filter_map(|(sensor, (_, _, seq, received_at))| {
                Some(Arrival {
                    sensor_id: sensor.as_ref()?.id,
                    journal_id: self.journal_id,
                    seq: *seq,
                    received_at: *received_at,
                })
            })
            .collect();
        let ranges = ranges_of(&self.transaction, &came).await?;
        for (sensor, range) in sensors.iter_mut().flatten().zip(ranges) {
            let range = range.unwrap_or_default();
            (sensor.range_min, sensor.range_max) = (range.min, range.max);
        }
        Ok(sensors)
    }

    /// Moves the beginning of sensors' activity back to the receipt of messages of theirs.
    pub async fn note_receipts(&mut self, receipts: &[(i32, DateTime<Utc>)]) -> Result<(), LoadError> {
        let values: [Value; 2] = [
            receipts
                .iter()
                .map(|(sensor_id, _)| *sensor_id)
                .collect::<Vec<_>>()
                .into(),
            sql::times(receipts.iter().map(|(_, received_at)| *received_at)),
        ];
        let update = include_str!("replay/update_active_since.sql");
        sql::execute(&self.transaction, update, values).await?;
        Ok(())
    }

    /// Removes messages that are used now, and takes back that they were counted as refused.
    pub async fn release(&mut self, used: &[&WaitingMessage]) -> Result<(), LoadError> {
        let [journals, seqs, items] = columns(used.iter().map(|message| &message.place));
        let delete = include_str!("replay/delete_used.sql");
        sql::execute(&self.transaction, delete, [journals, seqs, items]).await?;
        self.take_back(used.iter().filter_map(|message| message.counted))
            .await
    }

    /// Keeps messages that still can't be used, with their new reason and when they were tried for which request.
    pub async fn keep_refused(
        &mut self,
        replay: i64,
        now: DateTime<Utc>,
        refused: &[StillRefused],
    ) -> Result<(), LoadError> {
        let [journals, seqs, items] = columns(refused.iter().map(|message| &message.place));
        let text = |of: fn(&StillRefused) -> &str| -> Value {
            let texts = refused
                .iter()
                .map(|message| of(message).replace('\0', "\u{2400}"));
            texts.collect::<Vec<_>>().into()
        };
        let counted = |message: &StillRefused| message.counted.map_or(0, |(sensor_id, _)| sensor_id);
        let hour = |message: &StillRefused| message.counted.map_or(DateTime::UNIX_EPOCH, |(_, time)| time);
        let values: [Value; 10] = [
            replay.into(),
            now.into(),
            journals,
            seqs,
            items,
            text(|message| message.code),
            text(|message| message.reason.as_str()),
            text(|message| message.sensor.as_deref().unwrap_or_default()),
            refused.iter().map(counted).collect::<Vec<_>>().into(),
            sql::times(refused.iter().map(|message| Level::Hour.floor(hour(message)))),
        ];
        let update = include_str!("replay/update_refused.sql");
        sql::execute(&self.transaction, update, values).await?;
        Ok(())
    }

    /// Takes back that messages were counted as refused, each for a sensor and hour.
    pub async fn take_back(
        &mut self,
        counted: impl Iterator<Item = (i32, DateTime<Utc>)>,
    ) -> Result<(), LoadError> {
        let (sensors, hours): (Vec<i32>, Vec<DateTime<Utc>>) = counted.unzip();
        if sensors.is_empty() {
            return Ok(());
        }
        let values: [Value; 2] = [sensors.into(), hours.into()];
        let update = include_str!("replay/update_taken_back.sql");
        sql::execute(&self.transaction, update, values).await?;
        Ok(())
    }

    /// Counts in the request what became of its messages.
    pub async fn count_replayed(&mut self, replay: i64, replayed: u64, failed: u64) -> Result<(), LoadError> {
        let values: [Value; 3] = [
            replay.into(),
            replayed.cast_signed().into(),
            failed.cast_signed().into(),
        ];
        let update =
            "UPDATE quarantine_replay SET replayed = replayed + $2, failed = failed + $3 WHERE id = $1";
        sql::execute(&self.transaction, update, values).await?;
        Ok(())
    }
}

/// The places as parameters.
fn columns<'a>(places: impl Iterator<Item = &'a MessagePlace>) -> [Value; 3] {
    let (mut journals, mut seqs, mut items): (Vec<i16>, Vec<i64>, Vec<i16>) = Default::default();
    for place in places {
        journals.push(place.journal_id);
        seqs.push(place.seq);
        items.push(place.item);
    }
    [journals.into(), seqs.into(), items.into()]
}
