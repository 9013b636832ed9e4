//! What is kept of quality, in place of measuring it again.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Context;
use catalogue::evaluator::from_row;
use catalogue::keeper::{Snapshot, counted, rules};
use catalogue::quality::{Evaluated, Rules, Window};
use entity::Scope;
use entity::measurements::{self, HistoryRequest, Measured};
use entity::query::readings::TimeRange;
use entity::query::sensors::{self, Sensor as Row};
use entity::rollup::Level;

use crate::ask::quality::Per;
use crate::graphql::batch::{OfSensor, Quality, SensorQuality};
use crate::graphql::error::ApiError;
use crate::graphql::model::{QualityReport, Sensor};
use crate::graphql::request::ContextExt as _;

/// What is kept of these windows of these sensors.
pub(super) async fn of_sensors(
    ctx: &Context<'_>,
    sensors: &[Arc<Row>],
    windows: &[TimeRange],
    per: Per,
) -> Result<HashMap<OfSensor<Quality>, Arc<SensorQuality>>, ApiError> {
    let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
        return Ok(HashMap::new());
    };
    let request = HistoryRequest {
        level: per.level(),
        sensors: sensors.iter().map(|sensor| sensor.id).collect(),
        from: first.from,
        to: last.to,
        max: ctx.limits().quality_reports_max.into(),
    };
    let rows = measurements::history(ctx.db(), ctx.scope()?, &request).await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let known = measurements::rules(ctx.db()).await?.into_iter();
    let known: HashMap<i64, Arc<Rules>> = known
        .filter_map(|(version, kept)| Some((version, Arc::new(rules(kept)?))))
        .collect();
    let kept = rows.iter().filter_map(|row| {
        let quality = of_row(row, known.get(&row.rule_version)?)?;
        let window = quality.found.measurement.window;
        let range = TimeRange {
            from: window.from(),
            to: window.to(),
        };
        Some((super::key(row.sensor_id, range), Arc::new(quality)))
    });
    Ok(kept.collect())
}

fn of_row(row: &Measured, rules: &Arc<Rules>) -> Option<SensorQuality> {
    let measurement = from_row(row)?;
    Some(SensorQuality {
        rules: Arc::clone(rules),
        expectation: measurement.completeness.as_ref().map(|found| found.expectation),
        found: Evaluated {
            measurement,
            gaps: Vec::new(),
            flagged: Vec::new(),
        },
        kept: Some((row.computed_at, row.revision)),
    })
}

/// What is kept of a dataset's sensors that the asker sees, together: of each window, or of the last 24 hours that are
/// measured. Empty where nothing is kept of that.
pub(super) async fn of_dataset(
    ctx: &Context<'_>,
    slug: &str,
    windows: Option<(&[TimeRange], Per)>,
) -> Result<Vec<QualityReport>, ApiError> {
    let snapshot = ctx.state().catalogue().snapshot().await?;
    let thresholds = snapshot.thresholds();
    match windows {
        None => lately(ctx, slug, &snapshot).await,
        Some((windows, per)) => {
            let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
                return Ok(Vec::new());
            };
            let range = TimeRange {
                from: first.from,
                to: last.to,
            };
            let (db, scope) = (ctx.db(), ctx.scope()?);
            let summed = match (scope, per.level()) {
                (Scope::Everything, Level::Day) => ctx.state().days().of(db, range).await?,
                (_, level) => measurements::summed_history(db, scope, level, range.from, range.to)
                    .await?
                    .into(),
            };
            let reports = summed.iter().filter_map(|summed| {
                let window = Window::new(summed.start, summed.start + per.length())?;
                let counted = counted(&summed.sums);
                let figures =
                    counted.figures_of_many(&thresholds, summed.sensors_with_readings, summed.sensors);
                Some(QualityReport::of_kept(
                    slug.to_owned(),
                    window,
                    &figures,
                    counted.readings(),
                    summed.computed_at,
                ))
            });
            Ok(reports.collect())
        }
    }
}

async fn lately(ctx: &Context<'_>, slug: &str, snapshot: &Snapshot) -> Result<Vec<QualityReport>, ApiError> {
    let scope = ctx.scope()?;
    let Some(quality) = snapshot.quality.as_deref() else {
        return Ok(Vec::new());
    };
    let together = quality.together(&snapshot.thresholds(), |sensor| scope.sees(sensor));
    let worst = together.iter().filter_map(|rolled| rolled.worst);
    let ids: Vec<i32> = worst.map(|worst| worst.sensor_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let sensors = sensors::by_ids(ctx.db(), scope, &ids).await?;
    let sensors: HashMap<i32, Arc<Row>> = sensors
        .into_iter()
        .map(|sensor| (sensor.id, Arc::new(sensor)))
        .collect();
    Ok(vec![QualityReport::of_rolled(
        slug.to_owned(),
        quality.window(),
        &together,
        quality.readings(|sensor| scope.sees(sensor)),
        quality.read_at(),
        |id| sensors.get(&id).map(|sensor| Sensor(Arc::clone(sensor))),
    )])
}
