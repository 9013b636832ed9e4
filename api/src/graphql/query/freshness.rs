//! `freshness`: how fresh datasets and sensors are.

use std::sync::Arc;

use async_graphql::{Context, Object};

use crate::ask::sensors;
use crate::datasets;
use crate::graphql::error::ApiError;
use crate::graphql::model::{Freshness, Sensor};
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct FreshnessQuery;

#[Object]
impl FreshnessQuery {
    /// How fresh datasets are, or sensors.
    async fn freshness(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug of one dataset. Default: all that there are for the asker.")]
        dataset: Option<String>,
        #[graphql(desc = "Names or ids of sensors: of each of them in place of datasets.")] sensors: Option<
            Vec<String>,
        >,
    ) -> Result<Vec<Freshness>, ApiError> {
        match (dataset, sensors) {
            (Some(_), Some(_)) => Err(ApiError::InvalidArgument {
                argument: "sensors".to_owned(),
                message: "a question is about datasets or about sensors".to_owned(),
                accepted: "dataset or sensors, not both".to_owned(),
            }),
            (None, Some(names)) => of_sensors(ctx, &names).await,
            (dataset, None) => of_datasets(ctx, dataset.as_deref()).await,
        }
    }
}

async fn of_datasets(ctx: &Context<'_>, slug: Option<&str>) -> Result<Vec<Freshness>, ApiError> {
    let access = &ctx.asked().access;
    access.catalogue()?;
    let seen = datasets::seen_by(ctx.state(), access).await?;
    let found: Vec<Freshness> = seen
        .datasets()
        .filter(|dataset| slug.is_none_or(|slug| dataset.described().slug == slug))
        .map(|dataset| Freshness::of_dataset(&dataset))
        .collect();
    match slug {
        Some(slug) if found.is_empty() => Err(ApiError::NotFound {
            argument: "dataset",
            message: format!("there is no dataset {slug:?}"),
        }),
        _ => Ok(found),
    }
}

async fn of_sensors(ctx: &Context<'_>, names: &[String]) -> Result<Vec<Freshness>, ApiError> {
    let chosen = sensors::by_names(ctx.db(), ctx.scope()?, "sensors", names, ctx.limits()).await?;
    let snapshot = ctx.state().catalogue().snapshot().await?;
    let freshness = |sensor: Arc<_>| {
        let sensor = Sensor(sensor);
        let found = snapshot.sensor(sensor.0.id);
        Freshness::of_sensor(sensor, found)
    };
    Ok(chosen.into_iter().map(freshness).collect())
}
