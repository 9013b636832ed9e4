//! `series`: readings in columns.

use async_graphql::{Context, Object};

use crate::ask::units::Shown;
use crate::ask::{range, sensors};
use crate::graphql::batch::{OfSensor, ReadingsColumns};
use crate::graphql::error::ApiError;
use crate::graphql::model::{Series, series};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

#[derive(Default)]
pub(crate) struct SeriesQuery;

#[Object]
impl SeriesQuery {
    /// The readings of each sensor in columns of equal length, oldest first: the quickest form to draw or to calculate
    /// with. One series for each sensor, in the order asked; a name used in several sources gives one for each of them.
    async fn series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Names or ids of up to 100 sensors.")] sensors: Vec<String>,
        #[graphql(desc = "The first instant.")] from: DateTime,
        #[graphql(desc = "The first instant that does not belong to it any more.")] to: DateTime,
        #[graphql(
            desc = "Points of each series at most, from 2 to 10,000: of each slice of the range the lowest and \
                          the highest reading stay, so no peak is lost. Default: every reading, as long as one \
                          answer holds them."
        )]
        max_points: Option<i32>,
        #[graphql(
            desc = "The unit of the values: a UCUM code such as `K`, or another way to write it such as `°F`, of the same \
                    kind as the sensors' own. Default: each sensor's own."
        )]
        unit: Option<String>,
    ) -> Result<Vec<Series>, ApiError> {
        let scope = ctx.scope()?;
        let limits = ctx.limits();
        let range = range::between(from.0, to.0)?;
        let points_max = series::points("maxPoints", max_points, limits)?;
        series::check_sensors(sensors.len(), limits)?;
        let sensors = sensors::by_names(ctx.db(), scope, "sensors", &sensors, limits).await?;
        series::check_sensors(sensors.len(), limits)?;
        let shown = sensors
            .iter()
            .map(|sensor| Shown::of(sensor, unit.as_deref(), limits));
        let shown: Vec<Shown> = shown.collect::<Result<_, _>>()?;
        let what = ReadingsColumns {
            range: range.into(),
            points_max,
        };
        let keys = sensors.iter().map(|sensor| OfSensor {
            sensor_id: sensor.id,
            what,
        });
        let mut columns = ctx.loaders().load_many(keys).await?;
        let series = sensors.into_iter().zip(shown).map(|(sensor, shown)| {
            let columns = columns
                .remove(&OfSensor {
                    sensor_id: sensor.id,
                    what,
                })
                .unwrap_or_default();
            Series::new(sensor, columns, shown)
        });
        Ok(series.collect())
    }
}
