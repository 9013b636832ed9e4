//! `quarantine`, `quarantineReasons`, `quarantineReplays`, `quarantineReplay`: what was set aside, and what is tried again.

use async_graphql::{Context, ID, Object};
use entity::quarantine as kept;

use crate::ask::quarantine::QuarantineArguments;
use crate::ask::{cursor, page};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::{
    QUARANTINE, QuarantineReason, QuarantineReplay, QuarantineReplayConnection, QuarantinedMessageConnection,
};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// Messages of a page when the question does not say.
const FIRST: i32 = 100;

/// Requests of a page when the question does not say.
const REPLAYS_FIRST: i32 = 20;

/// Kinds of trouble of an answer: there are some twenty, of each source.
const REASONS_MAX: u32 = 1_000;

#[derive(Default)]
pub(crate) struct QuarantineQuery;

#[Object]
impl QuarantineQuery {
    /// Messages that could not be used, those received last first, in pages. Each has its reason; what is mended can be
    /// replayed (`replayQuarantine`). For whom the dataset `quarantined-messages` is open.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Those with this kind of trouble, such as `not_json`; `quarantineReasons` has which there are. Default: any."
        )]
        reason: Option<String>,
        #[graphql(desc = "Those of this source. Default: any.")] source: Option<String>,
        #[graphql(desc = "Those received at this instant or later. Default: any.")] from: Option<DateTime>,
        #[graphql(desc = "Those received before this instant. Default: any.")] to: Option<DateTime>,
        #[graphql(desc = "Messages of a page, from 1 to 10,000.", default_with = "Some(FIRST)")]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
        #[graphql(
            desc = "Those of the sensor with this name, as the messages say it: there may be no such sensor. Default: any."
        )]
        sensor: Option<String>,
    ) -> Nullable<QuarantinedMessageConnection> {
        let found: Result<_, ApiError> = async {
            let scope = ctx.asked().access.dataset(QUARANTINE)?;
            let request = page::forward(
                first.unwrap_or(FIRST),
                after.as_deref(),
                ctx.limits(),
                cursor::to_quarantined,
            )?;
            let arguments = QuarantineArguments {
                reason,
                source,
                sensor,
                from,
                to,
            };
            let filter = arguments.check(ctx.limits())?;
            let page = kept::page(ctx.db(), scope, &filter, &request).await?;
            Ok(Some(QuarantinedMessageConnection::new(page, filter)))
        }
        .await;
        found.transpose()
    }

    /// Why messages could not be used, how often, by source, the most frequent first. For whom the dataset
    /// `quarantined-messages` is open.
    async fn quarantine_reasons(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of messages received at this instant or later. Default: any.")] from: Option<
            DateTime,
        >,
        #[graphql(desc = "Of messages received before this instant. Default: any.")] to: Option<DateTime>,
        #[graphql(desc = "Of messages of this source. Default: any.")] source: Option<String>,
        #[graphql(desc = "Of messages of the sensor with this name. Default: any.")] sensor: Option<String>,
    ) -> Result<Vec<QuarantineReason>, ApiError> {
        let scope = ctx.asked().access.dataset(QUARANTINE)?;
        let arguments = QuarantineArguments {
            reason: None,
            source,
            sensor,
            from,
            to,
        };
        let filter = arguments.check(ctx.limits())?;
        let reasons = kept::reasons(ctx.db(), scope, &filter, REASONS_MAX).await?;
        Ok(reasons.into_iter().map(Into::into).collect())
    }

    /// Requests to replay messages that were set aside, the newest first, in pages. For whom the dataset
    /// `quarantined-messages` is open.
    async fn quarantine_replays(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those that are not done (true), or are (false). Default: both.")] open: Option<
            bool,
        >,
        #[graphql(
            desc = "Requests of a page, from 1 to 10,000.",
            default_with = "Some(REPLAYS_FIRST)"
        )]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<QuarantineReplayConnection> {
        let found: Result<_, ApiError> = async {
            ctx.asked().access.dataset(QUARANTINE)?;
            let limit = page::rows("first", first.unwrap_or(REPLAYS_FIRST), ctx.limits())?;
            let after = after
                .map(|after| cursor::to_replay("after", &after))
                .transpose()?;
            let rows = kept::replays(ctx.db(), open, after, limit + 1).await?;
            Ok(Some(QuarantineReplayConnection::new(
                rows,
                limit,
                after.is_none(),
            )))
        }
        .await;
        found.transpose()
    }

    /// One request to replay messages, to see how far it is; null when there is none with this id. For whom the dataset
    /// `quarantined-messages` is open.
    async fn quarantine_replay(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, as `replayQuarantine` gave it.")] id: ID,
    ) -> Nullable<QuarantineReplay> {
        let found: Result<_, ApiError> = async {
            ctx.asked().access.dataset(QUARANTINE)?;
            // What is no number is no request's id.
            let Ok(id) = id.parse() else { return Ok(None) };
            Ok(kept::replay(ctx.db(), id).await?.map(QuarantineReplay))
        }
        .await;
        found.transpose()
    }
}
