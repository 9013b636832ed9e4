//! Through a limited key, the API answers as an open one does over a database that holds only those sensors.

use std::collections::BTreeMap;

use api::{Anonymous, ApiKey, Options};
use entity::load::DeclaredSensor;
use serde_json::{Value, json};

use crate::world::{SOURCE, World, open, thermometer, without_cost};

/// Everything that shows a sensor or something of it.
const QUERIES: &[&str] = &[
    "{ sensors { nodes { id name type labels { key value } } totalCount { value exact } pageInfo { hasNextPage endCursor } } }",
    "{ sensors(orderBy: TYPE_DESC, first: 2) { edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }",
    "{ sensors(last: 2) { nodes { name } pageInfo { hasPreviousPage startCursor } } }",
    "{ sensors(filter: { text: \"pump\" }) { nodes { name } totalCount { value } } }",
    "{ sensors(filter: { types: [\"flow\", \"temperature\"] }) { nodes { name } totalCount { value } } }",
    "{ readings(from: \"2026-01-01\", to: \"2026-01-03\") { nodes { time value sensor { name } } totalCount { value exact } } }",
    "{ readings(from: \"2026-01-01\", to: \"2026-01-03\", first: 3, order: DESC) { edges { cursor node { value } } \
       totalCount { value exact } pageInfo { hasNextPage endCursor } } }",
    "{ latest { sensor { name } time value } }",
    "{ latest(filter: { types: [\"flow\"] }) { sensor { name } value } }",
    "{ aggregates(from: \"2026-01-01\", to: \"2026-01-03\", bucket: \"P1D\") { sensor { name } buckets { start count avg } } }",
    "{ readingRows(from: \"2026-01-01\", to: \"2026-01-03\") { sensor type site time value } }",
    "{ readingRows(type: \"flow\", from: \"2026-01-01\", to: \"2026-01-03\") { sensor value } }",
    "{ readingRowsConnection(from: \"2026-01-01\", to: \"2026-01-03\", first: 3) { edges { cursor node { sensor value } } \
       pageInfo { hasNextPage endCursor } } }",
    "{ bucketRows(from: \"2026-01-01\", to: \"2026-01-03\") { sensor type site start count avg } }",
    "{ bucketRows(type: \"flow\", bucket: \"P1D\", from: \"2026-01-01\", to: \"2026-01-03\") { sensor count } }",
    "{ bucketRowsConnection(from: \"2026-01-01\", to: \"2026-01-03\", first: 3) { edges { cursor node { sensor count } } \
       pageInfo { hasNextPage endCursor } } }",
    "{ sensors { nodes { name latest { value } readings(from: \"2026-01-01\", to: \"2026-01-03\") { nodes { value } \
       totalCount { value } } series(from: \"2026-01-01\", to: \"2026-01-03\") { values } \
       aggregates(from: \"2026-01-01\", to: \"2026-01-03\", bucket: \"PT1H\") { count } } } }",
    "{ sensors { nodes { name versions { nodes { validFrom labels { value } readings(from: \"2026-01-01\", to: \"2026-01-03\", first: 9) { \
       value } } } } } }",
    "{ search(text: \"pump\") { kind title score foundIn snippet { text matched } sensor { name } } }",
    "{ search(text: \"norht\") { kind title score } }",
    "{ quality(from: \"2026-01-01\", to: \"2026-01-03\", per: \"P1D\") { dataset from status readings gapsCount \
       figures { dimension value numerator denominator worstSensor { name } worstValue } } }",
    "{ sensors { nodes { name quality(from: \"2026-01-01\", to: \"2026-01-03\") { status readings gapsCount \
       gaps { start missing } flaggedCount figures { dimension value numerator denominator } } } } }",
    "/sensors/",
    "/sensors/?first=1",
    "/sensors/aggregates?bucket=P1D&last=3",
    "/sensors/aggregated10/",
    "/odata/v4/Sensors?$count=true",
    "/odata/v4/Sensors/$count",
    "/odata/v4/Readings?$filter=Time%20ge%202026-01-01T00:00:00Z%20and%20Time%20lt%202026-01-03T00:00:00Z&$count=true",
    "/odata/v4/Buckets?$filter=Start%20ge%202026-01-01T00:00:00Z%20and%20Start%20lt%202026-01-03T00:00:00Z&$count=true",
    "/export/readings.csv?from=2026-01-01&to=2026-01-03&labels=site",
    "/export/readings.ndjson?from=2026-01-01&to=2026-01-03&type=flow&type=temperature",
    "/export/buckets.csv?from=2026-01-01&to=2026-01-03&bucket=PT1H",
];

/// The same of one sensor, by its name.
const OF_ONE: &[&str] = &[
    "{ sensor(name: \"NAME\") { name latest { value } } }",
    "{ sensors(filter: { names: [\"NAME\"] }) { nodes { name } totalCount { value } } }",
    "{ readings(sensor: \"NAME\", from: \"2026-01-01\", to: \"2026-01-03\") { nodes { value } totalCount { value } } }",
    "{ series(sensors: [\"NAME\"], from: \"2026-01-01\", to: \"2026-01-03\") { values } }",
    "{ latest(sensors: [\"NAME\"]) { value } }",
    "{ quality(sensors: [\"NAME\"], from: \"2026-01-01\", to: \"2026-01-03\") { status figures { numerator denominator } } }",
    "{ readingRows(sensor: \"NAME\", from: \"2026-01-01\", to: \"2026-01-03\") { value } }",
    "{ bucketRowsConnection(sensor: \"NAME\", from: \"2026-01-01\", to: \"2026-01-03\") { nodes { count } } }",
    "{ aggregates(sensors: [\"NAME\"], from: \"2026-01-01\", to: \"2026-01-03\", bucket: \"PT1H\") { buckets { count } } }",
    "/sensors/?sensor=NAME&from=2026-01-01&to=2026-01-03",
    "/sensors/aggregates?sensor=NAME",
    "/export/readings.csv?sensor=NAME&from=2026-01-01&to=2026-01-03",
    "/export/buckets.csv?sensor=NAME&from=2026-01-01&to=2026-01-03",
];

