//! `segments`: the books of the raw archive, piece by piece.

use async_graphql::{Context, Object};
use chrono::{TimeDelta, Utc};
use entity::lineage::{self, SegmentFilter};

use crate::ask::{page, range};
use crate::graphql::error::ApiError;
use crate::graphql::model::Segment;
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// Segments of an answer when the question does not say.
const FIRST: i32 = 100;

#[derive(Default)]
pub(crate) struct SegmentsQuery;

#[Object]
impl SegmentsQuery {
    /// The pieces of the raw archive, each with the object on S3 that holds it and what became of its messages, those
    /// received last first. `lineage` has the sums of all of them. For whom the dataset `raw-messages` is open.
    async fn segments(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Those whose first message was received at this instant or later. Default: 24 hours before `to`."
        )]
        from: Option<DateTime>,
        #[graphql(desc = "Those whose first message was received before this instant. Default: now.")]
        to: Option<DateTime>,
        #[graphql(
            desc = "Those alone whose messages did not all become something, which should be none.",
            default = false
        )]
        unbalanced: bool,
        #[graphql(
            desc = "Segments of the answer, from 1 to 10,000; for more, go on with `to`.",
            default_with = "Some(FIRST)"
        )]
        first: Option<i32>,
    ) -> Result<Vec<Segment>, ApiError> {
        ctx.asked().access.dataset("raw-messages")?;
        let to = to.map_or_else(Utc::now, |to| to.0);
        let from = from.map_or_else(|| to - TimeDelta::hours(24), |from| from.0);
        range::between(from, to)?;
        let limit = page::rows("first", first.unwrap_or(FIRST), ctx.limits())?;
        let filter = SegmentFilter { from, to, unbalanced };
        let found = lineage::segments(ctx.db(), &filter, limit).await?;
        Ok(found.into_iter().map(Into::into).collect())
    }
}
