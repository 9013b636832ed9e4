//! `fieldbook sensors`: declare sensors, or see which there are.

use std::path::Path;

use anyhow::Context as _;
use entity::query::page::{PageAt, PageRequest};
use entity::query::sensors::{self, Sensor, SensorFilter, SensorOrder};
use entity::{DatabaseConnection, Scope};
use ingestor::control::{self, ControlError, Imported};
use serde_json::{Map, Value, json};

use super::{answer, table};
use crate::cli::{DataArgs, SensorsAction, SensorsArgs, SensorsFrom};
use crate::wiring;

pub(crate) async fn run(args: SensorsArgs) -> anyhow::Result<()> {
    match args.action {
        SensorsAction::Import { file, source, data } => import(&file, &source, &data).await,
        SensorsAction::List(from) => list(&from).await,
        SensorsAction::Export(from) => export(&from).await,
    }
}

/// Through the ingestor that runs on the data directory, or, when none does, into its journal.
async fn import(file: &Path, source: &str, data: &DataArgs) -> anyhow::Result<()> {
    let (text, list) = super::read_sensor_list(file)?;
    super::warn_of(&list);
    let journal_dir = data.journal_dir();
    let imported = match control::import_sensors(&journal_dir, source, &text).await {
        Err(ControlError::NotRunning(_)) => import_alone(&journal_dir, source, &text).await?,
        answered => answered.context("import the sensor list")?,
    };
    let state = if imported.loaded {
        "in the database"
    } else {
        "in the journal; the database gets it from the ingestor"
    };
    answer::line(format_args!(
        "{} sensors declared, {state} (record {})",
        imported.sensors, imported.seq
    ))
}

async fn import_alone(journal_dir: &Path, source: &str, text: &str) -> anyhow::Result<Imported> {
    anyhow::ensure!(
        journal_dir.is_dir(),
        "there is no Fieldbook in {}: name its directory with --data-dir, or start one with fieldbook up",
        journal_dir.parent().unwrap_or(journal_dir).display()
    );
    ingestor::import_sensors_alone(journal_dir, source, text)
        .await
        .context("import the sensor list")
}

async fn list(from: &SensorsFrom) -> anyhow::Result<()> {
    let sensors = all(&open(from).await?, from).await?;
    let rows: Vec<[String; 6]> = sensors.iter().map(row).collect();
    table::answer(["NAME", "SOURCE", "TYPE", "UNIT", "RANGE", "DESCRIPTION"], &rows)
}

fn row(sensor: &Sensor) -> [String; 6] {
    let unit = sensor.unit.as_ref().map(|unit| match &unit.ucum {
        Some(ucum) if *ucum != unit.declared => format!("{} ({ucum})", unit.declared),
        Some(_) => unit.declared.clone(),
        None => format!("{} (not understood)", unit.declared),
    });
    let bound = |bound: Option<f64>| bound.map_or_else(|| "…".to_owned(), |bound| bound.to_string());
    let range = match (sensor.range.min, sensor.range.max) {
        (None, None) => String::new(),
        (min, max) => format!("{} to {}", bound(min), bound(max)),
    };
    let description = match (&sensor.description, sensor.declared) {
        (Some(description), _) => description.clone(),
        (None, true) => String::new(),
        (None, false) => "(registered by its messages)".to_owned(),
    };
    [
        sensor.name.clone(),
        sensor.source.clone(),
        sensor.kind.clone().unwrap_or_default(),
        unit.unwrap_or_default(),
        range,
        description,
    ]
}

async fn export(from: &SensorsFrom) -> anyhow::Result<()> {
    let mut list = Map::new();
    for sensor in all(&open(from).await?, from).await? {
        let name = sensor.name.clone();
        anyhow::ensure!(
            list.insert(name.clone(), declaration(&sensor)).is_none(),
            "two sources have a sensor {name:?}: choose one with --source"
        );
    }
    let list = serde_json::to_string_pretty(&Value::Object(list)).context("write the list")?;
    answer::line(list)
}

/// What a sensor list would say of it; what is not known is left out.
fn declaration(sensor: &Sensor) -> Value {
    let members = [
        ("lat", sensor.location.map(|location| json!(location.lat))),
        ("lng", sensor.location.map(|location| json!(location.lng))),
        ("unit", sensor.unit.as_ref().map(|unit| json!(unit.declared))),
        ("type", sensor.kind.as_ref().map(|kind| json!(kind))),
        (
            "range",
            (sensor.range != sensors::Range::default()).then(|| json!([sensor.range.min, sensor.range.max])),
        ),
        (
            "description",
            sensor.description.as_ref().map(|description| json!(description)),
        ),
        (
            "labels",
            (!sensor.labels.is_empty()).then(|| {
                sensor
                    .labels
                    .iter()
                    .map(|(key, value)| (key.clone(), json!(value)))
                    .collect()
            }),
        ),
        (
            "interval",
            sensor.expected_interval_seconds.map(|seconds| json!(seconds)),
        ),
    ];
    members
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

async fn open(from: &SensorsFrom) -> anyhow::Result<DatabaseConnection> {
    wiring::database_of(&from.database, "fieldbook-sensors").await
}

async fn all(db: &DatabaseConnection, from: &SensorsFrom) -> anyhow::Result<Vec<Sensor>> {
    const PAGE: u64 = 1000;
    let filter = SensorFilter {
        sources: from.source.clone().map(|source| vec![source]),
        ..SensorFilter::default()
    };
    let order = SensorOrder::NameAsc;
    let mut sensors = Vec::new();
    let mut after = None;
    loop {
        let request = PageRequest {
            limit: PAGE,
            at: PageAt::First(after),
        };
        let page = sensors::page(db, &Scope::Everything, &filter, order, &request)
            .await
            .context("read the sensors")?;
        after = page.rows.last().map(|sensor| sensor.key(order));
        sensors.extend(page.rows);
        if !page.has_next {
            return Ok(sensors);
        }
    }
}
