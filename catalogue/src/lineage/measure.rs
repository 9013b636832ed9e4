//! Figures of quality that follow from the mass balance: does what was received, stored and archived add up, and how much
//! of it could be used.

use entity::lineage::Window;

use super::{Counted, windows};
use crate::model::{Dataset, Dimension, Kind, Measured};
use crate::quality::{Doubts, Figure, Ratio, Thresholds, Window as Day};

/// The figures of a dataset, over its closed hours of the last day.
pub fn measured(counted: &Counted, dataset: &Dataset) -> Vec<Measured> {
    if !counted.is_loaded() {
        return Vec::new();
    }
    let at = counted.messages_at;
    let since = windows(at);
    let of_day: Vec<&Window> = counted
        .messages
        .windows
        .iter()
        .filter(|window| window.hour >= since.all_windows)
        .collect();
    let sum = |of: fn(&Window) -> i64| -> u64 {
        of_day.iter().map(|window| of(window)).sum::<i64>().unsigned_abs()
    };
    let Some(day) = Day::new(since.all_windows, since.closed_before) else {
        return Vec::new();
    };
    let figure = |dimension, numerator, denominator, formula: &str| {
        let bounds = Thresholds::default().of(dimension);
        let figure = Figure::new(
            dimension,
            Ratio::new(numerator, denominator),
            bounds,
            Doubts::NONE,
        );
        Measured {
            formula: formula.to_owned(),
            ..figure.measured(day, at)
        }
    };
    match dataset.kind {
        Kind::Raw => {
            let received = sum(|window| window.messages + window.skipped);
            let wrong = sum(|window| window.skipped + window.astray);
            let loaded = sum(|window| window.loaded);
            vec![
                figure(
                    Dimension::Consistency,
                    received.saturating_sub(wrong),
                    received,
                    "Messages that are on S3 and, understood or quarantined, in the database, out of those received.",
                ),
                figure(
                    Dimension::Conformity,
                    sum(|window| window.decoded),
                    loaded,
                    "Messages that could be used, out of those that were received and looked at.",
                ),
            ]
        }
        Kind::Readings => {
            let expected = sum(|window| window.expected);
            vec![figure(
                Dimension::Consistency,
                expected.saturating_sub(sum(|window| window.unstored)),
                expected,
                "Understood messages of sensors whose readings are stored or set aside, out of all of them.",
            )]
        }
        Kind::Rollup | Kind::Sensors | Kind::Quarantine | Kind::Table => Vec::new(),
    }
}
