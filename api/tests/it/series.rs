//! `series`, and the same of each sensor.

use api::Limits;
use serde_json::json;

use crate::world::{World, thermometer, with_limits};

const DAY: &str = "from: \"2026-11-23\", to: \"2026-11-24\"";

#[tokio::test]
async fn columns_have_equal_length_and_the_order_asked() {
    let world = World::new().await;
    let sensors = world.declare(vec![thermometer("a"), thermometer("b")]).await;
    world
        .readings(sensors[0], "2026-11-23T10:00:00Z", "500 milliseconds", 2)
        .await;
    let query = format!(
        "{{ series(sensors: [\"b\", \"a\"], {DAY}) {{ sensor {{ name }} unit times values flags downsampled }} }}"
    );
    assert_eq!(
        world.data(&query).await["series"],
        json!([
            { "sensor": { "name": "b" }, "unit": "Cel", "times": [], "values": [], "flags": [], "downsampled": false },
            { "sensor": { "name": "a" }, "unit": "Cel",
              "times": ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00.500Z"], "values": [0.0, 1.0],
              "flags": ["PASS", "PASS"], "downsampled": false },
        ])
    );
}

#[tokio::test]
async fn max_points_keeps_the_peaks_and_says_so() {
    let world = World::new().await;
    let sensors = world.sensors(&["a"]).await;
    world
        .readings(sensors[0], "2026-11-23T00:00:00Z", "1 second", 5000)
        .await;
    world
        .run("UPDATE reading SET value = 1e6 WHERE value = 2500")
        .await;
    let query = format!("{{ series(sensors: [\"a\"], {DAY}, maxPoints: 100) {{ values downsampled }} }}");
    let data = world.data(&query).await;
    let values = data["series"][0]["values"].as_array().unwrap();
    assert!(
        values.len() <= 100 && values.contains(&json!(1e6)),
        "{} values",
        values.len()
    );
    assert_eq!(data["series"][0]["downsampled"], true);
    let query =
        format!("{{ sensor(name: \"a\") {{ series({DAY}, maxPoints: 10000) {{ values downsampled }} }} }}");
    let series = world.data(&query).await["sensor"]["series"].take();
    assert_eq!(
        (series["values"].as_array().unwrap().len(), &series["downsampled"]),
        (5000, &json!(false))
    );
}

#[tokio::test]
async fn more_readings_than_an_answer_holds_are_refused_and_never_cut_short() {
    let world = World::with(with_limits(Limits {
        answer_points_max: 100,
        ..Limits::default()
    }))
    .await;
    let sensors = world.sensors(&["a", "b"]).await;
    for sensor in sensors {
        world
            .readings(sensor, "2026-11-23T00:00:00Z", "1 second", 60)
            .await;
    }
    let fits = format!("{{ series(sensors: [\"a\"], {DAY}) {{ values }} }}");
    assert_eq!(
        world.data(&fits).await["series"][0]["values"]
            .as_array()
            .unwrap()
            .len(),
        60
    );
    let drawn = format!("{{ series(sensors: [\"a\", \"b\"], {DAY}, maxPoints: 50) {{ values }} }}");
    world.data(&drawn).await;
    for query in [
        format!("{{ series(sensors: [\"a\", \"b\"], {DAY}) {{ values }} }}"),
        format!("{{ sensors {{ nodes {{ series({DAY}) {{ values }} }} }} }}"),
        format!(
            "{{ a: series(sensors: [\"a\"], {DAY}) {{ values }} b: series(sensors: [\"b\"], {DAY}) {{ values }} }}"
        ),
        format!("{{ series(sensors: [\"a\", \"b\"], {DAY}, maxPoints: 51) {{ values }} }}"),
    ] {
        let (_, body) = world.post(json!({ "query": query })).await;
        let error = &body["errors"][0];
        assert_eq!(error["extensions"]["code"], "LIMIT_EXCEEDED", "{query}: {body}");
        assert_eq!(error["extensions"]["limit"], 100);
        assert!(error["extensions"]["asked"].as_u64().unwrap() > 100);
        assert!(error["message"].as_str().unwrap().contains("maxPoints"));
    }
}
