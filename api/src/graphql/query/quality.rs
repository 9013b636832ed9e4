//! `quality`: how good readings are.

mod kept;

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, Object};
use catalogue::model::Kind;
use catalogue::quality::{Rollup, Window};
use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::readings::TimeRange;
use entity::query::sensors::{self as rows, Sensor as Row, SensorFilter, SensorOrder};

use crate::ask::quality::{self, Per};
use crate::ask::{range, sensors};
use crate::datasets;
use crate::graphql::batch::{OfSensor, Quality, SensorQuality};
use crate::graphql::error::ApiError;
use crate::graphql::model::{QualityReport, Sensor};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::{DateTime, Duration};

#[derive(Default)]
pub(crate) struct QualityQuery;

#[Object]
impl QualityQuery {
    /// How good the readings of sensors are, or those of a dataset's sensors together.
    ///
    /// With `per` hours and days are told as they are kept (7 and 90 days), and measured for this answer where they are not.
    /// Without it the time is measured for this answer, of up to 31 days; a dataset without `from` and `to` is told as it is
    /// kept: the last 24 hours that are measured of all sensors.
    ///
    /// One report for each sensor or dataset and, with `per`, for each hour or day: by sensor in the order asked, then by
    /// time. `Sensor.quality` says the same of one sensor.
    async fn quality(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The slug of a dataset of readings. Default: the readings themselves, where no sensors are named."
        )]
        dataset: Option<String>,
        #[graphql(desc = "Names or ids of sensors: of each of them in place of a dataset.")] sensors: Option<
            Vec<String>,
        >,
        #[graphql(desc = "The first instant. Default: 24 hours before `to`.")] from: Option<DateTime>,
        #[graphql(desc = "The first instant that does not belong to it any more. Default: now.")] to: Option<
            DateTime,
        >,
        #[graphql(
            desc = "`PT1H` or `P1D`: a report for every hour or day of UTC that the time touches, as a whole. Default: one \
                    for exactly the time asked for."
        )]
        per: Option<Duration>,
    ) -> Result<Vec<QualityReport>, ApiError> {
        ctx.scope()?;
        let (from, to) = (from.map(|from| from.0), to.map(|to| to.0));
        let is_lately = from.is_none() && to.is_none();
        let range = range::of_rows(from, to, ctx.asked().at)?;
        let per = per.map(|per| Per::of(&per.0)).transpose()?;
        let windows = quality::windows(range, per, ctx.limits())?;
        match (dataset, sensors) {
            (Some(_), Some(_)) => Err(ApiError::InvalidArgument {
                argument: "sensors".to_owned(),
                message: "a question is about a dataset or about sensors".to_owned(),
                accepted: "dataset or sensors, not both".to_owned(),
            }),
            (None, Some(names)) => of_sensors(ctx, &names, &windows, per).await,
            (dataset, None) => of_dataset(ctx, dataset.as_deref(), &windows, per, is_lately).await,
        }
    }
}

async fn of_sensors(
    ctx: &Context<'_>,
    names: &[String],
    windows: &[TimeRange],
    per: Option<Per>,
) -> Result<Vec<QualityReport>, ApiError> {
    quality::check_reports(names.len(), windows.len(), ctx.limits())?;
    let chosen = sensors::by_names(ctx.db(), ctx.scope()?, "sensors", names, ctx.limits()).await?;
    // A name may stand for sensors of several sources.
    quality::check_reports(chosen.len(), windows.len(), ctx.limits())?;
    let kept = match per {
        Some(per) => kept::of_sensors(ctx, &chosen, windows, per).await?,
        None => HashMap::new(),
    };
    let mut measured = measured(ctx, &chosen, windows, kept).await?;
    let mut reports = Vec::with_capacity(measured.len());
    for sensor in chosen {
        for window in windows {
            if let Some(quality) = measured.remove(&key(sensor.id, *window)) {
                let sensor = Sensor(Arc::clone(&sensor));
                reports.push(QualityReport::of_sensor(sensor, &quality, ctx.asked().at));
            }
        }
    }
    Ok(reports)
}

