//! What goes by time: means, integrals and increases; and percentiles.

use serde_json::{Value, json};
use testbed::TestDatabase;

use super::{buckets, column};
use crate::world::{World, open, thermometer};
use entity::load::DeclaredSensor;

fn meter(name: &str, unit: &str) -> DeclaredSensor {
    DeclaredSensor {
        kind: Some("power".into()),
        unit: Some(unit.into()),
        unit_meaning: entity::unit::meaning(unit, None),
        ..thermometer(name)
    }
}

async fn put(world: &World, sensor: i32, readings: &[(&str, f64, i16)]) {
    for (time, value, flag) in readings {
        world
            .insert_readings(&format!(
                "VALUES (TIMESTAMPTZ '{time}', {value}, TIMESTAMPTZ '{time}', extract(epoch FROM TIMESTAMPTZ '{time}'), {sensor}, {flag}, 1)"
            ))
            .await;
    }
}

fn numbers(column: &[Value]) -> Vec<Option<f64>> {
    // Sums of parts are rounded in another order.
    let rounded = |number: f64| (number * 1e9).round() / 1e9;
    column.iter().map(|value| value.as_f64().map(rounded)).collect()
}

/// A load that goes up and down over three days, with a failed reading and a day without any.
async fn load(database: TestDatabase) -> World {
    let world = World::on(database, open()).await;
    let sensor = world
        .declare(vec![meter("load", "kW"), meter("unread", "kW")])
        .await[0];
    put(
        &world,
        sensor,
        &[
            ("2026-05-31T12:00:00Z", 2.0, 1),
            ("2026-06-01T00:00:00Z", 2.0, 1),
            ("2026-06-01T06:00:00Z", 999.0, 4),
            ("2026-06-01T12:00:00Z", 4.0, 1),
            ("2026-06-03T12:00:00Z", 0.0, 1),
            ("2026-06-04T12:00:00Z", 6.0, 3),
        ],
    )
    .await;
    world
}

async fn each_way(world: &World) {
    const DAYS: &str = "sensors: [\"load\"], from: \"2026-06-01\", to: \"2026-06-04\"";
    let shown = async |arguments: &str, field: &str| {
        let found = buckets(world, &format!("{DAYS}, {arguments}"), field).await;
        numbers(&column(&found, field))
    };
    // From 2 to 4 in 12 hours, then down to 0 in 48, then up to 3 by midnight.
    let first = 36.0 + 3.5 * 12.0;
    let (second, third) = (2.0 * 24.0, 6.0 + 1.5 * 12.0);
    assert_eq!(
        shown("bucket: \"P1D\"", "integral").await,
        [Some(first), Some(third)]
    );
    assert_eq!(
        shown("bucket: \"P1D\", fill: NULL", "integral").await,
        [Some(first), None, Some(third)]
    );
    let line = shown("bucket: \"P1D\", fill: LINEAR", "integral").await;
    assert_eq!(line, [Some(first), Some(second), Some(third)]);
    assert_eq!(
        shown("bucket: \"P1M\"", "integral").await,
        [Some(first + second + third)],
        "days add up to their month"
    );
    assert_eq!(
        shown("bucket: \"P1D\", fill: LINEAR", "timeWeightedAvg").await,
        [Some(first / 24.0), Some(second / 24.0), Some(third / 24.0)]
    );
    // The later reading has the rise: 2 to 2, 2 to 4; 4 to 0 began again at 0.
    assert_eq!(
        shown("bucket: \"P1D\", fill: LINEAR", "increase").await,
        [Some(2.0), None, Some(0.0)]
    );
    assert_eq!(shown("bucket: \"P1M\"", "increase").await, [Some(2.0)]);
    assert_eq!(
        shown("bucket: \"P1D\", unit: \"W\"", "integral").await,
        [Some(first * 1e3), Some(third * 1e3)]
    );
    assert_eq!(
        shown("bucket: \"P1D\", includeFailed: true", "increase").await,
        [Some(1_001.0), Some(0.0)]
    );
    assert_eq!(
        shown("bucket: \"P1M\", flags: [SUSPECT]", "integral").await,
        [None]
    );
    let data = world
        .data(&format!("{{ aggregates({DAYS}, bucket: \"P1D\") {{ integralUnit unit }} sensor(name: \"load\") {{ unit {{ integral }} }} }}"))
        .await;
    assert_eq!(
        data["aggregates"][0],
        json!({ "integralUnit": "kW.h", "unit": "kW" })
    );
    assert_eq!(data["sensor"]["unit"]["integral"], "kW.h");
}

