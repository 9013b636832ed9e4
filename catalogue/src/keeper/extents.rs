//! How much there is of each dataset, and of what time and place.
//!
//! Sizes change all the time and cost little to ask; periods cost a look for each sensor, and examples change nothing, so
//! those are asked now and then.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::query::describe::{self, ArchiveExtent, Rows, SensorExtent, Size};
use entity::{DatabaseConnection, DbErr};

use crate::discover::Found;
use crate::model::{BoundingBox, Count, Dataset, Extent, Kind, Period, Problem, Stored};

/// Periods and examples are asked again after so long.
const RARELY: TimeDelta = TimeDelta::minutes(5);

/// What was asked of each dataset, by slug.
#[derive(Debug, Default)]
pub(super) struct Extents(HashMap<String, Remembered>);

#[derive(Debug, Clone)]
struct Remembered {
    asked_at: DateTime<Utc>,
    period: Option<describe::Period>,
    example: HashMap<String, String>,
    /// Why there is neither.
    problem: Option<String>,
}

impl Extents {
    /// Adds to each dataset how much there is of it.
    pub(super) async fn add_to(
        &mut self,
        found: &mut [Found],
        db: &DatabaseConnection,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let relations: Vec<_> = found.iter().map(|found| found.relation.clone()).collect();
        let sizes = describe::sizes(db, &relations).await?;
        let sensors = describe::sensor_extent(db).await?;
        let archive = describe::archive_extent(db).await?;
        let slugs: std::collections::HashSet<&str> =
            found.iter().map(|found| found.dataset.slug.as_str()).collect();
        self.0.retain(|slug, _| slugs.contains(slug.as_str()));
        for found in found {
            if let Stored::Objects { .. } = found.dataset.stored {
                found.dataset.extent = of_archive(&archive);
                continue;
            }
            let size = sizes.get(&found.relation.oid).copied();
            let remembered = self.remembered(found, size, db, now).await;
            found.dataset.extent = Extent {
                period: remembered.period.map(period),
                bytes: size.map(|size| Count {
                    value: size.bytes.unsigned_abs(),
                    is_exact: found.relation.kind != describe::RelationKind::Hypertable,
                }),
                resolution_seconds: found.resolution_seconds,
                ..Extent::default()
            };
            match remembered.problem {
                Some(reason) => found.dataset.problems.push(Problem::Unreadable(reason)),
                None => {
                    found.dataset.extent.rows = describe::rows(db, &found.relation, size).await?.map(count);
                }
            }
            for field in &mut found.dataset.fields {
                field.example = remembered.example.get(&field.name).cloned();
            }
            if found.sensor.is_some() || found.dataset.kind == Kind::Sensors {
                add_sensors(&mut found.dataset, &sensors);
            }
        }
        Ok(())
    }

    async fn remembered(
        &mut self,
        found: &Found,
        size: Option<Size>,
        db: &DatabaseConnection,
        now: DateTime<Utc>,
    ) -> Remembered {
        let slug = &found.dataset.slug;
        if let Some(remembered) = self.0.get(slug).filter(|remembered| {
            // What had nothing yet may have something at any moment.
            let is_whole =
                !remembered.example.is_empty() && (remembered.period.is_some() || found.time.is_none());
            is_whole && now - remembered.asked_at < RARELY
        }) {
            return remembered.clone();
        }
        let mut remembered = Remembered {
            asked_at: now,
            period: None,
            example: HashMap::new(),
            problem: None,
        };
        // Views are somebody's statements, and may take for ever.
        if found.relation.kind.is_stored() {
            let asked = async {
                let period = period_of(found, size, db).await?;
                Ok::<_, DbErr>((period, describe::example(db, &found.relation).await?))
            };
            match asked.await {
                Ok((period, example)) => (remembered.period, remembered.example) = (period, example),
                // One table that this service may not read must not take the others with it.
                Err(error) => remembered.problem = Some(error.to_string()),
            }
        }
        self.0.insert(slug.clone(), remembered.clone());
        remembered
    }
}

/// The times that a dataset is about, where they are quick to find.
async fn period_of(
    found: &Found,
    size: Option<Size>,
    db: &DatabaseConnection,
) -> Result<Option<describe::Period>, DbErr> {
    let relation = &found.relation;
    let Some(time) = &found.time else {
        return Ok(None);
    };
    let column = |name: &str| relation.columns.iter().find(|column| column.name == name);
    let by_key = found.sensor.as_deref().filter(|sensor| {
        let is_key = |name: &str| column(name).is_some_and(|column| column.is_key);
        is_key(sensor) && is_key(time)
    });
    let is_quick =
        by_key.is_some() || column(time).is_some_and(|column| column.is_indexed) || describe::is_small(size);
    if !is_quick {
        return Ok(None);
    }
    describe::period(db, relation, time, by_key).await
}

fn of_archive(archive: &ArchiveExtent) -> Extent {
    let exactly = |value| {
        Some(Count {
            value,
            is_exact: true,
        })
    };
    Extent {
        period: archive.period.map(period),
        rows: exactly(archive.messages),
        bytes: exactly(archive.bytes),
        ..Extent::default()
    }
}

fn add_sensors(dataset: &mut Dataset, sensors: &SensorExtent) {
    let extent = &mut dataset.extent;
    extent.sensors = Some(sensors.sensors);
    extent.bounding_box = sensors
        .bounding_box
        .map(|[south, west, north, east]| BoundingBox {
            south,
            west,
            north,
            east,
        });
    if dataset.kind == Kind::Readings {
        extent.resolution_seconds = extent.resolution_seconds.or(sensors.interval_seconds);
    }
    extent.quantity_kinds.clone_from(&sensors.quantity_kinds);
    extent.units.clone_from(&sensors.units);
    for kind in &sensors.quantity_kinds {
        if !dataset.keywords.contains(kind) {
            dataset.keywords.push(kind.clone());
        }
    }
    if !sensors.unmapped_units.is_empty() {
        dataset.problems.push(Problem::UnmappedUnits {
            units: sensors
                .unmapped_units
                .iter()
                .map(|(unit, _)| unit.clone())
                .collect(),
            sensors: sensors.unmapped_units.iter().map(|(_, sensors)| sensors).sum(),
        });
    }
}

fn period(period: describe::Period) -> Period {
    Period {
        from: period.from,
        to: period.to,
    }
}

fn count(rows: Rows) -> Count {
    match rows {
        Rows::Exactly(value) => Count {
            value,
            is_exact: true,
        },
        Rows::About(value) => Count {
            value,
            is_exact: false,
        },
    }
}