/// All sensors of a dataset that the asker sees, together: nobody learns from a sum what lies beyond their scope.
async fn of_dataset(
    ctx: &Context<'_>,
    slug: Option<&str>,
    windows: &[TimeRange],
    per: Option<Per>,
    is_lately: bool,
) -> Result<Vec<QualityReport>, ApiError> {
    let slug = dataset_of_readings(ctx, slug).await?;
    if is_lately || per.is_some() {
        let kept = kept::of_dataset(ctx, &slug, per.map(|per| (windows, per))).await?;
        if !kept.is_empty() {
            return Ok(kept);
        }
    }
    let sensors = visible_sensors(ctx, windows.len()).await?;
    let measured = measured(ctx, &sensors, windows, HashMap::new()).await?;
    let by_id: HashMap<i32, &Arc<Row>> = sensors.iter().map(|sensor| (sensor.id, sensor)).collect();
    let thresholds = ctx.state().catalogue().snapshot().await?.thresholds();
    let mut reports = Vec::with_capacity(windows.len());
    for range in windows {
        let mut rollup = Rollup::default();
        for sensor in &sensors {
            if let Some(quality) = measured.get(&key(sensor.id, *range)) {
                rollup.add(sensor.id, &quality.found.measurement);
            }
        }
        let Some(window) = Window::new(range.from, range.to) else {
            continue;
        };
        let sensor = |id: i32| by_id.get(&id).map(|sensor| Sensor(Arc::clone(sensor)));
        let report =
            QualityReport::of_dataset(slug.clone(), window, &rollup, &thresholds, ctx.asked().at, sensor);
        reports.push(report);
    }
    Ok(reports)
}

/// The slug of a dataset that holds readings; of the readings themselves where none is named.
async fn dataset_of_readings(ctx: &Context<'_>, slug: Option<&str>) -> Result<String, ApiError> {
    let access = &ctx.asked().access;
    access.catalogue()?;
    let seen = datasets::seen_by(ctx.state(), access).await?;
    let named = |dataset: &datasets::SeenDataset| match slug {
        Some(slug) => dataset.described().slug == slug,
        None => dataset.described().kind == Kind::Readings,
    };
    let Some(dataset) = seen.datasets().find(named) else {
        return Err(ApiError::NotFound {
            argument: "dataset",
            message: format!("there is no dataset {:?}", slug.unwrap_or("readings")),
        });
    };
    let described = dataset.described();
    if matches!(described.kind, Kind::Readings | Kind::Rollup) {
        return Ok(described.slug.clone());
    }
    let accepted = seen
        .datasets()
        .filter(|dataset| matches!(dataset.described().kind, Kind::Readings | Kind::Rollup))
        .map(|dataset| dataset.described().slug.clone());
    Err(ApiError::InvalidArgument {
        argument: "dataset".to_owned(),
        message: format!("the dataset {:?} is not made of readings", described.slug),
        accepted: accepted.collect::<Vec<_>>().join(", "),
    })
}

/// The sensors that the asker sees, when there are not too many to measure.
async fn visible_sensors(ctx: &Context<'_>, windows: usize) -> Result<Vec<Arc<Row>>, ApiError> {
    let (db, scope) = (ctx.db(), ctx.scope()?);
    let filter = SensorFilter::default();
    let request = PageRequest {
        limit: u64::from(ctx.limits().quality_reports_max) / windows.max(1) as u64,
        at: PageAt::First(None),
    };
    let page = rows::page(db, scope, &filter, SensorOrder::NameAsc, &request).await?;
    if page.has_next {
        let count = rows::count(db, scope, &filter).await?;
        quality::check_reports(
            usize::try_from(count).unwrap_or(usize::MAX),
            windows,
            ctx.limits(),
        )?;
    }
    Ok(page.rows.into_iter().map(Arc::new).collect())
}

/// Each window of each sensor: as it is known, or measured.
async fn measured(
    ctx: &Context<'_>,
    sensors: &[Arc<Row>],
    windows: &[TimeRange],
    mut known: HashMap<OfSensor<Quality>, Arc<SensorQuality>>,
) -> Result<HashMap<OfSensor<Quality>, Arc<SensorQuality>>, ApiError> {
    let of_each = |sensor: &Arc<Row>| {
        let sensor_id = sensor.id;
        windows.iter().map(move |window| key(sensor_id, *window))
    };
    let unknown = sensors.iter().flat_map(of_each);
    let unknown: Vec<_> = unknown.filter(|key| !known.contains_key(key)).collect();
    known.extend(ctx.loaders().load_many(unknown).await?);
    Ok(known)
}

fn key(sensor_id: i32, window: TimeRange) -> OfSensor<Quality> {
    OfSensor {
        sensor_id,
        what: Quality::from(window),
    }
}
