//! `latest`: the newest reading of each sensor.

use std::collections::HashMap;

use async_graphql::{Context, Object};
use chrono::TimeDelta;
use entity::query::readings;

use crate::ask::sensors;
use crate::graphql::error::ApiError;
use crate::graphql::list::Nodes;
use crate::graphql::model::{ReadingNodes, SensorFilter};
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct LatestQuery;

#[Object]
impl LatestQuery {
    /// The newest reading of each sensor that has one; named sensors in the order asked, others by name.
    async fn latest(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Names or ids of sensors. Default: all that match the filter.")] sensors: Option<
            Vec<String>,
        >,
        #[graphql(desc = "Which sensors. Default: all, up to 10,000.")] filter: Option<SensorFilter>,
        #[graphql(desc = "Leave out readings older than this many seconds. Default: however old.")]
        max_age_seconds: Option<i32>,
    ) -> Result<Nodes<ReadingNodes>, ApiError> {
        let scope = ctx.scope()?;
        let limits = ctx.limits();
        let since = match max_age_seconds {
            None => None,
            Some(seconds) if seconds > 0 => Some(ctx.asked().at - TimeDelta::seconds(seconds.into())),
            Some(seconds) => {
                return Err(ApiError::InvalidArgument {
                    argument: "maxAgeSeconds".to_owned(),
                    message: format!("{seconds} s is no age"),
                    accepted: "an integer of at least 1".to_owned(),
                });
            }
        };
        let filter = filter.map(|filter| filter.check("filter", limits)).transpose()?;
        let chosen = sensors::chosen(ctx.db(), scope, sensors.as_deref(), filter, limits).await?;
        let ids: Vec<_> = chosen.iter().map(|sensor| sensor.id).collect();
        let mut latest: HashMap<_, _> = readings::latest(ctx.db(), scope, &ids, since)
            .await?
            .into_iter()
            .map(|reading| (reading.sensor_id, reading))
            .collect();
        let rows = chosen
            .iter()
            .filter_map(|sensor| latest.remove(&sensor.id))
            .map(Into::into)
            .collect();
        Ok(Nodes(ReadingNodes::new(rows, chosen)))
    }
}
