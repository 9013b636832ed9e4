//! The readings of many windows of sensors, with the neighbours that it takes to judge them.
//!
//! ```text
//!             context                        window                behind
//!  ○ ● ● ○ … ● ● ○ ● ● ● ● │ ● ● ○ ● ● ● ● … ● ● ● ● ○ │ ○ ○ ○ ●           ● sound   ○ not sound
//!    ↑       ╰─ any ──────╯  from                    to  ↑     ↑
//!    sound ones alone                                    the first one, and the first sound one
//! ```

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};

use crate::QualityFlag;
use crate::sql::{self, Row, packed};

/// So far is looked for sound readings beside a window at most: whoever has sent this many readings in a row that are not
/// sound has no neighbours any more. It bounds what a sensor that is broken for ever costs.
const SEARCHED_MAX: i64 = 100_000;

/// A window of a sensor whose readings are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleRequest {
    /// Internal key of the sensor.
    pub sensor_id: i32,
    /// First instant of the window.
    pub from: DateTime<Utc>,
    /// First instant behind it.
    pub to: DateTime<Utc>,
    /// Of the readings before the window, the newest so many, and the newest so many that are sound (neither failed nor
    /// missing): `Rules::context_before()`.
    pub context: u32,
    /// The time of the last reading of the piece before; `None`: from the beginning.
    pub behind: Option<DateTime<Utc>>,
}

/// Readings of one sensor in columns of equal length, in the order of time: those before its window, those in it, the first
/// one behind it, and the first sound one behind it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    /// When they were measured.
    pub times: Vec<DateTime<Utc>>,
    /// When they were received.
    pub received: Vec<DateTime<Utc>>,
    /// Their values, in the sensor's unit.
    pub values: Vec<f64>,
    /// What ingest found.
    pub flags: Vec<QualityFlag>,
    /// Whether there may be more, which a request `behind` the last one of these gives.
    pub has_more: bool,
}

impl Samples {
    /// How many readings these are.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether these are none.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}

/// The readings of each of these windows, in the order in which they were asked for, in one statement: at most `piece` of
/// each window, so at most `piece` times as many readings as windows, of 30 bytes each.
///
/// Sensors of neighbouring keys lie on the same pages, for a loader's batches are sorted by them: ask for them together.
pub async fn samples(
    db: &impl ConnectionTrait,
    asked: &[SampleRequest],
    piece: u32,
) -> Result<Vec<Samples>, DbErr> {
    let mut found = vec![Samples::default(); asked.len()];
    if asked.is_empty() {
        return Ok(found);
    }
    let context = asked
        .iter()
        .map(|one| i32::try_from(one.context).unwrap_or(i32::MAX));
    let goes_on = asked.iter().map(|one| one.behind.is_some());
    let values: [Value; 8] = [
        asked.iter().map(|one| one.sensor_id).collect::<Vec<_>>().into(),
        sql::times(asked.iter().map(|one| one.from)),
        sql::times(asked.iter().map(|one| one.to)),
        context.collect::<Vec<_>>().into(),
        goes_on.collect::<Vec<_>>().into(),
        sql::times(asked.iter().map(|one| one.behind.unwrap_or(one.from))),
        i64::from(piece).into(),
        SEARCHED_MAX.into(),
    ];
    let piece = usize::try_from(piece).unwrap_or(usize::MAX);
    let rows = sql::query(db, include_str!("select_samples.sql"), values, |row| {
        Ok((row.get::<i64>(0)?, read(row, piece)?))
    })
    .await?;
    for (ordinal, samples) in rows {
        let position = usize::try_from(ordinal - 1).ok();
        *position
            .and_then(|position| found.get_mut(position))
            .ok_or_else(|| DbErr::Type(format!("{ordinal} is no ordinal of a window")))? = samples;
    }
    Ok(found)
}

fn read(row: &Row<'_>, piece: usize) -> Result<Samples, DbErr> {
    let times = packed::times(row, 1)?;
    let samples = Samples {
        has_more: times.len() >= piece,
        times,
        received: packed::times(row, 2)?,
        values: packed::floats(row, 3)?,
        flags: packed::flags(row, 4)?,
    };
    let lengths = [samples.received.len(), samples.values.len(), samples.flags.len()];
    packed::check_lengths(samples.len(), lengths)?;
    Ok(samples)
}
