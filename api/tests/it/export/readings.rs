//! Readings by their values and in other units, and sensors by all that GraphQL can say of them.

use entity::load::{DeclaredSensor, UnitMeaning};
use serde_json::{Value, json};

use super::{RANGE, alike, fill, lines, of_sql, text};
use crate::world::{World, thermometer};

/// The range as GraphQL says it.
const ASKED: &str = "from: \"2026-03-28T12:00:00Z\", to: \"2026-03-29T12:00:00Z\"";

/// Rows as arrays of these columns.
fn columns(rows: &[Value], names: &[&str]) -> Vec<Value> {
    rows.iter()
        .map(|row| names.iter().map(|name| row[*name].clone()).collect())
        .collect()
}

#[track_caller]
fn same(ours: &[Value], theirs: &[Value], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        let (ours, theirs) = (ours.as_array().unwrap(), theirs.as_array().unwrap());
        let same = ours.iter().zip(theirs).all(|(ours, theirs)| alike(ours, theirs));
        assert!(same, "{what}: {ours:?}, not {theirs:?}");
    }
}

#[tokio::test]
async fn bounds_of_values_are_those_of_a_reading_filter() {
    let world = World::new().await;
    fill(&world).await;
    // A value that some readings have, among others.
    let exact = 100.0;
    for (ours, theirs) in [
        (format!("value_min={exact}"), format!("valueMin: {exact}")),
        (format!("value_max={exact}"), format!("valueMax: {exact}")),
        (
            format!("value_min={exact}&value_max={exact}"),
            format!("valueMin: {exact}, valueMax: {exact}"),
        ),
        (
            "value_min=-20&value_max=1e3&flag=pass".to_owned(),
            "valueMin: -20, valueMax: 1e3, flags: [PASS]".to_owned(),
        ),
        ("value_min=1e300".to_owned(), "valueMin: 1e300".to_owned()),
    ] {
        let found = lines(&world, &format!("readings.ndjson?{RANGE}&{ours}")).await;
        let found = columns(&found, &["time", "sensor", "value"]);
        let data = world
            .data(&format!(
                "{{ readings({ASKED}, filter: {{ {theirs} }}, first: 10000) {{ \
                     nodes {{ time value sensor {{ name }} }} pageInfo {{ hasNextPage }} }} }}"
            ))
            .await;
        assert_eq!(data["readings"]["pageInfo"]["hasNextPage"], false);
        let expected: Vec<Value> = data["readings"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| json!([node["time"], node["sensor"]["name"], node["value"]]))
            .collect();
        assert_eq!(expected.is_empty(), ours == "value_min=1e300", "{ours}");
        same(&found, &expected, &ours);
    }
}

