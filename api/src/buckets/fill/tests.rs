//! Filling, bucket by bucket.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::Zone;
use entity::query::readings::TimeRange;

use super::*;
use crate::buckets::Grid;

fn minute(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

/// A bucket with one reading, or with one that failed.
fn aggregate(value: Option<f64>) -> Aggregate {
    let number = value.unwrap_or_default();
    Aggregate {
        count: value.is_some().into(),
        count_suspect: 0,
        count_fail: value.is_none().into(),
        sum: number,
        m2: 0.0,
        min: number - 1.0,
        max: number + 1.0,
        first: number,
        last: number + 0.5,
        first_at: DateTime::UNIX_EPOCH,
        last_at: DateTime::UNIX_EPOCH,
        area: 60.0 * number,
        covered_seconds: 60.0,
        increase: value,
    }
}

/// Six minutes, of which the sixth begins in the future.
fn buckets(found: &[(usize, Option<f64>)], before: Option<f64>) -> SensorBuckets {
    let edges = (0..=6).map(minute).collect();
    let range = TimeRange {
        from: minute(0) + TimeDelta::seconds(30),
        to: minute(6),
    };
    let now = minute(4) + TimeDelta::seconds(45);
    SensorBuckets {
        grid: Arc::new(Grid::new(edges, range, now, Zone::UTC)),
        found: found.iter().map(|(at, value)| (*at, aggregate(*value))).collect(),
        before,
        ..SensorBuckets::default()
    }
}

fn shown(buckets: &SensorBuckets, fill: Fill) -> Vec<Bucket> {
    let mut shown = Vec::new();
    buckets.each(fill, Some(15.0), |bucket| shown.push(bucket));
    assert_eq!(shown.len(), buckets.shown(fill));
    shown
}

fn avgs(buckets: &SensorBuckets, fill: Fill) -> Vec<Option<f64>> {
    let levels = shown(buckets, fill).into_iter().map(|bucket| bucket.levels);
    levels.map(|levels| levels.map(|levels| levels.avg)).collect()
}

#[test]
fn none_leaves_out_what_is_empty_but_not_what_failed() {
    let buckets = buckets(&[(1, Some(10.0)), (2, None)], Some(7.0));
    let shown = shown(&buckets, Fill::None);
    assert_eq!(
        shown.iter().map(|bucket| bucket.number).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(
        (shown[1].count, shown[1].count_fail, shown[1].levels, shown[1].sum),
        (0, 1, None, None)
    );
}

#[test]
fn null_shows_every_bucket_without_inventing_values() {
    let buckets = buckets(&[(1, Some(10.0)), (2, None)], Some(7.0));
    assert_eq!(
        avgs(&buckets, Fill::Null),
        [None, Some(10.0), None, None, None, None]
    );
}

#[test]
fn previous_carries_the_last_value_on_but_not_into_the_future() {
    let sparse = buckets(&[(1, Some(10.0)), (2, None)], Some(7.0));
    assert_eq!(
        avgs(&sparse, Fill::Previous),
        [Some(7.0), Some(10.0), Some(10.5), Some(10.5), Some(10.5), None]
    );
    let shown = shown(&sparse, Fill::Previous);
    assert_eq!(shown[2].levels, Some(Levels::all(10.5)));
    assert_eq!((shown[2].count, shown[2].sum, shown[2].stddev), (0, None, None));
    assert_eq!(avgs(&buckets(&[], None), Fill::Previous), [None; 6]);
}

#[test]
fn linear_goes_from_middle_to_middle_and_not_beyond() {
    let sparse = buckets(&[(1, Some(10.0)), (2, None), (4, Some(16.0))], Some(7.0));
    assert_eq!(
        avgs(&sparse, Fill::Linear),
        [None, Some(10.0), Some(12.0), Some(14.0), Some(16.0), None]
    );
    let levels = shown(&sparse, Fill::Linear)[3].levels.unwrap();
    assert_eq!((levels.min, levels.max, levels.last), (13.0, 15.0, 14.5));
}

#[test]
fn a_bucket_is_complete_when_it_is_over_and_whole() {
    let complete: Vec<_> = shown(&buckets(&[], None), Fill::Null)
        .iter()
        .map(|bucket| bucket.complete)
        .collect();
    assert_eq!(complete, [false, true, true, true, false, false]);
}

#[test]
fn completeness_is_of_the_time_that_is_over_and_asked_for() {
    let buckets = buckets(&[(0, Some(1.0)), (1, Some(1.0)), (4, Some(1.0))], None);
    let completeness = |interval| {
        let mut shown = Vec::new();
        buckets.each(Fill::Null, interval, |bucket| shown.push(bucket.completeness));
        shown
    };
    // Half of the first minute was asked for, and three quarters of the fifth are over.
    assert_eq!(
        completeness(Some(15.0)),
        [Some(0.5), Some(0.25), Some(0.0), Some(0.0), Some(1.0 / 3.0), None]
    );
    // Where less than a reading was to be expected, nothing can be said.
    assert_eq!(
        completeness(Some(60.0)),
        [None, Some(1.0), Some(0.0), Some(0.0), None, None]
    );
    assert_eq!(completeness(None), [None; 6]);
}

fn view(fill: Fill, completeness_min: Option<f64>) -> View {
    View {
        fill,
        interval: Some(15.0),
        completeness_min,
        shown: Shown::default(),
    }
}

fn shown_in(buckets: &SensorBuckets, view: &View) -> Vec<Bucket> {
    let mut shown = Vec::new();
    buckets.each_in(view, |bucket| shown.push(bucket));
    shown
}

#[test]
fn what_is_less_complete_than_asked_for_has_counts_and_no_values() {
    let buckets = buckets(&[(0, Some(1.0)), (1, Some(10.0)), (2, Some(20.0))], None);
    // Half of the first minute was asked for, so that one reading of two came; of the others one of four.
    let found = shown_in(&buckets, &view(Fill::None, Some(0.5)));
    let values: Vec<_> = found
        .iter()
        .map(|bucket| (bucket.count, bucket.sum, bucket.integral, bucket.increase))
        .collect();
    assert_eq!(
        values,
        [
            (1, Some(1.0), Some(1.0 / 60.0), Some(1.0)),
            (1, None, None, None),
            (1, None, None, None)
        ]
    );
    assert!(found[1].levels.is_none() && !found[1].has_values && found[0].has_values);
    // Filled as if they were empty.
    let filled = shown_in(&buckets, &view(Fill::Previous, Some(0.5)));
    let last: Vec<_> = filled
        .iter()
        .map(|bucket| bucket.levels.map(|levels| levels.last))
        .collect();
    assert_eq!(
        last,
        [Some(1.5), Some(1.5), Some(1.5), Some(1.5), Some(1.5), None]
    );
    let line = shown_in(&buckets, &view(Fill::Linear, Some(0.5)));
    assert!(
        line[1..]
            .iter()
            .all(|bucket| bucket.levels.is_none() && bucket.integral.is_none())
    );
}

#[test]
fn a_line_that_crosses_empty_buckets_is_shown_with_linear_and_not_of_the_future() {
    let mut buckets = buckets(&[(1, Some(10.0)), (2, None), (4, Some(16.0)), (5, None)], None);
    let crossed = Aggregate {
        count_fail: 0,
        area: 780.0,
        ..aggregate(None)
    };
    buckets.found.insert(2, (3, crossed));
    let integrals = |fill| -> Vec<_> {
        let shown = shown_in(&buckets, &view(fill, None));
        shown.iter().map(|bucket| bucket.integral).collect()
    };
    assert_eq!(
        integrals(Fill::Linear)[1..],
        [
            Some(600.0 / 3_600.0),
            Some(0.0),
            Some(780.0 / 3_600.0),
            Some(960.0 / 3_600.0),
            None
        ]
    );
    assert_eq!(
        integrals(Fill::Null)[1..],
        [Some(600.0 / 3_600.0), None, None, Some(960.0 / 3_600.0), None]
    );
}
