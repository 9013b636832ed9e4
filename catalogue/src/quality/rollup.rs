//! Many sensors and windows together: sums of numerators by sums of denominators, and the worst sensor by name.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::completeness::Doubts;
use super::figure::{Figure, OF_A_SENSOR, Ratio};
use super::measurement::Measurement;
use super::rules::Thresholds;
use crate::model::Dimension;

/// Measurements of many sensors and windows, added up. It keeps a few sums for each sensor.
#[derive(Debug, Default)]
pub struct Rollup {
    sensors: BTreeMap<i32, Counted>,
    max_latency_seconds: Option<f64>,
    gaps_begun: u64,
    longest_gap: Option<TimeDelta>,
}

/// What was counted of one sensor in some windows, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    ratios: [Ratio; OF_A_SENSOR.len()],
    readings: u64,
    doubts: Doubts,
}

impl Counted {
    /// So many readings, with what was counted for each dimension.
    pub fn new(readings: u64, doubts: Doubts, ratio: impl Fn(Dimension) -> Ratio) -> Self {
        Self {
            ratios: OF_A_SENSOR.map(ratio),
            readings,
            doubts,
        }
    }

    /// How many readings there are.
    pub fn readings(&self) -> u64 {
        self.readings
    }

    /// The figures of the sensor, judged by these bounds.
    pub fn figures(&self, thresholds: &Thresholds) -> Vec<Figure> {
        let figures = OF_A_SENSOR
            .into_iter()
            .zip(self.ratios)
            .map(|(dimension, ratio)| {
                Figure::new(
                    dimension,
                    ratio,
                    thresholds.of(dimension),
                    self.doubts_of(dimension),
                )
            });
        figures.collect()
    }

    /// The figures of many sensors that this is of, coverage included: so many of them have a reading.
    pub fn figures_of_many(&self, thresholds: &Thresholds, with_readings: u64, sensors: u64) -> Vec<Figure> {
        let mut figures = self.figures(thresholds);
        figures.push(Figure::new(
            Dimension::Coverage,
            Ratio::new(with_readings, sensors),
            thresholds.of(Dimension::Coverage),
            Doubts::NONE,
        ));
        figures
    }

    fn doubts_of(&self, dimension: Dimension) -> Doubts {
        if dimension == Dimension::Completeness {
            self.doubts
        } else {
            Doubts::NONE
        }
    }

    fn add(&mut self, other: &Self) {
        for (sum, ratio) in self.ratios.iter_mut().zip(other.ratios) {
            sum.add(ratio);
        }
        self.readings += other.readings;
        self.doubts = self.doubts.and(other.doubts);
    }
}

/// A figure of many sensors and windows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rolled {
    /// The figure of all of them.
    pub figure: Figure,
    /// The sensor with the lowest value; of several the one with the least id. `None`: it is applicable to none.
    pub worst: Option<Worst>,
}

/// The worst sensor of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worst {
    /// Which sensor.
    pub sensor_id: i32,
    /// Its own figure, over all windows.
    pub figure: Figure,
}

impl Rollup {
    /// Adds what was counted of a sensor in a window. Each window of a sensor comes once; a sensor without readings comes,
    /// too, for coverage counts it.
    pub fn add(&mut self, sensor_id: i32, measurement: &Measurement) {
        self.add_counted(
            sensor_id,
            &Counted::new(measurement.readings, measurement.doubts(), |dimension| {
                measurement.ratio(dimension)
            }),
        );
        if let Some(latency) = measurement.latency {
            let so_far = self.max_latency_seconds.unwrap_or(f64::NEG_INFINITY);
            self.max_latency_seconds = Some(so_far.max(latency.max_seconds));
        }
        if let Some(completeness) = &measurement.completeness {
            self.gaps_begun += completeness.gaps_begun;
            self.longest_gap = self.longest_gap.max(completeness.longest_gap);
        }
    }

    /// Adds what is known of a sensor in sums alone, without latencies and gaps.
    pub fn add_counted(&mut self, sensor_id: i32, counted: &Counted) {
        self.sensors.entry(sensor_id).or_default().add(counted);
    }

    /// How many readings there are.
    pub fn readings(&self) -> u64 {
        self.sensors.values().map(|sensor| sensor.readings).sum()
    }

    /// The longest that a reading took, in seconds; `None` without readings. Percentiles don't add up: those of many
    /// windows need all readings again.
    pub fn max_latency_seconds(&self) -> Option<f64> {
        self.max_latency_seconds
    }

    /// How many gaps began: a gap over several windows counts once.
    pub fn gaps_begun(&self) -> u64 {
        self.gaps_begun
    }

    /// The longest gap.
    pub fn longest_gap(&self) -> Option<TimeDelta> {
        self.longest_gap
    }

    /// The figures of all of it, coverage included, judged by these bounds.
    pub fn figures(&self, thresholds: &Thresholds) -> Vec<Rolled> {
        let mut figures = Vec::with_capacity(OF_A_SENSOR.len() + 1);
        for (place, dimension) in OF_A_SENSOR.into_iter().enumerate() {
            figures.push(self.rolled(dimension, thresholds, |sensor| {
                (sensor.ratios[place], sensor.doubts_of(dimension))
            }));
        }
        figures.push(self.rolled(Dimension::Coverage, thresholds, |sensor| {
            (Ratio::new(u64::from(sensor.readings > 0), 1), Doubts::NONE)
        }));
        figures
    }

    fn rolled(
        &self,
        dimension: Dimension,
        thresholds: &Thresholds,
        part: impl Fn(&Counted) -> (Ratio, Doubts),
    ) -> Rolled {
        let bounds = thresholds.of(dimension);
        let mut sum = Ratio::default();
        let mut doubts = Doubts::NONE;
        let mut worst: Option<(f64, i32, Ratio, Doubts)> = None;
        for (sensor_id, sensor) in &self.sensors {
            let (ratio, doubt) = part(sensor);
            sum.add(ratio);
            doubts = doubts.and(doubt);
            if let Some(value) = ratio.value()
                && worst.is_none_or(|(least, ..)| value < least)
            {
                worst = Some((value, *sensor_id, ratio, doubt));
            }
        }
        Rolled {
            figure: Figure::new(dimension, sum, bounds, doubts),
            worst: worst.map(|(_, sensor_id, ratio, doubts)| Worst {
                sensor_id,
                figure: Figure::new(dimension, ratio, bounds, doubts),
            }),
        }
    }
}
