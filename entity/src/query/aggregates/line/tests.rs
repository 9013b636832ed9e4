//! Lines and buckets, by hand.

#![expect(clippy::float_cmp, reason = "small whole numbers are exact")]

use chrono::TimeDelta;

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn point(second: i64, value: f64) -> Point {
    Point {
        at: at(second),
        value,
    }
}

/// A bucket with one reading.
fn one(second: i64, value: f64) -> Aggregate {
    Aggregate {
        count: 1,
        first: value,
        last: value,
        ..Aggregate::empty(at(second))
    }
}

/// Ten buckets of ten seconds, from 5 to 95.
fn laid(
    crossed: bool,
    mut buckets: Vec<(usize, Aggregate)>,
    before: Option<Point>,
    behind: Option<Point>,
) -> Vec<(usize, f64, f64, Option<f64>)> {
    let edges: Vec<_> = (0..=10).map(|edge| at(edge * 10)).collect();
    let strip = Strip {
        edges: &edges,
        start: at(5),
        stop: at(95),
        crossed,
    };
    strip.join(&mut buckets, before, behind);
    buckets
        .into_iter()
        .map(|(number, bucket)| (number, bucket.area, bucket.covered_seconds, bucket.increase))
        .collect()
}

#[test]
fn a_line_gives_each_bucket_what_lies_in_it_and_its_rise_to_the_last() {
    let buckets = vec![(1, one(15, 10.0)), (2, one(25, 20.0))];
    assert_eq!(
        laid(false, buckets, None, None),
        [(1, 62.5, 5.0, None), (2, 87.5, 5.0, Some(10.0))]
    );
}

#[test]
fn neighbours_outside_reach_in_and_what_they_rise_is_where_the_later_one_lies() {
    let buckets = vec![(1, one(15, 10.0))];
    assert_eq!(
        laid(
            false,
            buckets.clone(),
            Some(point(-5, 10.0)),
            Some(point(105, 10.0))
        ),
        [(1, 100.0, 10.0, Some(0.0))]
    );
    assert_eq!(
        laid(true, buckets, Some(point(-5, 10.0)), Some(point(105, 10.0)))
            .iter()
            .map(|(_, area, _, _)| area)
            .sum::<f64>(),
        900.0
    );
    // Nothing but what crosses it.
    let crossed = laid(true, Vec::new(), Some(point(5, 0.0)), Some(point(35, 3.0)));
    assert_eq!(
        crossed,
        [
            (0, 1.25, 5.0, None),
            (1, 10.0, 10.0, None),
            (2, 20.0, 10.0, None),
            (3, 13.75, 5.0, None)
        ]
    );
    assert_eq!(
        laid(false, Vec::new(), Some(point(5, 0.0)), Some(point(35, 3.0))),
        []
    );
}

#[test]
fn what_is_too_far_apart_is_not_joined() {
    let gap = GAP_MAX.num_seconds();
    let buckets = vec![(1, one(15, 10.0))];
    let joined = laid(false, buckets.clone(), Some(point(15 - gap, 10.0)), None);
    assert_eq!(joined, [(1, 50.0, 5.0, Some(0.0))]);
    let apart = laid(false, buckets, Some(point(14 - gap, 10.0)), None);
    assert_eq!(apart, [(1, 0.0, 0.0, None)]);
}

#[test]
fn a_counter_that_falls_began_again() {
    let buckets = vec![(1, one(15, 100.0)), (2, one(25, 7.0)), (3, one(35, 9.0))];
    let rises: Vec<_> = laid(false, buckets, None, None)
        .into_iter()
        .map(|(.., rise)| rise)
        .collect();
    assert_eq!(rises, [None, Some(7.0), Some(2.0)]);
}

#[test]
fn a_bucket_whose_readings_failed_is_crossed_like_an_empty_one() {
    let failed = Aggregate {
        count_fail: 2,
        ..Aggregate::empty(at(20))
    };
    let buckets = vec![(1, one(15, 10.0)), (2, failed), (3, one(35, 10.0))];
    assert_eq!(
        laid(false, buckets.clone(), None, None),
        [
            (1, 50.0, 5.0, None),
            (2, 0.0, 0.0, None),
            (3, 50.0, 5.0, Some(0.0))
        ]
    );
    assert_eq!(laid(true, buckets, None, None)[1], (2, 100.0, 10.0, None));
}