testbed::both! {
    async fn integrals_of_days_add_up_to_their_month(database: TestDatabase) {
        let world = load(database).await;
        each_way(&world).await;
        world.refresh().await;
        assert!(world.settled_minutes().await > 0);
        each_way(&world).await;
    }

    async fn percentiles_are_exact_and_several_at_once(database: TestDatabase) {
        let world = World::on(database, open()).await;
        let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
        world.readings(sensors[0], "2026-06-01T00:00:00Z", "1 minute", 101).await;
        let range = "sensors: [\"a\", \"b\"], from: \"2026-06-01\", to: \"2026-06-02\", bucket: \"P1D\", fill: NULL";
        let fields = "p50: percentile(p: 0.5) p99: percentile(p: $p) ...F";
        let query = format!(
            "query($p: Float = 0.99) {{ aggregates({range}) {{ buckets {{ {fields} }} }} \
               kelvin: sensor(name: \"a\") {{ aggregates(from: \"2026-06-01\", to: \"2026-06-02\", bucket: \"P1D\", unit: \"K\") {{ lowest: percentile(p: 0) }} }} }} \
             fragment F on Aggregate {{ p999: percentile(p: 0.999) }}"
        );
        let (_, body) = world.post(json!({ "query": query, "variables": { "p": 0.9 } })).await;
        let data = &body["data"];
        assert_eq!(data["aggregates"][0]["buckets"], json!([{ "p50": 50.0, "p99": 90.0, "p999": 99.9 }]), "{body}");
        assert_eq!(data["aggregates"][1]["buckets"], json!([{ "p50": null, "p99": null, "p999": null }]), "{body}");
        assert_eq!(data["kelvin"]["aggregates"], json!([{ "lowest": 273.15 }]), "{body}");
    }
}

#[tokio::test]
async fn a_first_bucket_that_is_withheld_is_filled_with_what_was_before() {
    let world = World::new().await;
    let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
    put(
        &world,
        sensors[0],
        &[("2026-05-31T23:59:00Z", 5.0, 1), ("2026-06-01T00:30:00Z", 9.0, 1)],
    )
    .await;
    put(&world, sensors[1], &[("2026-05-31T23:58:00Z", 7.0, 1)]).await;
    let range = "from: \"2026-06-01\", to: \"2026-06-01T02:00:00Z\", bucket: \"PT1H\", fill: PREVIOUS, \
                 minCompleteness: 0.9";
    for (of, expected) in [
        ("sensors: [\"a\"]", 5.0),
        ("sensors: [\"b\"]", 7.0),
        // The last of both is that of a.
        ("groupBy: [{label: \"site\"}]", 5.0),
    ] {
        let found = buckets(&world, &format!("{range}, {of}"), "avg").await;
        assert_eq!(found, vec![json!({ "avg": expected }); 2], "{of}");
    }
}

#[tokio::test]
async fn buckets_that_are_not_complete_enough_keep_their_counts_alone() {
    let world = World::new().await;
    let sensor = world.declare(vec![thermometer("a")]).await[0];
    world
        .readings(sensor, "2026-06-01T00:00:00Z", "1 minute", 90)
        .await;
    let range = "from: \"2026-06-01\", to: \"2026-06-01T02:00:00Z\", bucket: \"PT1H\", minCompleteness: 0.9";
    let fields = "count completeness avg sum stddev timeWeightedAvg integral increase percentile(p: 0.5)";
    let found = buckets(&world, range, fields).await;
    assert_eq!(found[0]["avg"], 29.5);
    assert_eq!(found[0]["percentile"], 29.5);
    assert_eq!(
        found[1],
        json!({ "count": 30.0, "completeness": 0.5, "avg": null, "sum": null, "stddev": null, "timeWeightedAvg": null,
                "integral": null, "increase": null, "percentile": null })
    );
    let filled = buckets(&world, &format!("{range}, fill: PREVIOUS"), "avg count").await;
    assert_eq!(filled[1], json!({ "avg": 59.0, "count": 30.0 }));
}
