//! All readings of a range, however many, in batches of columns: for exports.
//!
//! Windows of time follow each other (`page/windows.rs`), each read by one short statement, so that memory is bounded, no
//! statement meets its timeout, and whoever stops asking stops the work. A window is as long as what the last ones held and
//! took makes sensible (`pace.rs`). What arrives while a scan goes on is in it where the scan has not been yet.

mod pace;

use sea_orm::{DatabaseConnection, DbErr, RuntimeErr};
use tokio::time::Instant;

use self::pace::Pace;
use super::{ReadingFilter, TimeRange};
use crate::scope::Reach;
use crate::sql::{Row, packed};
use crate::{QualityFlag, Scope};

/// Up to this many sensors are read along the primary key, each with a probe a window; beyond it, a window is read as a
/// whole and the others are left out.
const PROBED_SENSORS_MAX: usize = 1_000;

/// What a scan goes through.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanOf {
    /// These sensors, or all in scope.
    pub sensors: Option<Vec<i32>>,
    /// This time.
    pub range: TimeRange,
    /// These flags and values.
    pub filter: ReadingFilter,
    /// Whether it is wanted when each was received.
    pub with_received: bool,
}

/// Readings in columns of equal length, by time and then by sensor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// When each was measured, in microseconds since 1970.
    pub times: Vec<i64>,
    /// Its value, in the sensor's declared unit.
    pub values: Vec<f64>,
    /// Internal key of its sensor.
    pub sensors: Vec<i32>,
    /// The ingest's verdict.
    pub flags: Vec<QualityFlag>,
    /// When Fieldbook received each, in microseconds since 1970; empty where that is not wanted.
    pub received: Vec<i64>,
}

/// A way through readings, by time and then by sensor.
#[derive(Debug)]
pub struct Scan {
    db: DatabaseConnection,
    /// `None` for all there are.
    sensors: Option<Vec<i32>>,
    filter: ReadingFilter,
    with_received: bool,
    /// `None` when the asker can see none.
    pace: Option<Pace>,
}

impl Scan {
    /// Asks nothing of the database yet.
    pub fn new(db: &DatabaseConnection, scope: &Scope, of: ScanOf) -> Self {
        let (sensors, is_visible) = match scope.reach(of.sensors.as_deref()) {
            Reach::Nothing => (None, false),
            Reach::Everything => (None, true),
            Reach::Sensors(sensors) => (Some(sensors), true),
        };
        Self {
            db: db.clone(),
            sensors,
            filter: of.filter,
            with_received: of.with_received,
            pace: is_visible.then(|| Pace::new(of.range)),
        }
    }

    /// The next readings; `None` after the last.
    pub async fn next(&mut self) -> Result<Option<Batch>, DbErr> {
        while let Some((window, readings_max)) = self.pace.as_ref().and_then(Pace::current) {
            let began = Instant::now();
            let read = self.read(window, readings_max).await;
            let Some(pace) = &mut self.pace else { break };
            match read {
                Ok(batch) if readings_max.is_some_and(|max| batch.times.len() >= max) => pace.narrow(),
                Ok(batch) => {
                    pace.advance(batch.times.len(), began.elapsed());
                    if !batch.times.is_empty() {
                        return Ok(Some(batch));
                    }
                }
                // A shorter window of the same data may take less; one that can't be shorter has had its time.
                Err(error) if readings_max.is_some() && is_timeout(&error) => pace.narrow(),
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn read(&self, window: TimeRange, readings_max: Option<usize>) -> Result<Batch, DbErr> {
        let is_probed = self
            .sensors
            .as_ref()
            .is_some_and(|sensors| sensors.len() <= PROBED_SENSORS_MAX);
        let select = if is_probed {
            include_str!("select_window_of.sql")
        } else {
            include_str!("select_window.sql")
        };
        let flags: Option<Vec<i16>> = self
            .filter
            .flags
            .as_ref()
            .map(|flags| flags.iter().map(|flag| flag.number()).collect());
        // Planned anew each time: a plan for any window and any limit may read the whole table for one.
        let query = sqlx::query(select)
            .persistent(false)
            .bind(window.from)
            .bind(window.to)
            .bind(flags)
            .bind(self.filter.value_min)
            .bind(self.filter.value_max)
            .bind(self.sensors.as_deref())
            .bind(readings_max.map(|max| i64::try_from(max).unwrap_or(i64::MAX)))
            .bind(self.with_received);
        let row = query
            .fetch_one(self.db.get_postgres_connection_pool())
            .await
            .map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))?;
        Batch::of(&Row::of_driver(&row), self.with_received)
    }
}

impl Batch {
    fn of(row: &Row<'_>, with_received: bool) -> Result<Self, DbErr> {
        let mut batch = Self {
            times: packed::micros(row, 0)?,
            values: packed::floats(row, 1)?,
            sensors: packed::sensors(row, 2)?,
            flags: packed::flags(row, 3)?,
            received: packed::micros(row, 4)?,
        };
        let readings = batch.times.len();
        let lengths = [batch.values.len(), batch.sensors.len(), batch.flags.len()];
        let received = if with_received { readings } else { 0 };
        packed::check_lengths(readings, lengths)?;
        packed::check_lengths(received, [batch.received.len()])?;
        batch.sort();
        Ok(batch)
    }

    /// Readings mostly lie in the order in which they came, and that is nearly the order of time.
    fn sort(&mut self) {
        fn sorted<T: Copy>(column: &[T], order: &[(i64, i32, u32)]) -> Vec<T> {
            order.iter().map(|(.., at)| column[*at as usize]).collect()
        }
        let key = |at: usize| (self.times[at], self.sensors[at]);
        if (1..self.times.len()).all(|at| key(at - 1) < key(at)) {
            return;
        }
        // Keys lie beside each other while they are compared; a batch has far fewer than 2^32 of them.
        let mut order: Vec<(i64, i32, u32)> = (0_u32..)
            .zip(&self.times)
            .zip(&self.sensors)
            .map(|((at, time), sensor)| (*time, *sensor, at))
            .collect();
        order.sort_unstable();
        self.values = sorted(&self.values, &order);
        self.flags = sorted(&self.flags, &order);
        if !self.received.is_empty() {
            self.received = sorted(&self.received, &order);
        }
        self.times = order.iter().map(|(time, ..)| *time).collect();
        self.sensors = order.iter().map(|(_, sensor, _)| *sensor).collect();
    }
}

/// The statement was cancelled by its timeout.
fn is_timeout(error: &DbErr) -> bool {
    let DbErr::Query(RuntimeErr::SqlxError(error)) = error else {
        return false;
    };
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "57014")
}
