//! Buckets without readings, and readings that failed.

use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{buckets, column};
use crate::world::{World, open, thermometer};

const RANGE: &str = "from: \"2026-06-01T00:00:00Z\", to: \"2026-06-01T06:00:00Z\", bucket: \"PT1H\"";

/// Readings a minute apart in the hours 1 (0 and 10), 3 (failed only) and 4 (40); one of 5 long before.
async fn gappy(database: TestDatabase) -> World {
    let world = World::on(database, open()).await;
    let sensor = world.declare(vec![thermometer("a")]).await[0];
    world.sensors(&["silent"]).await;
    for (time, value, flag) in [
        ("2026-05-28T12:00:00Z", 5, 1),
        ("2026-05-29T12:00:00Z", 1000, 4),
        ("2026-06-01T01:00:00Z", 0, 1),
        ("2026-06-01T01:01:00Z", 10, 3),
        ("2026-06-01T03:00:00Z", 999, 4),
        ("2026-06-01T04:00:00Z", 40, 1),
    ] {
        world
            .insert_readings(&format!(
                "VALUES (TIMESTAMPTZ '{time}', {value}, TIMESTAMPTZ '{time}', extract(epoch FROM TIMESTAMPTZ '{time}'), {sensor}, {flag}, 1)"
            ))
            .await;
    }
    world
}

async fn shown(world: &World, more: &str, field: &str) -> Vec<Value> {
    column(
        &buckets(world, &format!("sensors: [\"a\"], {RANGE}, {more}"), field).await,
        field,
    )
}

fn numbers<const N: usize>(numbers: [Option<f64>; N]) -> Vec<Value> {
    numbers.into_iter().map(|number| json!(number)).collect()
}

/// Brings all rollups up to the readings.
async fn settle(world: &World) {
    assert_eq!(world.settled_minutes().await, 0);
    world.refresh().await;
    assert!(world.settled_minutes().await > 0);
}

async fn each_fill(world: &World) {
    let shown = async |fill, field| shown(world, fill, field).await;
    let avg = async |fill| shown(fill, "avg").await;
    assert_eq!(avg("").await, numbers([Some(5.0), None, Some(40.0)]));
    assert_eq!(
        shown("fill: NONE", "countFail").await,
        numbers([Some(0.0), Some(1.0), Some(0.0)])
    );
    assert_eq!(
        avg("fill: NULL").await,
        numbers([None, Some(5.0), None, None, Some(40.0), None])
    );
    assert_eq!(
        avg("fill: PREVIOUS").await,
        numbers([5.0, 5.0, 10.0, 10.0, 40.0, 40.0].map(Some))
    );
    let linear = avg("fill: LINEAR").await;
    // A third of the way, and two thirds.
    let expected = [
        None,
        Some(5.0),
        Some(50.0 / 3.0),
        Some(85.0 / 3.0),
        Some(40.0),
        None,
    ];
    assert_eq!(linear.len(), expected.len());
    for (shown, expected) in linear.iter().zip(expected) {
        let alike = match (shown.as_f64(), expected) {
            (Some(shown), Some(expected)) => (shown - expected).abs() < 1e-9,
            (shown, expected) => shown == expected,
        };
        assert!(alike, "{shown} is not {expected:?}");
    }
    assert_eq!(
        shown("fill: LINEAR", "count").await,
        numbers([0.0, 2.0, 0.0, 0.0, 1.0, 0.0].map(Some))
    );
    assert_eq!(
        shown("fill: PREVIOUS", "sum").await,
        numbers([None, Some(10.0), None, None, Some(40.0), None])
    );
    let deviation = 50.0_f64.sqrt();
    assert_eq!(
        shown("fill: NULL", "stddev").await,
        numbers([None, Some(deviation), None, None, None, None])
    );
    // A minute is expected.
    assert_eq!(
        shown("fill: NULL", "completeness").await,
        numbers([0.0, 2.0 / 60.0, 0.0, 0.0, 1.0 / 60.0, 0.0].map(Some))
    );
}

