//! Values in the unit that is asked for.

use entity::load::DeclaredSensor;
use serde_json::{Value, json};

use crate::world::{World, thermometer};

const RANGE: &str = "from: \"2026-06-01\", to: \"2026-06-01T01:00:00Z\"";

/// A thermometer with 0, 1 and 2 °C, a flow, and two of which nobody knows what they measure.
async fn world() -> World {
    let world = World::new().await;
    let of = |name: &str, kind: &str, unit: Option<&str>| DeclaredSensor {
        kind: Some(kind.into()),
        unit: unit.map(Into::into),
        unit_meaning: unit.and_then(|unit| entity::unit::meaning(unit, Some(kind))),
        ..thermometer(name)
    };
    let sensors = world
        .declare(vec![
            thermometer("a"),
            of("flow", "flow", Some("l/min")),
            of("odd", "count", Some("widgets")),
            of("bare", "count", None),
        ])
        .await;
    for sensor in sensors {
        world
            .readings(sensor, "2026-06-01T00:00:00Z", "20 minutes", 3)
            .await;
    }
    world
}

#[tokio::test]
async fn every_number_is_converted_as_what_it_is() {
    let world = world().await;
    let fields = "avg min max sum first last stddev timeWeightedAvg integral increase percentile(p: 0.5)";
    let query = format!(
        "{{ aggregates(sensors: [\"a\"], {RANGE}, bucket: \"PT1H\", unit: \"K\") {{ unit integralUnit buckets {{ {fields} }} }} \
            sensor(name: \"a\") {{ aggregates({RANGE}, bucket: \"PT1H\", unit: \"°F\") {{ avg stddev increase }} \
                                   series({RANGE}, unit: \"F\") {{ unit values }} }} \
            series(sensors: [\"a\"], {RANGE}, unit: \"K\") {{ unit values }} \
            own: series(sensors: [\"a\"], {RANGE}) {{ unit values }} \
            flow: aggregates(sensors: [\"flow\"], {RANGE}, bucket: \"PT1H\", unit: \"m3/h\") {{ unit integralUnit buckets {{ max integral }} }} }}"
    );
    let data = world.data(&query).await;
    assert_eq!(
        data["aggregates"],
        json!([{ "unit": "K", "integralUnit": "K.h", "buckets": [
            { "avg": 274.15, "min": 273.15, "max": 275.15, "sum": 822.45, "first": 273.15, "last": 275.15, "stddev": 1.0,
              "timeWeightedAvg": 274.15, "integral": 182.766_666_666_666_68, "increase": 2.0, "percentile": 274.15 }
        ] }])
    );
    assert_eq!(
        data["sensor"],
        json!({ "aggregates": [{ "avg": 33.8, "stddev": 1.8, "increase": 3.6 }],
                "series": { "unit": "[degF]", "values": [32.0, 33.8, 35.6] } })
    );
    assert_eq!(
        data["series"],
        json!([{ "unit": "K", "values": [273.15, 274.15, 275.15] }])
    );
    assert_eq!(data["own"], json!([{ "unit": "Cel", "values": [0.0, 1.0, 2.0] }]));
    assert_eq!(
        data["flow"],
        json!([{ "unit": "m3.h-1", "integralUnit": "m3", "buckets": [{ "max": 0.12, "integral": 0.04 }] }])
    );
}

#[tokio::test]
async fn what_cannot_be_converted_is_refused_with_the_sensor_and_what_would_be() {
    let world = world().await;
    for (sensor, unit, message, accepted) in [
        ("a", "kW", "can't be converted", "Cel, [degF], K"),
        ("a", "kelvins", "there is no unit", "Cel, [degF], K"),
        ("odd", "kW", "\"widgets\"", "widgets"),
        ("bare", "K", "no unit", "only sensors that declare one"),
    ] {
        for field in [
            format!(
                "aggregates(sensors: [\"{sensor}\"], {RANGE}, bucket: \"PT1H\", unit: \"{unit}\") {{ unit }}"
            ),
            format!("series(sensors: [\"{sensor}\"], {RANGE}, unit: \"{unit}\") {{ unit }}"),
            format!("sensor(name: \"{sensor}\") {{ series({RANGE}, unit: \"{unit}\") {{ unit }} }}"),
            format!(
                "sensor(name: \"{sensor}\") {{ aggregates({RANGE}, bucket: \"PT1H\", unit: \"{unit}\") {{ avg }} }}"
            ),
        ] {
            let (_, body) = world.post(json!({ "query": format!("{{ {field} }}") })).await;
            let error = &body["errors"][0];
            let extensions = &error["extensions"];
            assert_eq!(
                (&extensions["code"], &extensions["argument"]),
                (&json!("INVALID_ARGUMENT"), &json!("unit")),
                "{field}: {body}"
            );
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            assert!(
                text(&error["message"]).contains(message) && text(&error["message"]).contains(sensor),
                "{error}"
            );
            assert!(text(&extensions["accepted"]).contains(accepted), "{error}");
        }
    }
    let own = format!("{{ series(sensors: [\"odd\"], {RANGE}, unit: \"widgets\") {{ unit }} }}");
    assert_eq!(world.data(&own).await["series"][0]["unit"], "widgets");
}
