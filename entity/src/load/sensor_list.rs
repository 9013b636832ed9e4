//! Applying a sensor list: what is declared now, and the history of it.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Value};
use serde_json::{Map, Value as Json, json};

use super::sensors::{read, sensor_uuid};
use super::{DeclaredSensor, KnownSensor, LoadError, LoadTransaction, NewSensorList};
use crate::sql;

impl LoadTransaction {
    /// Applies a sensor list, and gives the sensors that it declares as they are now. A changed sensor gets a new
    /// `sensor_version`; the same list again changes nothing. Sensors that it does not name stay as they are.
    ///
    /// A version is valid from the receipt of its list. A list that is older than the one in force only adds to the
    /// history. When a list names a sensor twice, the last one counts.
    pub async fn apply_sensor_list(&mut self, list: &NewSensorList) -> Result<Vec<KnownSensor>, LoadError> {
        let sensors: BTreeMap<&str, &DeclaredSensor> = list
            .sensors
            .iter()
            .map(|sensor| (sensor.name.as_str(), sensor))
            .collect();
        self.touched.sensors();
        self.insert_list(list, sensors.len()).await?;
        if sensors.is_empty() {
            return Ok(Vec::new());
        }
        // Lists are rare, and each reads what the one before wrote: one at a time.
        self.transaction
            .execute_unprepared(include_str!("lock_sensor_lists.sql"))
            .await?;
        let declared: Json = sensors
            .values()
            .map(|sensor| declaration(&list.source, sensor))
            .collect();
        let declared = Value::from(declared);
        for statement in [
            include_str!("insert_declared_sensors.sql"),
            include_str!("merge_sensor_versions.sql"),
            include_str!("update_declared_sensors.sql"),
        ] {
            let values: [Value; 3] = [
                declared.clone(),
                list.source.as_str().into(),
                list.received_at.into(),
            ];
            sql::execute(&self.transaction, statement, values).await?;
        }
        let sources = vec![list.source.clone(); sensors.len()];
        let names: Vec<String> = sensors.keys().map(|&name| name.to_owned()).collect();
        let select = include_str!("select_known_sensors_by_name.sql");
        Ok(sql::query(&self.transaction, select, [sources.into(), names.into()], read).await?)
    }

    async fn insert_list(&self, list: &NewSensorList, sensors: usize) -> Result<(), LoadError> {
        let values: [Value; 6] = [
            self.journal_id.into(),
            list.seq.into(),
            list.received_at.into(),
            list.source.as_str().into(),
            i32::try_from(sensors).unwrap_or(i32::MAX).into(),
            list.sha256.to_vec().into(),
        ];
        sql::execute(&self.transaction, include_str!("insert_sensor_list.sql"), values).await?;
        Ok(())
    }
}

/// A sensor as the statements take it: its keys, and its metadata under the names of the columns.
fn declaration(source: &str, sensor: &DeclaredSensor) -> Json {
    json!({
        "uuid": sensor_uuid(source, &sensor.name),
        "name": sensor.name,
        "metadata": metadata(sensor),
    })
}

/// What is declared, without what is not: a later column then makes no new version of every sensor.
fn metadata(sensor: &DeclaredSensor) -> Json {
    let meaning = sensor.unit_meaning.as_ref();
    let all = [
        ("type", json!(sensor.kind)),
        ("unit", json!(sensor.unit)),
        ("unit_ucum", json!(meaning.map(|meaning| meaning.ucum))),
        ("unit_qudt", json!(meaning.map(|meaning| meaning.qudt))),
        (
            "unit_quantity_kind",
            json!(meaning.map(|meaning| meaning.quantity_kind)),
        ),
        ("unit_symbol", json!(meaning.map(|meaning| meaning.symbol))),
        ("description", json!(sensor.description)),
        ("lat", json!(sensor.lat)),
        ("lng", json!(sensor.lng)),
        ("range_min", json!(sensor.range_min)),
        ("range_max", json!(sensor.range_max)),
        (
            "labels",
            if sensor.labels.is_empty() {
                Json::Null
            } else {
                json!(sensor.labels)
            },
        ),
        (
            "expected_interval_seconds",
            json!(sensor.expected_interval_seconds),
        ),
    ];
    let there = all.into_iter().filter(|(_, value)| !value.is_null());
    Json::Object(
        there
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}
