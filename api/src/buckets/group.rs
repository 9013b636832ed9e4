//! Sensors that are shown together: their buckets made one.

use std::collections::BTreeMap;
use std::sync::Arc;

use entity::query::aggregates::Aggregate;
use entity::unit::Conversion;

use super::SensorBuckets;

/// A sensor of a group.
#[derive(Debug)]
pub(crate) struct Grouped {
    pub(crate) buckets: Arc<SensorBuckets>,
    /// The expected time between two of its readings, in seconds.
    pub(crate) interval: Option<f64>,
    /// Into the group's unit.
    pub(crate) conversion: Conversion,
}

/// The buckets of a group, in the unit into which its sensors convert theirs, and the expected time between two readings of
/// any of the sensors that have one. Their buckets have what crosses those without readings where lines are wanted; of the
/// merged ones, those that a line crosses and no sensor has readings in stay only with `crossed`.
pub(crate) fn group(sensors: &[Grouped], crossed: bool) -> (SensorBuckets, Option<f64>) {
    let mut wholes: BTreeMap<usize, (Aggregate, u64)> = BTreeMap::new();
    let mut rate = 0.0;
    let mut before = None;
    for sensor in sensors {
        let is_paced = sensor.interval.is_some();
        rate += sensor.interval.map_or(0.0, f64::recip);
        for (number, aggregate) in &sensor.buckets.found {
            let aggregate = aggregate.converted(&sensor.conversion);
            let paced = if is_paced { aggregate.count } else { 0 };
            wholes
                .entry(*number)
                .and_modify(|(whole, counted)| {
                    whole.join(&aggregate);
                    *counted += paced;
                })
                .or_insert((aggregate, paced));
        }
        let buckets = &sensor.buckets;
        let value = buckets.before.map(|value| sensor.conversion.value(value));
        before = match (before, buckets.before_at.zip(value)) {
            (Some((at, value)), Some((other, _))) if other <= at => Some((at, value)),
            (before, other) => other.or(before),
        };
    }
    if !crossed {
        wholes.retain(|_, (whole, _)| whole.count + whole.count_suspect + whole.count_fail > 0);
    }
    let grid = sensors.first().map(|sensor| Arc::clone(&sensor.buckets.grid));
    let group = SensorBuckets {
        grid: grid.unwrap_or_default(),
        found: wholes
            .iter()
            .map(|(number, (whole, _))| (*number, *whole))
            .collect(),
        before: before.map(|(_, value)| value),
        before_at: before.map(|(at, _)| at),
        paced: Some(wholes.into_values().map(|(_, paced)| paced).collect()),
        ..SensorBuckets::default()
    };
    (group, (rate > 0.0).then(|| rate.recip()))
}
