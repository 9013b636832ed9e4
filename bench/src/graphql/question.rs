//! The questions: ours, theirs, the SQL of the limit, and how the answers are compared.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::peer::Peer;

/// A time and a value.
type Reading = (DateTime<Utc>, f64);

/// A question to both, and its limit.
pub(crate) struct Question {
    pub(crate) name: &'static str,
    /// Asks of sensor `$name`.
    pub(crate) ours: &'static str,
    pub(crate) theirs: &'static str,
    /// What `pgbench` runs, and how that is called.
    pub(crate) sql: &'static str,
    pub(crate) limit: &'static str,
    /// Times and values of all readings in an answer, theirs and ours.
    readings: fn(&Value) -> anyhow::Result<Vec<Reading>>,
}

const THEIR_ROWS: &str = "query ($name: String!) { sensorBySourceAndName(source: \"bench\", name: $name) { \
    readingsBySensorId(first: 1000, orderBy: PRIMARY_KEY_ASC) { nodes { time value flag } } } }";

pub(crate) const QUESTIONS: [Question; 4] = [
    Question {
        name: "one sensor and its latest reading",
        ours: "query ($name: String!) { sensor(name: $name) { name latest { time value flag } } }",
        theirs: "query ($name: String!) { sensorBySourceAndName(source: \"bench\", name: $name) { name \
            readingsBySensorId(first: 1, orderBy: PRIMARY_KEY_DESC) { nodes { time value flag } } } }",
        sql: include_str!("latest.sql"),
        limit: "the same SQL",
        readings: of_objects,
    },
    Question {
        name: "one sensor, 1,000 readings as objects",
        ours: "query ($name: String!) { sensor(name: $name) { readings(from: \"2026-01-01\", \
            to: \"2026-01-01T16:40:00Z\", first: 1000) { nodes { time value flag } } } }",
        theirs: THEIR_ROWS,
        sql: include_str!("rows.sql"),
        limit: "the bare rows",
        readings: of_objects,
    },
    Question {
        name: "the same as series",
        ours: "query ($name: String!) { sensor(name: $name) { series(from: \"2026-01-01\", \
            to: \"2026-01-01T16:40:00Z\") { times values flags } } }",
        theirs: THEIR_ROWS,
        sql: include_str!("rows.sql"),
        limit: "the bare rows",
        readings: of_series_or_objects,
    },
    Question {
        name: "100 sensors, the 10 latest readings of each",
        ours: "{ sensors(first: 100) { nodes { name readings(from: \"2026-01-01\", to: \"2027-01-01\", first: 10, \
            order: DESC) { nodes { time value } } } } }",
        theirs: "{ allSensors(first: 100, orderBy: NAME_ASC) { nodes { name \
            readingsBySensorId(first: 10, orderBy: PRIMARY_KEY_DESC) { nodes { time value } } } } }",
        sql: include_str!("each.sql"),
        limit: "the same SQL",
        readings: of_objects,
    },
];

impl Question {
    /// Refuses to measure answers that do not hold the same readings.
    pub(crate) async fn check(&self, ours: &Peer, theirs: &Peer) -> anyhow::Result<()> {
        for sensor in [0, 7, 999] {
            let variables = json!({ "name": format!("Sensor {sensor}") });
            let ours = (self.readings)(&ours.ask(self.ours, &variables).await?)?;
            let theirs = (self.readings)(&theirs.ask(self.theirs, &variables).await?)?;
            anyhow::ensure!(
                !ours.is_empty() && ours == theirs,
                "{}: {} readings of ours are not {} of theirs",
                self.name,
                ours.len(),
                theirs.len()
            );
        }
        Ok(())
    }
}

/// Everything with a time and a value, in the order of the answer.
fn of_objects(answer: &Value) -> anyhow::Result<Vec<Reading>> {
    let mut found = Vec::new();
    match answer {
        Value::Object(object) => {
            if let (Some(time), Some(value)) = (object.get("time"), object.get("value")) {
                found.push(reading(time, value)?);
            } else {
                for part in object.values() {
                    found.extend(of_objects(part)?);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                found.extend(of_objects(item)?);
            }
        }
        _ => {}
    }
    Ok(found)
}

fn of_series_or_objects(answer: &Value) -> anyhow::Result<Vec<Reading>> {
    let series = &answer["sensor"]["series"];
    let (Some(times), Some(values)) = (series["times"].as_array(), series["values"].as_array()) else {
        return of_objects(answer);
    };
    times
        .iter()
        .zip(values)
        .map(|(time, value)| reading(time, value))
        .collect()
}

fn reading(time: &Value, value: &Value) -> anyhow::Result<Reading> {
    let time = time.as_str().context("a time that is no text")?;
    Ok((
        time.parse()?,
        value.as_f64().context("a value that is no number")?,
    ))
}
