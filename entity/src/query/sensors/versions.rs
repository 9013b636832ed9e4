//! How sensors were described over time.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbErr, Value};
use serde_json::{Map, Value as Json};

use super::{Location, Range, Sensor, Unit, labels};
use crate::Scope;
use crate::query::{Page, PageRequest};
use crate::sql;

/// How a sensor was described for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct SensorVersion {
    /// Internal key of the sensor.
    pub sensor_id: i32,
    /// From when it was in force: the receipt of the list that brought it.
    pub valid_from: DateTime<Utc>,
    /// Until when, that instant excluded; `None` while it is in force.
    pub valid_to: Option<DateTime<Utc>>,
    /// What the list said, by the names of the columns of [`sensor`](crate::table::sensor); what it did not say is not there.
    pub metadata: Map<String, Json>,
    /// The same of the version before; `None` of the first one.
    pub before: Option<Map<String, Json>>,
}

impl SensorVersion {
    /// The sensor as it was described then.
    pub fn of(&self, sensor: &Sensor) -> Sensor {
        let text = |name: &str| self.metadata.get(name)?.as_str().map(str::to_owned);
        let number = |name: &str| self.metadata.get(name)?.as_f64();
        Sensor {
            id: sensor.id,
            uuid: sensor.uuid,
            source: sensor.source.clone(),
            name: sensor.name.clone(),
            kind: text("type"),
            unit: text("unit").map(|declared| Unit {
                declared,
                ucum: text("unit_ucum"),
                qudt: text("unit_qudt"),
                quantity_kind: text("unit_quantity_kind"),
                symbol: text("unit_symbol"),
            }),
            description: text("description"),
            location: number("lat")
                .zip(number("lng"))
                .map(|(lat, lng)| Location { lat, lng }),
            range: Range {
                min: number("range_min"),
                max: number("range_max"),
            },
            labels: self.metadata.get("labels").map(labels).unwrap_or_default(),
            declared: true,
            active_since: sensor.active_since,
            expected_interval_seconds: number("expected_interval_seconds"),
        }
    }
}

/// Which versions: those in force at some time of a half-open range; `None` leaves an end open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct VersionsIn {
    /// Its first instant.
    pub from: Option<DateTime<Utc>>,
    /// The first instant after it.
    pub to: Option<DateTime<Utc>>,
}

/// A page of the versions of each of many sensors, the newest first, in one statement; a key is the beginning of the last
/// version seen. A sensor without any is absent.
pub async fn versions_of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: VersionsIn,
    request: &PageRequest<DateTime<Utc>>,
) -> Result<HashMap<i32, Page<SensorVersion>>, DbErr> {
    let Some(sensors) = scope.among(sensors) else {
        return Ok(HashMap::new());
    };
    let values: [Value; 5] = [
        sensors.into(),
        range.from.into(),
        range.to.into(),
        request.key().copied().into(),
        request.rows_to_read().cast_signed().into(),
    ];
    let rows = sql::query(db, include_str!("select_versions.sql"), values, |row| {
        Ok(SensorVersion {
            sensor_id: row.get(0)?,
            valid_from: row.get(1)?,
            valid_to: row.get(2)?,
            metadata: object(row.get(3)?)?,
            before: row.get::<Option<Json>>(4)?.map(object).transpose()?,
        })
    })
    .await?;
    let mut of_each: HashMap<i32, Vec<SensorVersion>> = HashMap::new();
    for version in rows {
        of_each.entry(version.sensor_id).or_default().push(version);
    }
    let pages = of_each.into_iter();
    Ok(pages
        .map(|(sensor, versions)| (sensor, request.page(versions)))
        .collect())
}

/// The table holds objects only.
fn object(metadata: Json) -> Result<Map<String, Json>, DbErr> {
    match metadata {
        Json::Object(metadata) => Ok(metadata),
        other => Err(DbErr::Type(format!(
            "sensor_version.metadata is {other}, no object"
        ))),
    }
}
