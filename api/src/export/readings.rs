//! Readings as rows: a window of time after the other, by time and then by sensor.

use std::sync::Arc;

use entity::query::readings::{Batch, Scan};
use entity::{DbErr, QualityFlag};

use super::columns::Columns;
use super::rows::{Kind, Rows, Shape, Values};
use super::sensors::SensorTable;
use crate::graphql::model;

pub(super) const COLUMNS: [&str; 4] = ["time", "value", "flag", "received_at"];

/// So many of them are in a file that is not told which.
pub(super) const DEFAULT: usize = 3;

/// Every flag, in the order in which columns count them.
pub(super) const FLAGS: [QualityFlag; 5] = [
    QualityFlag::Pass,
    QualityFlag::NotEvaluated,
    QualityFlag::Suspect,
    QualityFlag::Fail,
    QualityFlag::Missing,
];

/// What a flag is called.
pub(super) fn word(flag: QualityFlag) -> &'static str {
    model::QualityFlag::from(flag).word()
}

/// The readings of an export.
#[derive(Debug)]
pub(super) struct Readings {
    pub(super) shape: Arc<Shape>,
    /// The columns of readings, in their order.
    pub(super) own: Vec<&'static str>,
    pub(super) scan: Scan,
    pub(super) conversion: Converted,
}

/// What is done to values after they are read.
#[derive(Debug)]
pub(super) enum Converted {
    /// Nothing: they are in each sensor's own unit.
    No,
    /// They are converted into the unit that is asked for, and only those from `min` to `max` of it are kept.
    Within { min: Option<f64>, max: Option<f64> },
}

impl Readings {
    /// What their rows look like.
    pub(super) fn shape(columns: &Columns, sensors: SensorTable) -> Shape {
        columns.shape(sensors, |name| match name {
            "time" | "received_at" => Kind::Time,
            "value" => Kind::Float,
            _ => Kind::Word(FLAGS.map(word).to_vec()),
        })
    }

    /// The next rows; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>, DbErr> {
        while let Some(batch) = self.scan.next().await? {
            let rows = self.rows(batch);
            if !rows.sensors.is_empty() {
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    fn rows(&self, mut batch: Batch) -> Rows {
        let sensors = &self.shape.sensors;
        // A sensor that registered after the export began is none of it, and neither are its readings.
        let mut places: Vec<Option<usize>> = batch.sensors.iter().map(|id| sensors.place(*id)).collect();
        if let Converted::Within { min, max } = self.conversion {
            for (value, reading) in batch.values.iter_mut().zip(&mut places) {
                *reading = reading.filter(|place| {
                    *value = sensors.shown(*place).conversion.value(*value);
                    min.is_none_or(|min| *value >= min) && max.is_none_or(|max| *value <= max)
                });
            }
        }
        let columns = self.own.iter().map(|name| match *name {
            "time" => Values::Times(known(std::mem::take(&mut batch.times), &places)),
            "value" => Values::Floats(known(std::mem::take(&mut batch.values), &places)),
            "received_at" => Values::Times(known(std::mem::take(&mut batch.received), &places)),
            _ => Values::Words(known(batch.flags.iter().copied().map(place).collect(), &places)),
        });
        Rows {
            columns: columns.collect(),
            sensors: places.iter().flatten().copied().collect(),
        }
    }
}

/// The rows of a column whose sensor has a place: mostly all.
fn known<T>(column: Vec<T>, places: &[Option<usize>]) -> Vec<T> {
    if places.iter().all(Option::is_some) {
        return column;
    }
    let rows = column.into_iter().zip(places);
    rows.filter(|(_, place)| place.is_some())
        .map(|(value, _)| value)
        .collect()
}

/// Where in [`FLAGS`] a flag is.
fn place(flag: QualityFlag) -> i32 {
    match flag {
        QualityFlag::Pass => 0,
        QualityFlag::NotEvaluated => 1,
        QualityFlag::Suspect => 2,
        QualityFlag::Fail => 3,
        QualityFlag::Missing => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flag_is_counted_where_it_is() {
        for (at, flag) in (0..).zip(FLAGS) {
            assert_eq!(place(flag), at);
        }
    }
}