fn plant() -> Vec<DeclaredSensor> {
    let sensor = |name: &str, kind: Option<&str>, site: &str| DeclaredSensor {
        kind: kind.map(str::to_owned),
        labels: BTreeMap::from([("site".to_owned(), site.to_owned())]),
        description: None,
        ..thermometer(name)
    };
    vec![
        sensor("Boiler", Some("temperature"), "north"),
        sensor("Pump1", Some("flow"), "north"),
        sensor("Pump2", Some("flow"), "south"),
        sensor("Roof", Some("temperature"), "south"),
        sensor("Stray", None, "north"),
    ]
}

/// A plant with readings, in which the sensors of these names are under the same numbers as in the whole one.
async fn world(options: Options, is_there: impl Fn(&DeclaredSensor) -> bool) -> World {
    let world = Box::pin(World::with(options)).await;
    let ids = world.declare(plant()).await;
    for (n, &id) in (1..).zip(&ids) {
        world
            .readings(id, &format!("2026-01-01 0{n}:00"), "7 min", 4 + n)
            .await;
        world.readings(id, &format!("2026-01-02 0{n}:00"), "3 h", n).await;
    }
    for (sensor, id) in plant().iter().zip(ids) {
        if !is_there(sensor) {
            world
                .run(&format!(
                    "DELETE FROM reading WHERE sensor_id = {id}; DELETE FROM sensor_version WHERE sensor_id = {id}; \
                     DELETE FROM sensor WHERE id = {id}"
                ))
                .await;
        }
    }
    world
}

/// What differs from one moment or server to the next is left out.
fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::String(text) if text.starts_with("http://127.0.0.1:") => {
            let path = text.splitn(4, '/').last().unwrap_or_default();
            *text = path.to_owned();
        }
        Value::Object(members) => {
            members.remove("latest_age_seconds");
            members.remove("now");
            for member in members.values_mut() {
                *member = timeless(member.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = timeless(item.take());
            }
        }
        _ => {}
    }
    value
}

async fn check(is_there: impl Fn(&DeclaredSensor) -> bool, limit: impl FnOnce(&mut entity::keys::NewKey)) {
    let closed = Options {
        anonymous: Anonymous::None,
        ..open()
    };
    let (whole, alone) = (world(closed, |_| true).await, world(open(), &is_there).await);
    let (everything, limited) = (whole.key(|_| ()).await, whole.key(limit).await);
    let ask_alone = async |what: &str| {
        if what.starts_with('/') {
            alone.get(what).await
        } else {
            alone.post(json!({ "query": what })).await
        }
    };
    let of_one = plant()
        .into_iter()
        .flat_map(|sensor| OF_ONE.iter().map(move |what| what.replace("NAME", &sensor.name)));
    let mut differ = 0;
    for what in QUERIES.iter().map(|&what| what.to_owned()).chain(of_one) {
        let (status, body) = ask_alone(&what).await;
        let ask = async |key: &ApiKey| {
            let (status, _, mut body) = whole.ask_as(key.reveal(), &what).await;
            without_cost(&mut body);
            (status, timeless(body))
        };
        assert_eq!(ask(&limited).await, (status, timeless(body.clone())), "{what}");
        differ += usize::from(ask(&everything).await != (status, timeless(body)));
    }
    assert!(differ > QUERIES.len(), "the limit makes a difference: {differ}");
}

#[tokio::test]
async fn a_key_for_a_type_sees_that_type_alone() {
    check(
        |sensor| sensor.kind.as_deref() == Some("flow"),
        |key| key.sensors.types = Some(vec!["flow".to_owned()]),
    )
    .await;
}

#[tokio::test]
async fn a_key_for_types_and_a_label_sees_what_has_both() {
    check(
        |sensor| sensor.kind.is_some() && sensor.labels["site"] == "north",
        |key| {
            key.sensors.types = Some(vec!["flow".to_owned(), "temperature".to_owned()]);
            key.sensors.labels = [("site".to_owned(), "north".to_owned())].into();
        },
    )
    .await;
}

#[tokio::test]
async fn a_key_for_what_is_not_there_sees_an_empty_database() {
    check(
        |_| false,
        |key| key.sensors.labels = [("site".to_owned(), "nowhere".to_owned())].into(),
    )
    .await;
}

#[tokio::test]
async fn a_sensor_that_comes_into_the_limit_is_seen_by_the_next_request() {
    let world = World::with(Options {
        anonymous: Anonymous::None,
        ..open()
    })
    .await;
    let key = world
        .key(|key| key.sensors.types = Some(vec!["temperature".to_owned()]))
        .await;
    let query = "{ sensors { totalCount { value } } }";
    let count =
        async || world.ask_as(key.reveal(), query).await.2["data"]["sensors"]["totalCount"]["value"].clone();
    assert_eq!(count().await, 0.0);
    world.declare(vec![thermometer("a")]).await;
    assert_eq!(count().await, 1.0);
    world
        .run(&format!(
            "UPDATE sensor SET type = 'flow' WHERE source = '{SOURCE}'"
        ))
        .await;
    assert_eq!(count().await, 0.0);
}