async fn with_failed(world: &World) {
    let shown = async |field| shown(world, "includeFailed: true", field).await;
    assert_eq!(shown("avg").await, numbers([5.0, 999.0, 40.0].map(Some)));
    assert_eq!(shown("count").await, numbers([2.0, 1.0, 1.0].map(Some)));
    assert_eq!(shown("countFail").await, numbers([0.0, 1.0, 0.0].map(Some)));
    assert_eq!(shown("countSuspect").await, numbers([1.0, 0.0, 0.0].map(Some)));
    let filled = format!("sensors: [\"a\"], {RANGE}, includeFailed: true, fill: PREVIOUS");
    assert_eq!(
        column(&buckets(world, &filled, "avg").await, "avg"),
        numbers([1000.0, 5.0, 10.0, 999.0, 40.0, 40.0].map(Some))
    );
}

async fn huge(world: &World) {
    let fields = "count sum avg stddev min max first last";
    let found = buckets(world, &format!("{RANGE}, fill: PREVIOUS"), fields).await;
    let before = json!({ "count": 0.0, "sum": null, "avg": null, "stddev": null, "min": null, "max": null,
                         "first": null, "last": null });
    let hour = json!({ "count": 2.0, "sum": null, "avg": null, "stddev": null, "min": -1.5, "max": 1e300,
                       "first": 1e300, "last": -1.5 });
    let after = json!({ "count": 0.0, "sum": null, "avg": -1.5, "stddev": null, "min": -1.5, "max": -1.5,
                        "first": -1.5, "last": -1.5 });
    assert_eq!(found, [&[before, hour][..], &vec![after; 4]].concat());
}

testbed::both! {
    async fn each_fill_shows_what_it_says(database: TestDatabase) {
        let world = gappy(database).await;
        each_fill(&world).await;
        settle(&world).await;
        each_fill(&world).await;
    }

    async fn failed_readings_count_when_they_are_asked_for(database: TestDatabase) {
        let world = gappy(database).await;
        with_failed(&world).await;
        settle(&world).await;
        with_failed(&world).await;
    }

    async fn values_that_no_sum_can_hold_are_shown_without_one(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let sensor = world.sensors(&["a"]).await[0];
        let row = |minute: &str, value| format!("(TIMESTAMPTZ '2026-06-01T01:{minute}:00Z', {value}, now(), 1, {sensor}, 1, 1)");
        world.insert_readings(&format!("VALUES {}, {}", row("00", "1e300"), row("01", "-1.5"))).await;
        huge(&world).await;
        settle(&world).await;
        huge(&world).await;
    }

    async fn a_sensor_without_readings_is_filled_too(database: TestDatabase) {
        let world = gappy(database).await;
        for (fill, count) in [("NONE", 0), ("NULL", 6), ("PREVIOUS", 6), ("LINEAR", 6)] {
            let found = buckets(&world, &format!("sensors: [\"silent\"], {RANGE}, fill: {fill}"), "avg completeness").await;
            assert_eq!(found, vec![json!({ "avg": null, "completeness": null }); count], "{fill}");
        }
    }
}

#[tokio::test]
async fn what_was_before_is_looked_for_no_further_than_it_is_told() {
    let world = World::new().await;
    let sensor = world.sensors(&["a"]).await[0];
    world.readings(sensor, "2026-06-01T12:00:00Z", "1 hour", 1).await;
    for (from, to, expected) in [
        ("2026-06-08T11:00:00Z", "2026-06-08T12:00:00Z", Some(0.0)),
        ("2026-06-08T13:00:00Z", "2026-06-08T14:00:00Z", None),
    ] {
        let arguments = format!("from: \"{from}\", to: \"{to}\", bucket: \"PT1H\", fill: PREVIOUS");
        assert_eq!(
            buckets(&world, &arguments, "avg").await,
            [json!({ "avg": expected })],
            "{from}"
        );
    }
}
