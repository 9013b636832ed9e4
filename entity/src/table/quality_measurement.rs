//! `quality_measurement`: how good the readings of each sensor were, window by window.

use sea_orm::entity::prelude::*;

/// A row of `quality_measurement`.
#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quality_measurement")]
pub struct Model {
    /// The first instant of the window (UTC).
    #[sea_orm(primary_key, auto_increment = false)]
    pub window_start: DateTimeUtc,
    /// When it was computed (UTC, the service's clock).
    pub computed_at: DateTimeUtc,
    /// When a later revision took its place (UTC, the service's clock); empty while it is in force.
    pub superseded_at: Option<DateTimeUtc>,
    /// The thresholds and formulae that it was computed with (`quality_rules.version`).
    pub rule_version: i64,
    /// Readings in the window, whatever their flags.
    pub readings: i64,
    /// Readings that were there of those to be expected; empty when nobody knows how often the sensor should send.
    pub present: Option<i64>,
    /// Readings that were missing in gaps; present / (present + missing) is the completeness.
    pub missing: Option<i64>,
    /// Seconds expected between two readings; empty when not known.
    pub expected_interval_seconds: Option<f64>,
    /// Seconds of the window in which a reading was due and none came.
    pub silence_seconds: Option<f64>,
    /// Seconds of the window in which readings were to be expected.
    pub expected_seconds: Option<f64>,
    /// Seconds from reading to reading of the longest gap that touches the window, also outside of it; empty without
    /// one.
    pub longest_gap_seconds: Option<f64>,
    /// Gaps that touch the window.
    pub gaps: Option<i64>,
    /// Gaps whose first missing reading is in the window: these add up over windows.
    pub gaps_begun: Option<i64>,
    /// Readings that the tests of spike, rate of change and flat line all let pass.
    pub plausible: i64,
    /// Readings that any of these tests could judge; `plausible` / `plausible_of` is the plausibility.
    pub plausible_of: i64,
    /// Readings without a value to test.
    pub without_value: i64,
    /// Readings that the test `gross_range` could judge.
    pub gross_evaluated: i64,
    /// Readings that the test `gross_range` doubts.
    pub gross_suspect: i64,
    /// Readings that the test `gross_range` refuses.
    pub gross_fail: i64,
    /// Readings that the test `spike` could judge.
    pub spike_evaluated: i64,
    /// Readings that the test `spike` doubts.
    pub spike_suspect: i64,
    /// Readings that the test `spike` refuses.
    pub spike_fail: i64,
    /// Readings that the test `rate_of_change` could judge.
    pub rate_evaluated: i64,
    /// Readings that the test `rate_of_change` doubts.
    pub rate_suspect: i64,
    /// Readings that the test `rate_of_change` refuses.
    pub rate_fail: i64,
    /// Readings that the test `flat_line` could judge.
    pub flat_evaluated: i64,
    /// Readings that the test `flat_line` doubts.
    pub flat_suspect: i64,
    /// Readings that the test `flat_line` refuses.
    pub flat_fail: i64,
    /// Readings that the test `gap` could judge.
    pub gap_evaluated: i64,
    /// Readings that the test `gap` doubts.
    pub gap_suspect: i64,
    /// Readings that the test `gap` refuses.
    pub gap_fail: i64,
    /// Half of the readings were received no longer than so many seconds after their time; empty without readings.
    pub latency_p50_seconds: Option<f64>,
    /// 95 % of them were received no longer than so many seconds after their time.
    pub latency_p95_seconds: Option<f64>,
    /// 99 % of them were received no longer than so many seconds after their time.
    pub latency_p99_seconds: Option<f64>,
    /// The longest time in seconds from a reading's time to its receipt.
    pub latency_max_seconds: Option<f64>,
    /// Readings received later after their time than is tolerated.
    pub late: i64,
    /// Readings from a clock that is ahead by more than is tolerated.
    pub negative: i64,
    /// Readings received that were there already with the same value; empty when not counted.
    pub duplicates: Option<i64>,
    /// Readings received that were there already with another value; empty when not counted.
    pub conflicting: Option<i64>,
    /// Readings received that could not be used; empty when not counted.
    pub refused: Option<i64>,
    /// The sensor (sensor.id).
    #[sea_orm(primary_key, auto_increment = false)]
    pub sensor_id: i32,
    /// How long the window is: 3600 (an hour) or 86400 (a day), in UTC.
    #[sea_orm(primary_key, auto_increment = false)]
    pub window_seconds: i32,
    /// 1 at first, one more each time that late data or other rules gave other numbers. The highest is in force.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    /// Why the completeness may be off by more than 0.2 points, a bit each: 1 too few intervals, 2 jitter, 4 drift, 8
    /// loss, 16 bunched, 32 outage; 0: it is not.
    pub doubts: i16,
    /// Whether the expected interval was learnt from the readings, and not declared; empty when there is none.
    pub interval_learnt: Option<bool>,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
