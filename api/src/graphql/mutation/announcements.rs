//! `announce`, `changeAnnouncement`, `withdrawAnnouncement`: what stewards want users of a dataset to know.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object};
use catalogue::stewardship::{
    AnnouncementChange, End, NewAnnouncement, Steward, announce, change_announcement, withdraw_announcement,
};
use uuid::Uuid;

use super::{refused, renewed, steward_of};
use crate::graphql::error::ApiError;
use crate::graphql::model::{Announcement, AnnouncementKind};
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

#[derive(Default)]
pub(crate) struct AnnouncementsMutation;

#[Object]
impl AnnouncementsMutation {
    /// Announces something of a dataset, such as an outage that is planned or an error that is known; at most 50 of one
    /// dataset stand at once. For stewards to whom the dataset is open as a whole.
    async fn announce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug of the dataset that it is about.")] dataset: String,
        #[graphql(desc = "What is announced.")] input: AnnouncementInput,
    ) -> Result<Announcement, ApiError> {
        let steward = steward_of(ctx, "dataset", &dataset).await?;
        let at = ctx.asked().at;
        let new = NewAnnouncement {
            kind: input.kind.into(),
            title: input.title,
            text: input.text.unwrap_or_default(),
            starts_at: input.from.map_or(at, |from| from.0),
            ends_at: input.to.map(|to| to.0),
        };
        let announced = announce(ctx.db(), steward, &dataset, new, at).await;
        shown(ctx, announced.map_err(refused)?).await
    }

    /// Changes an announcement that stands: what is left out stays as it is. For stewards to whom its dataset is open as a
    /// whole.
    async fn change_announcement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The announcement's id.")] id: ID,
        #[graphql(desc = "What is changed.")] input: AnnouncementChangeInput,
    ) -> Result<Announcement, ApiError> {
        let (steward, id) = steward_of_announcement(ctx, &id).await?;
        let at = ctx.asked().at;
        let change = AnnouncementChange {
            kind: input.kind.map(Into::into),
            title: input.title,
            text: input.text,
            starts_at: input.from.map(|from| from.0),
            ends_at: match input.to {
                MaybeUndefined::Undefined => End::AsItIs,
                MaybeUndefined::Null => End::Open,
                MaybeUndefined::Value(to) => End::At(to.0),
            },
        };
        let changed = change_announcement(ctx.db(), steward, id, change, at).await;
        shown(ctx, changed.map_err(refused)?).await
    }

    /// Withdraws an announcement; withdrawn again it stays as it is. For stewards to whom its dataset is open as a whole.
    async fn withdraw_announcement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The announcement's id.")] id: ID,
    ) -> Result<Announcement, ApiError> {
        let (steward, id) = steward_of_announcement(ctx, &id).await?;
        let withdrawn = withdraw_announcement(ctx.db(), steward, id, ctx.asked().at).await;
        shown(ctx, withdrawn.map_err(refused)?).await
    }
}

/// Who writes about the dataset of an announcement, and its id.
async fn steward_of_announcement(ctx: &Context<'_>, id: &ID) -> Result<(Steward, Uuid), ApiError> {
    ctx.asked().access.steward()?;
    let unknown = || ApiError::NotFound {
        argument: "id",
        message: format!("there is no announcement {:?}", id.as_str()),
    };
    let uuid = Uuid::try_parse(id).map_err(|_| unknown())?;
    let found = entity::announcements::one(ctx.db(), uuid).await?;
    let found = found.ok_or_else(unknown)?;
    match steward_of(ctx, "id", &found.dataset).await {
        Ok(steward) => Ok((steward, uuid)),
        // Of a dataset that there is not for them.
        Err(ApiError::NotFound { .. }) => Err(unknown()),
        Err(error) => Err(error),
    }
}

async fn shown(
    ctx: &Context<'_>,
    announcement: catalogue::model::Announcement,
) -> Result<Announcement, ApiError> {
    renewed(ctx).await?;
    Ok(Announcement::new(announcement, ctx.asked().at))
}

/// What is announced.
#[derive(Debug, InputObject)]
struct AnnouncementInput {
    /// What it tells of.
    kind: AnnouncementKind,
    /// A heading: one line of up to 200 characters.
    title: String,
    /// All else that there is to say, in up to 10,000 characters. Default: nothing.
    text: Option<String>,
    /// From when it is so. Default: now.
    from: Option<DateTime>,
    /// From when it is no longer so. Default: nobody knows.
    to: Option<DateTime>,
}

/// What is changed of an announcement. What is left out, or null unless said otherwise, stays as it is.
#[derive(Debug, InputObject)]
struct AnnouncementChangeInput {
    /// What it tells of.
    kind: Option<AnnouncementKind>,
    /// A heading: one line of up to 200 characters.
    title: Option<String>,
    /// All else that there is to say, in up to 10,000 characters.
    text: Option<String>,
    /// From when it is so.
    from: Option<DateTime>,
    /// From when it is no longer so; null: nobody knows.
    to: MaybeUndefined<DateTime>,
}
