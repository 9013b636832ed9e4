//! Of what time and place the data is.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, Statement};

use super::Relation;
use crate::sql;

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The earliest time.
    pub from: DateTime<Utc>,
    /// The latest.
    pub to: DateTime<Utc>,
}

/// What all sensors together are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SensorExtent {
    /// How many there are.
    pub sensors: u64,
    /// South, west, north, east of those whose place is known, in degrees.
    pub bounding_box: Option<[f64; 4]>,
    /// The commonest interval expected between two readings, in seconds.
    pub interval_seconds: Option<f64>,
    /// Declared units that are not understood, each with how many sensors declare it.
    pub unmapped_units: Vec<(String, u64)>,
    /// The kinds of quantities, each once.
    pub quantity_kinds: Vec<String>,
    /// The units as UCUM codes, each once.
    pub units: Vec<String>,
}

/// How much lies on S3, and of what time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ArchiveExtent {
    /// Messages in objects that are safe there.
    pub messages: u64,
    /// The size of those objects.
    pub bytes: u64,
    /// When the first and the last of them were received.
    pub period: Option<Period>,
}

/// How much lies on S3, and of what time.
pub async fn archive_extent(db: &DatabaseConnection) -> Result<ArchiveExtent, DbErr> {
    let rows = sql::query(db, include_str!("select_archive_extent.sql"), [], |row| {
        let from: Option<DateTime<Utc>> = row.get(2)?;
        let to: Option<DateTime<Utc>> = row.get(3)?;
        Ok(ArchiveExtent {
            messages: row.get::<i64>(0)?.unsigned_abs(),
            bytes: row.get::<i64>(1)?.unsigned_abs(),
            period: from.zip(to).map(|(from, to)| Period { from, to }),
        })
    })
    .await?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// The columns of one row of a relation as text, by name, each cut after 100 characters: any row, whichever is found first.
pub async fn example(db: &DatabaseConnection, relation: &Relation) -> Result<HashMap<String, String>, DbErr> {
    let select = format!(
        "SELECT field.key, left(field.value, 100) \
         FROM (SELECT * FROM {}.{} LIMIT 1) AS one, LATERAL jsonb_each_text(to_jsonb(one.*)) AS field (key, value) \
         WHERE field.value IS NOT NULL",
        sql::identifier(&relation.schema),
        sql::identifier(&relation.name)
    );
    let statement = Statement::from_string(DbBackend::Postgres, select);
    let rows = sql::rows(db, statement, |row| Ok((row.get(0)?, row.get(1)?))).await?;
    Ok(rows.into_iter().collect())
}

/// The earliest and the latest value of a column of time that do not lie in the future.
///
/// With `sensor`, the first column of a key that `time` is the second of, they are found sensor by sensor, by the key;
/// without, by an index on `time` or, where there is none, by reading all of the relation.
pub async fn period(
    db: &DatabaseConnection,
    relation: &Relation,
    time: &str,
    sensor: Option<&str>,
) -> Result<Option<Period>, DbErr> {
    let of = format!(
        "{}.{}",
        sql::identifier(&relation.schema),
        sql::identifier(&relation.name)
    );
    let time = sql::identifier(time);
    // Columns of another type than an instant, such as dates, are read as one.
    let select = match sensor {
        None => format!(
            "SELECT (SELECT min({time}) FROM {of} WHERE {time} <= now())::timestamptz, \
                    (SELECT max({time}) FROM {of} WHERE {time} <= now())::timestamptz"
        ),
        Some(sensor) => {
            let sensor = sql::identifier(sensor);
            let end = |order| {
                format!(
                    "(SELECT {time} FROM {of} WHERE {sensor} = sensor.id AND {time} <= now() \
                      ORDER BY {time} {order} LIMIT 1)"
                )
            };
            format!(
                "SELECT min(ends.first)::timestamptz, max(ends.last)::timestamptz \
                 FROM sensor CROSS JOIN LATERAL (SELECT {} AS first, {} AS last) AS ends",
                end("ASC"),
                end("DESC")
            )
        }
    };
    let statement = Statement::from_string(DbBackend::Postgres, select);
    let rows = sql::rows(db, statement, |row| {
        let from: Option<DateTime<Utc>> = row.get(0)?;
        let to: Option<DateTime<Utc>> = row.get(1)?;
        Ok(from.zip(to).map(|(from, to)| Period { from, to }))
    })
    .await?;
    Ok(rows.into_iter().flatten().next())
}

/// What all sensors together are.
pub async fn sensor_extent(db: &DatabaseConnection) -> Result<SensorExtent, DbErr> {
    let rows = sql::query(db, include_str!("select_sensor_extent.sql"), [], |row| {
        let bounds = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?];
        let bounding_box = match bounds {
            [Some(south), Some(west), Some(north), Some(east)] => Some([south, west, north, east]),
            _ => None,
        };
        Ok(SensorExtent {
            sensors: row.get::<i64>(0)?.unsigned_abs(),
            bounding_box,
            interval_seconds: row.get(5)?,
            unmapped_units: Vec::new(),
            quantity_kinds: row.get(6)?,
            units: row.get(7)?,
        })
    })
    .await?;
    let Some(extent) = rows.into_iter().next() else {
        return Ok(SensorExtent::default());
    };
    let unmapped_units = sql::query(db, include_str!("select_unmapped_units.sql"), [], |row| {
        Ok((row.get(0)?, row.get::<i64>(1)?.unsigned_abs()))
    })
    .await?;
    Ok(SensorExtent {
        unmapped_units,
        ..extent
    })
}
