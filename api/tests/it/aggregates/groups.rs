//! Sensors shown together.

use std::collections::BTreeMap;

use entity::load::DeclaredSensor;
use serde_json::{Value, json};
use testbed::TestDatabase;

use crate::world::{World, open, thermometer};

const RANGE: &str = "from: \"2026-06-01\", to: \"2026-06-01T02:00:00Z\", bucket: \"PT1H\"";

fn sensor(name: &str, kind: &str, unit: &str, site: Option<&str>, interval: Option<f64>) -> DeclaredSensor {
    let labels: BTreeMap<_, _> = site
        .map(|site| ("site".to_owned(), site.to_owned()))
        .into_iter()
        .collect();
    DeclaredSensor {
        kind: Some(kind.into()),
        unit: Some(unit.into()),
        unit_meaning: entity::unit::meaning(unit, Some(kind)),
        labels,
        expected_interval_seconds: interval,
        ..thermometer(name)
    }
}

/// Three meters of power, one of them in W and one of no site, and a thermometer elsewhere.
async fn world(database: TestDatabase) -> World {
    let world = World::on(database, open()).await;
    let mut away = sensor("t", "temperature", "°C", Some("Harbour"), None);
    (away.lat, away.lng) = (Some(-0.05), Some(8.0));
    let sensors = world
        .declare(vec![
            sensor("a", "power", "kW", Some("Harbour"), Some(1_800.0)),
            sensor("b", "power", "kW", Some("Harbour"), None),
            sensor("c", "power", "W", None, Some(1_200.0)),
            away,
        ])
        .await;
    world
        .readings(sensors[0], "2026-06-01T00:00:00Z", "30 minutes", 4)
        .await;
    world
        .readings(sensors[1], "2026-06-01T00:10:00Z", "20 minutes", 3)
        .await;
    world
        .readings(sensors[2], "2026-06-01T00:05:00Z", "15 minutes", 2)
        .await;
    world
        .readings(sensors[3], "2026-06-01T00:00:00Z", "1 hour", 2)
        .await;
    world
}

async fn groups(world: &World, arguments: &str, fields: &str) -> Vec<Value> {
    let query = format!("{{ aggregates({RANGE}, {arguments}) {{ {fields} }} }}");
    world.data(&query).await["aggregates"].as_array().unwrap().clone()
}

async fn each_group(world: &World) {
    let fields = "sensor { name } group { key value } unit integralUnit \
                  buckets { count avg min max sum first last stddev completeness integral increase percentile(p: 0.5) }";
    let found = groups(
        world,
        "sensors: [\"a\", \"b\"], groupBy: [{label: \"site\"}]",
        fields,
    )
    .await;
    assert_eq!(found.len(), 1);
    // a: 0 at :00, 1 at :30, 2, 3 in the second hour; b: 0 at :10, 1 at :30, 2 at :50.
    let expected = [
        json!({ "count": 5.0, "avg": 0.8, "min": 0.0, "max": 2.0, "sum": 4.0, "first": 0.0, "last": 2.0,
                "completeness": 1.0, "increase": 3.0, "percentile": 1.0 }),
        json!({ "count": 2.0, "avg": 2.5, "min": 2.0, "max": 3.0, "sum": 5.0, "first": 2.0, "last": 3.0,
                "completeness": 1.0, "increase": 2.0, "percentile": 2.5 }),
    ];
    for (bucket, expected) in found[0]["buckets"].as_array().unwrap().iter().zip(&expected) {
        for (field, expected) in expected.as_object().unwrap() {
            let (shown, expected) = (bucket[field].as_f64().unwrap(), expected.as_f64().unwrap());
            assert!(
                (shown - expected).abs() < 1e-12,
                "{field}: {shown} is not {expected}"
            );
        }
    }
    let near = |value: &Value, expected: f64| (value.as_f64().unwrap() - expected).abs() < 1e-9;
    let first = &found[0]["buckets"][0];
    assert!(near(&first["stddev"], 0.7_f64.sqrt()), "{first}");
    assert!(near(&first["integral"], 1.0 + 40.0 / 60.0), "{first}");
    assert_eq!(
        (
            &found[0]["sensor"],
            &found[0]["group"],
            &found[0]["unit"],
            &found[0]["integralUnit"]
        ),
        (
            &Value::Null,
            &json!([{ "key": "site", "value": "Harbour" }]),
            &json!("kW"),
            &json!("kW.h")
        )
    );
}

async fn mixed_units(world: &World) {
    let fields = "group { value } unit buckets { count max completeness percentile(p: 1) }";
    let power = "filter: {types: [\"power\"]}, groupBy: [{by: TYPE}]";
    let of = async |unit: &str| groups(world, &format!("{power}{unit}"), fields).await;
    // The unit of the first sensor.
    let found = of("").await;
    assert_eq!((found.len(), &found[0]["unit"]), (1, &json!("kW")));
    let bucket = &found[0]["buckets"][0];
    assert_eq!(
        (&bucket["count"], &bucket["max"], &bucket["percentile"]),
        (&json!(7.0), &json!(2.0), &json!(2.0))
    );
    // Of a two of two, of c two of three; b has no interval.
    assert!(
        (bucket["completeness"].as_f64().unwrap() - 4.0 / 5.0).abs() < 1e-12,
        "{bucket}"
    );
    let found = of(", unit: \"W\"").await;
    assert_eq!(
        (&found[0]["unit"], &found[0]["buckets"][0]["max"]),
        (&json!("W"), &json!(2_000.0))
    );
    assert_eq!(found[0]["buckets"][0]["percentile"], 2_000.0);
}

