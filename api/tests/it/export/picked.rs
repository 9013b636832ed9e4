//! The columns of a file, picked and in the order asked.

use serde_json::{Value, json};

use super::{RANGE, fill, lines, text};
use crate::world::World;

#[tokio::test]
async fn columns_are_those_asked_for_in_their_order_in_lines_of_text() {
    let world = World::new().await;
    fill(&world).await;
    let all = lines(&world, &format!("readings.ndjson?{RANGE}&labels=site,customer")).await;
    for (asked, order) in [
        ("columns=value", "value"),
        ("columns=sensor", "sensor"),
        (
            "columns=site,time,customer,flag,sensor,unit&labels=site,customer",
            "site,time,customer,flag,sensor,unit",
        ),
        (
            "columns=unit,%20value%20,time&labels=site",
            "unit,value,time,site",
        ),
    ] {
        let csv = text(&world, &format!("/export/readings.csv?{RANGE}&{asked}")).await;
        assert!(
            csv.starts_with(&format!("{order}\r\n")),
            "{asked}: {}",
            &csv[..80]
        );
        let ndjson = text(&world, &format!("/export/readings.ndjson?{RANGE}&{asked}")).await;
        let mut count = 0;
        for (line, whole) in ndjson.lines().zip(&all) {
            let expected: Vec<String> = order
                .split(',')
                .map(|name| format!("{}:{}", json!(name), whole[name]))
                .collect();
            // As text, because objects have no order.
            assert_eq!(line, format!("{{{}}}", expected.join(",")));
            count += 1;
        }
        assert_eq!(count, all.len());
    }
}

#[tokio::test]
async fn what_sensors_say_are_columns_too() {
    let world = World::new().await;
    fill(&world).await;
    let rows = lines(
        &world,
        &format!("buckets.ndjson?{RANGE}&bucket=P1D&columns=sensor_id,sensor,lat,lng,description,integral_unit,unit"),
    )
    .await;
    let data = world
        .data("{ sensors { nodes { id name description location { lat lng } unit { ucum declared integral } } } }")
        .await;
    let nodes = data["sensors"]["nodes"].as_array().unwrap();
    let mut seen = 0;
    for node in nodes {
        for row in rows.iter().filter(|row| row["sensor_id"] == node["id"]) {
            let own = if node["unit"]["ucum"].is_null() {
                &node["unit"]["declared"]
            } else {
                &node["unit"]["ucum"]
            };
            let place = |name: &str| node["location"].get(name).cloned().unwrap_or(Value::Null);
            assert_eq!(
                row,
                &json!({
                    "sensor_id": node["id"], "sensor": node["name"], "lat": place("lat"), "lng": place("lng"),
                    "description": node["description"], "integral_unit": node["unit"]["integral"], "unit": own,
                })
            );
            seen += 1;
        }
    }
    assert_eq!((nodes.len(), seen), (8, rows.len()));
}

#[tokio::test]
async fn columns_that_are_unknown_or_there_already_are_refused_with_what_there_is() {
    let world = World::new().await;
    for (path, argument, known) in [
        ("readings.csv?columns=time,avg", "columns", "received_at"),
        ("readings.csv?columns=time,site&labels=plant", "columns", "plant"),
        ("readings.csv?columns=time,time", "columns", "sensor_id"),
        ("readings.csv?columns=", "columns", "time"),
        ("readings.csv?columns=time&columns=value", "columns", "once"),
        ("buckets.csv?columns=value", "columns", "time_weighted_avg"),
        ("readings.csv?columns=lat&labels=lat", "labels", "once"),
        ("readings.csv?columns=time&labels=unit", "labels", "once"),
    ] {
        let (status, body) = world.get(&format!("/export/{path}")).await;
        assert_eq!(
            (status.as_u16(), &body["code"], &body["argument"]),
            (400, &json!("INVALID_ARGUMENT"), &json!(argument)),
            "{path}: {body}"
        );
        assert!(
            body["accepted"].as_str().unwrap().contains(known),
            "{path}: {body}"
        );
    }
}
