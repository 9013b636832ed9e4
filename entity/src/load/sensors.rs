//! Sensors that messages name: the loader's cache, and registration.

use std::collections::HashMap;

use sea_orm::{DatabaseConnection, DbErr, Value};
use uuid::{Uuid, uuid};

use super::{KnownSensor, LoadError, LoadTransaction, NewSensor};
use crate::sql::{self, Row};

/// A longer name is refused by the table: with its source it must fit into an index row.
/// Nor may a name be empty or hold a NUL character.
pub const SENSOR_NAME_BYTES_MAX: usize = 512;

/// The namespace of sensors' UUIDs. Chosen once at random; it never changes.
const SENSOR_NAMESPACE: Uuid = uuid!("2b6f0c5e-7c1d-4f9a-9a53-0d1be8f4a6c7");

/// The public key of a sensor: `UUIDv5`, in the namespace `2b6f0c5e-7c1d-4f9a-9a53-0d1be8f4a6c7`, of the source's UTF-8
/// bytes, a zero byte, and the name's UTF-8 bytes. Neither text can hold a zero byte, so no two sensors share one.
pub fn sensor_uuid(source: &str, name: &str) -> Uuid {
    let bytes = [source.as_bytes(), &[0], name.as_bytes()].concat();
    Uuid::new_v5(&SENSOR_NAMESPACE, &bytes)
}

/// Every sensor, for the loader's cache.
pub async fn known_sensors(db: &DatabaseConnection) -> Result<Vec<KnownSensor>, LoadError> {
    Ok(sql::query(db, include_str!("select_known_sensors.sql"), [], read).await?)
}

/// A row of `select_known_sensors.sql` and `select_known_sensors_by_name.sql`.
pub(super) fn read(row: &Row<'_>) -> Result<KnownSensor, DbErr> {
    Ok(KnownSensor {
        id: row.get(0)?,
        source: row.get(1)?,
        name: row.get(2)?,
        range_min: row.get(3)?,
        range_max: row.get(4)?,
        declared: row.get(5)?,
    })
}

impl LoadTransaction {
    /// Registers sensors that messages named, and gives all of them as they are now, in the order asked.
    pub async fn register_sensors(&mut self, sensors: &[NewSensor]) -> Result<Vec<KnownSensor>, LoadError> {
        let mut known = HashMap::with_capacity(sensors.len());
        self.find_sensors(sensors, &mut known).await?;
        // An insert that meets its like still uses up a number, so only what was not found is inserted.
        let mut missing: Vec<NewSensor> = sensors
            .iter()
            .filter(|sensor| !known.contains_key(&key(sensor)))
            .cloned()
            .collect();
        if !missing.is_empty() {
            // In the order of the key, so that two loaders wait for each other in one direction; the earliest message first.
            missing.sort_by_key(|sensor| (key(sensor), sensor.registered_at));
            missing.dedup_by(|later, first| key(later) == key(first));
            self.touched.sensors();
            self.insert_sensors(&missing).await?;
            self.find_sensors(&missing, &mut known).await?;
        }
        let find = |sensor| {
            known
                .get(&key(sensor))
                .cloned()
                .ok_or(LoadError::Retry(DbErr::RecordNotInserted))
        };
        sensors.iter().map(find).collect()
    }

    async fn find_sensors(
        &self,
        sensors: &[NewSensor],
        known: &mut HashMap<(String, String), KnownSensor>,
    ) -> Result<(), LoadError> {
        let values: [Value; 2] = [sources(sensors), names(sensors)];
        let select = include_str!("select_known_sensors_by_name.sql");
        for sensor in sql::query(&self.transaction, select, values, read).await? {
            known.insert((sensor.source.clone(), sensor.name.clone()), sensor);
        }
        Ok(())
    }

    async fn insert_sensors(&self, sensors: &[NewSensor]) -> Result<(), LoadError> {
        let uuids = sensors
            .iter()
            .map(|sensor| sensor_uuid(&sensor.source, &sensor.name))
            .collect::<Vec<_>>();
        let times = sql::times(sensors.iter().map(|sensor| sensor.registered_at));
        let values: [Value; 4] = [uuids.into(), sources(sensors), names(sensors), times];
        sql::execute(&self.transaction, include_str!("insert_sensors.sql"), values).await?;
        Ok(())
    }
}

fn key(sensor: &NewSensor) -> (String, String) {
    (sensor.source.clone(), sensor.name.clone())
}

fn sources(sensors: &[NewSensor]) -> Value {
    sensors
        .iter()
        .map(|sensor| sensor.source.clone())
        .collect::<Vec<_>>()
        .into()
}

fn names(sensors: &[NewSensor]) -> Value {
    sensors
        .iter()
        .map(|sensor| sensor.name.clone())
        .collect::<Vec<_>>()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are what customers keep: this test fails when they would change.
    #[test]
    fn a_sensors_uuid_never_changes() {
        assert_eq!(
            sensor_uuid("demo", "Sensor 1"),
            uuid!("229b4837-5d9a-51a6-b130-4e65f2abf601")
        );
    }

    #[test]
    fn source_and_name_cannot_run_together() {
        assert_ne!(sensor_uuid("a", "bc"), sensor_uuid("ab", "c"));
    }
}
