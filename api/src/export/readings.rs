//! Readings as rows: a window of time after the other, by time and then by sensor.

use std::sync::Arc;

use entity::query::readings::{Batch, Scan};
use entity::{DbErr, QualityFlag};

use super::rows::{Kind, Rows, Shape, Values};
use super::sensors::SensorTable;
use crate::graphql::model;

pub(super) const COLUMNS: [&str; 3] = ["time", "value", "flag"];

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
    pub(super) scan: Scan,
}

impl Readings {
    /// What their rows look like.
    pub(super) fn shape(sensors: SensorTable) -> Shape {
        let kinds = [Kind::Time, Kind::Float, Kind::Word(FLAGS.map(word).to_vec())];
        Shape {
            columns: COLUMNS.into_iter().zip(kinds).collect(),
            sensors,
        }
    }

    /// The next rows; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>, DbErr> {
        let batch = self.scan.next().await?;
        Ok(batch.map(|batch| rows(batch, &self.shape.sensors)))
    }
}

fn rows(batch: Batch, sensors: &SensorTable) -> Rows {
    let places: Vec<Option<usize>> = batch.sensors.iter().map(|id| sensors.place(*id)).collect();
    let flags = batch.flags.into_iter().map(place);
    // A sensor that registered after the export began is none of it, and neither are its readings.
    if places.iter().all(Option::is_some) {
        return Rows {
            columns: vec![
                Values::Times(batch.times),
                Values::Floats(batch.values),
                Values::Words(flags.collect()),
            ],
            sensors: places.into_iter().flatten().collect(),
        };
    }
    Rows {
        columns: vec![
            Values::Times(known(batch.times, &places)),
            Values::Floats(known(batch.values, &places)),
            Values::Words(known(flags, &places)),
        ],
        sensors: places.into_iter().flatten().collect(),
    }
}

/// The rows of a column whose sensor has a place.
fn known<T>(column: impl IntoIterator<Item = T>, places: &[Option<usize>]) -> Vec<T> {
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