#[tokio::test]
async fn values_in_another_unit_are_those_of_series() {
    let world = World::new().await;
    fill(&world).await;
    let names: Vec<&str> = super::HOSTILE.into_iter().step_by(2).collect();
    let mut all = Vec::new();
    for (unit, code) in [("K", "K"), ("°F", "[degF]"), ("C", "Cel")] {
        let found = lines(
            &world,
            &format!("readings.ndjson?{RANGE}&type=temperature&unit={unit}"),
        )
        .await;
        assert!(found.iter().all(|row| row["unit"] == code), "{unit}");
        for name in &names {
            let name = serde_json::to_string(name).unwrap();
            let data = world
                .data(&format!(
                    "{{ series(sensors: [{name}], {ASKED}, unit: \"{unit}\") {{ unit times values }} }}"
                ))
                .await;
            let series = &data["series"][0];
            assert_eq!(series["unit"], code);
            let (times, values) = (
                series["times"].as_array().unwrap(),
                series["values"].as_array().unwrap(),
            );
            let expected: Vec<Value> = times
                .iter()
                .zip(values)
                .map(|(time, value)| json!([time, value]))
                .collect();
            assert!(expected.len() > 300);
            let name: String = serde_json::from_str(&name).unwrap();
            let ours: Vec<Value> = found
                .iter()
                .filter(|row| row["sensor"] == name)
                .cloned()
                .collect();
            same(&columns(&ours, &["time", "value"]), &expected, unit);
        }
        all.push(found);
    }
    // Bounds are of the values that the file has.
    let found = lines(
        &world,
        &format!("readings.ndjson?{RANGE}&type=temperature&unit=K&value_min=273.15&value_max=400"),
    )
    .await;
    let expected: Vec<Value> = all[0]
        .iter()
        .filter(|row| (273.15..=400.0).contains(&row["value"].as_f64().unwrap()))
        .cloned()
        .collect();
    assert!(!expected.is_empty() && expected.len() < all[0].len() / 2);
    assert!(
        expected.iter().any(|row| row["value"] == 273.15),
        "a bound belongs to what is wanted"
    );
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_sensor_that_can_not_be_converted_is_refused_as_series_refuses_it() {
    let world = World::new().await;
    fill(&world).await;
    for (name, unit) in [
        ("registered", "K"),
        (super::HOSTILE[1], "K"),
        (super::HOSTILE[0], "kW"),
        ("registered", "bananas"),
    ] {
        let asked = world
            .client
            .get(world.url("/export/readings.parquet"))
            .query(&[("sensor", name), ("unit", unit)]);
        let response = asked.send().await.unwrap();
        assert_eq!(response.status(), 400);
        let ours: Value = response.json().await.unwrap();
        let name = serde_json::to_string(name).unwrap();
        let theirs = world
            .error(&format!(
                "{{ series(sensors: [{name}], {ASKED}, unit: \"{unit}\") {{ unit }} }}"
            ))
            .await;
        assert_eq!(ours["code"], "INVALID_ARGUMENT");
        assert_eq!(
            (&ours["argument"], &ours["detail"], &ours["accepted"]),
            (
                &json!("unit"),
                &theirs["message"],
                &theirs["extensions"]["accepted"]
            )
        );
    }
    // One among many.
    for table in ["readings", "buckets"] {
        let (status, body) = world.get(&format!("/export/{table}.csv?unit=K")).await;
        assert_eq!((status.as_u16(), &body["argument"]), (400, &json!("unit")));
    }
    // What a key does not open is not there to be refused.
    let key = world
        .key(|key| key.sensors.types = Some(vec!["temperature".to_owned()]))
        .await;
    for table in ["readings", "buckets"] {
        let path = format!("/export/{table}.csv?{RANGE}&unit=K&columns=unit");
        let (status, _, body) = world.ask_as(key.reveal(), &path).await;
        assert_eq!(status, 200, "{body}");
        let mut lines = body.as_str().unwrap().lines();
        assert_eq!(lines.next(), Some("unit"));
        assert!(lines.clone().count() > 50 && lines.all(|line| line == "K"));
    }
    // As it is declared, a unit that nobody knows is one.
    let file = text(
        &world,
        &format!("/export/readings.csv?{RANGE}&units=flurb,%20%22odd%22&unit=flurb,%20%22odd%22"),
    )
    .await;
    assert!(file.lines().count() > 500);
}

/// A sensor somewhere.
fn at(name: &str, unit: &str, place: Option<(f64, f64)>) -> DeclaredSensor {
    let meaning = UnitMeaning {
        ucum: "kW",
        qudt: "http://qudt.org/vocab/unit/KiloW",
        quantity_kind: "Power",
        symbol: "kW",
    };
    DeclaredSensor {
        unit: Some(unit.into()),
        unit_meaning: (unit == "kilowatt").then_some(meaning),
        kind: (unit == "kilowatt").then(|| "power".into()),
        lat: place.map(|(lat, _)| lat),
        lng: place.map(|(_, lng)| lng),
        ..thermometer(name)
    }
}

#[tokio::test]
async fn sensors_are_chosen_as_by_a_sensor_filter() {
    let world = World::new().await;
    let ids = world
        .declare(vec![
            at("east", "C", Some((0.0, 179.9))),
            at("harbour", "kilowatt", Some((53.54, 9.97))),
            at("nowhere", "flurb", None),
            at("west", "flurb", Some((1.0, -179.9))),
        ])
        .await;
    let registered = world.sensors(&["registered"]).await;
    for id in ids.iter().chain(&registered) {
        world.readings(*id, "2026-03-28T12:00:00Z", "1 hour", 3).await;
    }
    for (ours, theirs) in [
        (
            "near=53.5,10,10000",
            "near: { lat: 53.5, lng: 10, metres: 10000 }",
        ),
        ("near=53.5,10,1000", "near: { lat: 53.5, lng: 10, metres: 1000 }"),
        (
            "within=-1,170,2,-170",
            "within: { south: -1, west: 170, north: 2, east: -170 }",
        ),
        (
            "within=-90,-180,90,180",
            "within: { south: -90, west: -180, north: 90, east: 180 }",
        ),
        ("units=flurb", "units: [\"flurb\"]"),
        ("units=kW&units=C", "units: [\"kW\", \"C\"]"),
        ("declared=false", "declared: false"),
        ("declared=true", "declared: true"),
        ("text=HARB%20main", "text: \"HARB main\""),
        ("text=%20", "text: \" \""),
        (
            "units=flurb&within=-1,170,2,-170&declared=true",
            "units: [\"flurb\"], within: { south: -1, west: 170, north: 2, east: -170 }, declared: true",
        ),
    ] {
        let data = world
            .data(&format!(
                "{{ sensors(filter: {{ {theirs} }}) {{ nodes {{ name }} }} }}"
            ))
            .await;
        let nodes = data["sensors"]["nodes"].as_array().unwrap();
        let expected: Vec<&Value> = nodes.iter().map(|node| &node["name"]).collect();
        for table in ["readings.ndjson", "buckets.ndjson"] {
            let found = lines(&world, &format!("{table}?{RANGE}&{ours}")).await;
            let mut names: Vec<&Value> = found.iter().map(|row| &row["sensor"]).collect();
            names.sort_by_key(|name| name.as_str());
            names.dedup();
            assert_eq!(names, expected, "{table} {ours}");
        }
    }
}

#[tokio::test]
async fn what_chooses_nothing_that_makes_sense_is_refused() {
    let world = World::new().await;
    for (parameter, argument) in [
        ("near=1,2", "near"),
        ("near=a,b,c", "near"),
        ("near=91,0,1", "near"),
        ("within=1,2,3", "within"),
        ("within=2,0,1,0", "within"),
        ("declared=maybe", "declared"),
        ("value_min=low", "value_min"),
        ("value_min=2&value_max=1", "value_min"),
        ("text=a&text=b", "text"),
    ] {
        let (status, body) = world.get(&format!("/export/readings.csv?{parameter}")).await;
        assert_eq!(
            (status.as_u16(), &body["code"], &body["argument"]),
            (400, &json!("INVALID_ARGUMENT"), &json!(argument)),
            "{parameter}: {body}"
        );
        assert!(body["accepted"].is_string(), "{body}");
    }
}

#[tokio::test]
async fn when_a_reading_was_received_is_a_column() {
    let world = World::new().await;
    fill(&world).await;
    let expected = of_sql(
        &world,
        "SELECT jsonb_agg(jsonb_build_array( \
             to_char(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), sensor.name, \
             to_char(time AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')) ORDER BY time, sensor_id) \
         FROM reading JOIN sensor ON sensor.id = sensor_id",
    )
    .await;
    // All of a window, and some sensors of it.
    for (filter, names) in [("", None), ("&sensor=registered", Some("registered"))] {
        let found = lines(
            &world,
            &format!("readings.ndjson?{RANGE}&columns=received_at,sensor,time{filter}"),
        )
        .await;
        let expected: Vec<Value> = expected
            .iter()
            .filter(|row| names.is_none_or(|name| row[1] == name))
            .cloned()
            .collect();
        assert_eq!(columns(&found, &["received_at", "sensor", "time"]), expected);
    }
}
