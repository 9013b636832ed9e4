//! `replayQuarantine`: messages that were set aside are tried again.

use async_graphql::{Context, ID, Object};
use entity::quarantine::{NewReplay, OPEN_REPLAYS_MAX, QuarantineFilter, count, request_replay};

use super::is_read_only;
use crate::ask::quarantine::{QuarantineArguments, one, unknown};
use crate::graphql::error::ApiError;
use crate::graphql::model::{QUARANTINE, QuarantineReplay};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

#[derive(Default)]
pub(crate) struct QuarantineMutation;

#[Object]
impl QuarantineMutation {
    /// Requests that messages that were set aside are tried again, after the cause is mended: those that match and are there
    /// now. An ingestor of their source takes the request up; ask `quarantineReplay` how far it is. What can be used then
    /// comes in as if it had been good at once; what can't stays, with its new reason. At most 100 requests wait at once.
    /// For stewards to whom the dataset `quarantined-messages` is open.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn replay_quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those with this kind of trouble, such as `sensor_limit`. Default: any.")]
        reason: Option<String>,
        #[graphql(desc = "Those of this source. Default: any.")] source: Option<String>,
        #[graphql(desc = "Those of the sensor with this name, as the messages say it. Default: any.")]
        sensor: Option<String>,
        #[graphql(desc = "Those received at this instant or later. Default: any.")] from: Option<DateTime>,
        #[graphql(desc = "Those received before this instant. Default: any.")] to: Option<DateTime>,
        #[graphql(desc = "The one with this id; what else is said must hold of it. Default: any.")]
        message: Option<ID>,
    ) -> Result<QuarantineReplay, ApiError> {
        let steward = ctx.asked().access.steward_of(QUARANTINE)?;
        let arguments = QuarantineArguments {
            reason,
            source,
            sensor,
            from,
            to,
        };
        let mut of = arguments.check(ctx.limits())?;
        if let Some(message) = message {
            let place = one(ctx.db(), "message", &message).await?.place;
            let scope = ctx.asked().access.dataset(QUARANTINE)?;
            let alone = QuarantineFilter {
                place,
                ..QuarantineFilter::default()
            };
            if count(ctx.db(), scope, &alone).await? == 0 {
                return Err(unknown("message", &message));
            }
            of.place = place;
        }
        let new = NewReplay {
            of,
            requested_by: steward.name,
            requested_at: ctx.asked().at,
        };
        match request_replay(ctx.db(), &new).await {
            Ok(Some(replay)) => Ok(QuarantineReplay(replay)),
            Ok(None) => Err(ApiError::LimitExceeded {
                argument: None,
                limit: OPEN_REPLAYS_MAX.into(),
                asked: None,
                advice: "so many requests wait already: see that an ingestor runs, and ask again".to_owned(),
            }),
            Err(error) if is_read_only(&error) => Err(ApiError::Forbidden {
                message: "this service may read its database and not write to it: docs/reference/stewards.md has what its \
                          user must be granted"
                    .to_owned(),
            }),
            Err(error) => Err(error.into()),
        }
    }
}