/// A meter at 1 kW with a reading each ten minutes, and one at 6 kW with a reading each hour; one failed reading of a third.
async fn lines(database: TestDatabase) -> World {
    let world = World::on(database, open()).await;
    let meter = |name| sensor(name, "power", "kW", Some("Harbour"), None);
    let sensors = world
        .declare(vec![meter("often"), meter("seldom"), meter("failed")])
        .await;
    for (sensor, value, flag, from, minutes, last) in [
        (sensors[0], 1, 1, "00:00", 10, 12),
        (sensors[1], 6, 1, "00:00", 60, 2),
        (sensors[2], 9, 4, "00:45", 60, 0),
    ] {
        world
            .insert_readings(&format!(
                "SELECT TIMESTAMPTZ '2026-06-01T{from}:00Z' + i * INTERVAL '{minutes} minutes', {value}, now(), i, {sensor}, \
                        {flag}, 1 FROM generate_series(0, {last}) AS i"
            ))
            .await;
    }
    world
}

async fn each_fill(world: &World) {
    const HALVES: &str =
        "from: \"2026-06-01\", to: \"2026-06-01T02:00:00Z\", bucket: \"PT30M\", groupBy: [{label: \"site\"}]";
    let column = async |sensors: &str, fill: &str, field: &str| -> Vec<Option<f64>> {
        let query = format!(
            "{{ aggregates({HALVES}, sensors: [{sensors}], fill: {fill}) {{ buckets {{ value: {field} }} }} }}"
        );
        let data = world.data(&query).await;
        let buckets = data["aggregates"][0]["buckets"].as_array().unwrap().iter();
        // Sums of parts are rounded in another order.
        let rounded = |value: f64| (value * 1e9).round() / 1e9;
        buckets
            .map(|bucket| bucket["value"].as_f64().map(rounded))
            .collect()
    };
    for fill in ["NONE", "NULL", "PREVIOUS", "LINEAR"] {
        // In kWh, of both meters in each half hour.
        let both = "\"often\", \"seldom\"";
        assert_eq!(column(both, fill, "integral").await, [Some(3.5); 4], "{fill}");
        assert_eq!(
            column(both, fill, "timeWeightedAvg").await,
            [Some(3.5); 4],
            "{fill}"
        );
    }
    // Buckets that lines alone cross are there only where they are asked for; a failed reading makes one that has none.
    let (some, none) = (Some(3.0), None);
    for (sensors, fill, expected) in [
        ("\"seldom\"", "NONE", &[some, some][..]),
        ("\"seldom\"", "NULL", &[some, none, some, none]),
        ("\"seldom\"", "PREVIOUS", &[some, none, some, none]),
        ("\"seldom\"", "LINEAR", &[some; 4]),
        ("\"seldom\", \"failed\"", "NONE", &[some, none, some]),
        ("\"seldom\", \"failed\"", "LINEAR", &[some; 4]),
    ] {
        assert_eq!(
            column(sensors, fill, "integral").await,
            expected,
            "{sensors} {fill}"
        );
    }
}

testbed::both! {
    async fn a_group_is_as_if_its_readings_were_those_of_one_sensor(database: TestDatabase) {
        let world = world(database).await;
        each_group(&world).await;
        mixed_units(&world).await;
        world.refresh().await;
        assert!(world.settled_minutes().await > 0);
        each_group(&world).await;
        mixed_units(&world).await;
    }

    async fn sensors_are_grouped_by_what_they_say(database: TestDatabase) {
        let world = world(database).await;
        let of = async |keys: &str| -> Vec<String> {
            let found = groups(&world, &format!("groupBy: [{keys}]"), "group { value } buckets { count }").await;
            found.iter().map(|series| {
                let values = series["group"].as_array().unwrap().iter();
                values.map(|label| label["value"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
            }).collect()
        };
        assert_eq!(of("{by: TYPE}").await, ["power", "temperature"]);
        assert_eq!(of("{by: UNIT}").await, ["Cel", "W", "kW"]);
        assert_eq!(of("{by: TYPE}, {by: SOURCE}").await, ["power plant", "temperature plant"]);
        assert_eq!(of("{by: TYPE}, {label: \"site\"}").await, ["power Harbour", "power (none)", "temperature Harbour"]);
        assert_eq!(of("{by: UNIT}, {by: PLACE}").await, ["Cel -0.1,8", "W 10,20", "kW 10,20"]);
        assert_eq!(of("{by: TYPE}, {by: PLACE, degrees: 15}").await, ["power 0,15", "temperature -15,0"]);
    }

    async fn a_bucket_of_a_group_has_the_lines_of_sensors_without_a_reading_in_it(database: TestDatabase) {
        let world = lines(database).await;
        each_fill(&world).await;
        world.refresh().await;
        assert!(world.settled_minutes().await > 0);
        each_fill(&world).await;
    }

    async fn units_that_do_not_go_together_are_refused(database: TestDatabase) {
        let world = world(database).await;
        let error = world.error(&format!("{{ aggregates({RANGE}, groupBy: [{{by: SOURCE}}]) {{ unit }} }}")).await;
        let extensions = &error["extensions"];
        assert_eq!((&extensions["code"], &extensions["argument"]), (&json!("INVALID_ARGUMENT"), &json!("groupBy")), "{error}");
        assert!(extensions["accepted"].as_str().unwrap().contains("{by: UNIT}"), "{error}");
        assert!(error["message"].as_str().unwrap().contains("Cel, W, kW"), "{error}");
        let nobody = groups(&world, "sensors: [], groupBy: [{by: TYPE}]", "unit").await;
        assert!(nobody.is_empty());
    }
}
