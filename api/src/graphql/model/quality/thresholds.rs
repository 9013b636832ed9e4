//! What readings are judged by.

use async_graphql::{Enum, SimpleObject};
use catalogue::quality::{self, Rules};

/// The thresholds of a sensor's readings, after all that is said for everything, for its type and for itself. Null is a test
/// that is not made: thresholds in the sensor's unit have no default.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct QualityThresholds {
    /// `GROSS_RANGE`: a value below this is suspect, in the sensor's unit.
    gross_suspect_min: Option<f64>,
    /// `GROSS_RANGE`: a value above this is suspect, in the sensor's unit.
    gross_suspect_max: Option<f64>,
    /// `SPIKE`: what is compared with its thresholds.
    spike_method: Option<QualitySpikeMethod>,
    /// `SPIKE`: more than this is suspect, in the sensor's unit.
    spike_suspect: Option<f64>,
    /// `SPIKE`: more than this fails, in the sensor's unit.
    spike_fail: Option<f64>,
    /// `RATE_OF_CHANGE`: faster is suspect, in the sensor's unit per second.
    rate_suspect_per_second: Option<f64>,
    /// `RATE_OF_CHANGE`: faster fails, in the sensor's unit per second.
    rate_fail_per_second: Option<f64>,
    /// `FLAT_LINE`: values that are nearer to each other are the same, in the sensor's unit; 0: only equal ones are.
    flat_tolerance: Option<f64>,
    /// `FLAT_LINE`: the same as each of so many readings before is suspect.
    flat_suspect_count: Option<u32>,
    /// `FLAT_LINE`: the same as each of so many readings before fails.
    flat_fail_count: Option<u32>,
    /// `GAP`: longer than so many expected intervals.
    gap_factor: f64,
    /// A reading received more than so many seconds after its time is late; so long is waited before one is missing.
    late_after_seconds: f64,
    /// A sensor's clock may be ahead of ours by so many seconds.
    clock_lead_seconds: f64,
    /// Readings more than so many seconds apart are not compared.
    neighbours_within_seconds: f64,
}

/// What the size of a spike is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "quality::SpikeMethod")]
pub(crate) enum QualitySpikeMethod {
    /// The distance from the mean of both neighbours.
    Average,
    /// The smaller one of the two steps, up and down again; nothing where both go the same way.
    Differential,
}

impl From<&Rules> for QualityThresholds {
    fn from(rules: &Rules) -> Self {
        let Rules {
            gross,
            spike,
            rate,
            flat,
            gap_factor,
            late_after_seconds,
            clock_lead_seconds,
            neighbours_within_seconds,
            thresholds: _,
        } = rules;
        Self {
            gross_suspect_min: gross.and_then(|gross| gross.suspect_min),
            gross_suspect_max: gross.and_then(|gross| gross.suspect_max),
            spike_method: spike.map(|spike| spike.method.into()),
            spike_suspect: spike.and_then(|spike| spike.suspect),
            spike_fail: spike.and_then(|spike| spike.fail),
            rate_suspect_per_second: rate.and_then(|rate| rate.suspect_per_second),
            rate_fail_per_second: rate.and_then(|rate| rate.fail_per_second),
            flat_tolerance: flat.map(|flat| flat.tolerance),
            flat_suspect_count: flat.map(|flat| flat.suspect_count),
            flat_fail_count: flat.map(|flat| flat.fail_count),
            gap_factor: *gap_factor,
            late_after_seconds: *late_after_seconds,
            clock_lead_seconds: *clock_lead_seconds,
            neighbours_within_seconds: *neighbours_within_seconds,
        }
    }
}
