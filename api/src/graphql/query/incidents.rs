//! `incidents`: what went wrong, from when to when.

use async_graphql::{Context, Object};
use entity::incidents::{self, IncidentFilter};

use crate::ask::{cursor, page, sensors};
use crate::datasets;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::{IncidentConnection, IncidentKind};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// Incidents of a page when the question does not say.
const FIRST: i32 = 100;

#[derive(Default)]
pub(crate) struct IncidentsQuery;

#[Object]
impl IncidentsQuery {
    /// What went wrong with datasets that are open to the asker and with their sensors, those that began last first, in
    /// pages. Whoever may see some sensors only is told of those, and of no dataset as a whole.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn incidents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug of one dataset. Default: all that are open to the asker.")]
        dataset: Option<String>,
        #[graphql(desc = "Names or ids of sensors: those about them alone. Default: any.")] sensors: Option<
            Vec<String>,
        >,
        #[graphql(desc = "Those of one of these kinds. Default: any.")] kinds: Option<Vec<IncidentKind>>,
        #[graphql(desc = "Those that are not over (true), or are (false). Default: both.")] open: Option<
            bool,
        >,
        #[graphql(desc = "Those that were not over before this instant. Default: any.")] from: Option<
            DateTime,
        >,
        #[graphql(desc = "Those that began before this instant. Default: any.")] to: Option<DateTime>,
        #[graphql(desc = "Incidents of a page, from 1 to 10,000.", default_with = "Some(FIRST)")]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<IncidentConnection> {
        let found: Result<_, ApiError> = async {
            let access = &ctx.asked().access;
            access.catalogue()?;
            let request = page::forward(
                first.unwrap_or(FIRST),
                after.as_deref(),
                ctx.limits(),
                cursor::to_incident,
            )?;
            let seen = datasets::seen_by(ctx.state(), access).await?;
            let datasets = seen.open(access, "dataset", dataset.as_deref())?;
            let sensors = match sensors {
                None => None,
                Some(names) => {
                    let scope = ctx.sensor_scope()?;
                    let found = sensors::by_names(ctx.db(), scope, "sensors", &names, ctx.limits()).await?;
                    Some(found.iter().map(|sensor| sensor.id).collect())
                }
            };
            let filter = IncidentFilter {
                datasets: Some(datasets),
                sensors,
                kinds: kinds.map(|kinds| kinds.into_iter().map(Into::into).collect()),
                open,
                from: from.map(|from| from.0),
                to: to.map(|to| to.0),
            };
            let page = incidents::page(ctx.db(), access.within(), &filter, &request).await?;
            Ok(Some(page.into()))
        }
        .await;
        found.transpose()
    }
}
