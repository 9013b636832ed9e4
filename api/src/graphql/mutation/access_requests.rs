//! `requestAccess`, `withdrawAccessRequest`, `decideAccess`: how a dataset is opened for who asks for it.

use async_graphql::{Context, ID, Object};
use catalogue::stewardship::{Steward, Stewarding};
use entity::access_requests::{self, Asked, Decided, NewRequest, RequestState, ask, by_id, decide, withdraw};
use uuid::Uuid;

use super::{kept, steward_of};
use crate::ask::time;
use crate::datasets::{self, Openable};
use crate::graphql::error::ApiError;
use crate::graphql::model::AccessRequest;
use crate::graphql::request::ContextExt as _;

/// Requests of one asker within a day.
const A_DAY_MAX: u64 = 20;

/// Characters of a reason, and of a steward's note.
const TEXT_CHARS_MAX: usize = 2_000;

#[derive(Default)]
pub(crate) struct AccessRequestsMutation;

#[Object]
impl AccessRequestsMutation {
    /// Asks the stewards of a dataset that is not open to the asker to open it. One request of an asker waits for each dataset,
    /// and 20 are made within a day at most. For whoever is known, but not for a key that was made with `createKey`.
    async fn request_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug of the dataset.")] dataset: String,
        #[graphql(desc = "What it is wanted for: 1 to 2,000 characters, which its stewards read.")]
        reason: String,
    ) -> Result<AccessRequest, ApiError> {
        let access = &ctx.asked().access;
        let asker = access.holder()?;
        let reason = text("reason", &reason)?;
        check_openable(ctx, &dataset).await?;
        let new = NewRequest {
            asker: asker.clone(),
            asker_name: access.called().unwrap_or_default(),
            dataset,
            reason,
            created_at: ctx.asked().at,
        };
        match ask(ctx.db(), new, A_DAY_MAX).await.map_err(kept)? {
            Asked::Request(request) => Ok(AccessRequest::new(*request, access, Some(&asker))),
            Asked::Waits(request) => Err(invalid(
                "dataset",
                format!(
                    "your request from {} waits for a steward",
                    time::format(request.created_at)
                ),
                "a dataset that you wait for no answer about; withdrawAccessRequest takes a request back",
            )),
            Asked::TooMany => Err(ApiError::LimitExceeded {
                argument: None,
                limit: A_DAY_MAX,
                asked: None,
                advice: "so many requests were made within a day: ask again tomorrow".to_owned(),
            }),
        }
    }

    /// Takes back a request of the asker's own that waits; taken back again it stays as it is.
    async fn withdraw_access_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request's id.")] id: ID,
    ) -> Result<AccessRequest, ApiError> {
        let access = &ctx.asked().access;
        let asker = access.holder()?;
        let uuid = Uuid::try_parse(&id).map_err(|_| unknown(&id))?;
        let request = withdraw(ctx.db(), &asker, uuid, ctx.asked().at)
            .await
            .map_err(kept)?;
        let request = request.ok_or_else(|| unknown(&id))?;
        if request.state != RequestState::Withdrawn {
            return Err(over(&request));
        }
        Ok(AccessRequest::new(request, access, Some(&asker)))
    }

    /// Decides about a request that waits. Granted, the dataset is open to who asked, in every process within five seconds. It
    /// is noted (`stewardshipChanges`). For stewards to whom the dataset is open as a whole.
    async fn decide_access(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The request's id.")] id: ID,
        #[graphql(desc = "Whether the dataset is opened.")] grant: bool,
        #[graphql(desc = "What there is to say about it, which who asked reads: up to 2,000 characters.")]
        note: Option<String>,
    ) -> Result<AccessRequest, ApiError> {
        let (steward, uuid) = steward_of_request(ctx, &id).await?;
        let note = note.filter(|note| !note.trim().is_empty());
        let note = note.map(|note| text("note", &note)).transpose()?;
        let stewarding = Stewarding::begin(ctx.db(), steward, ctx.asked().at)
            .await
            .map_err(kept)?;
        let decided = decide(&stewarding, uuid, grant, note.as_deref()).await;
        match decided.map_err(kept)? {
            Decided::Request(request) => {
                stewarding.commit().await.map_err(kept)?;
                ctx.state().rights_changed(&request.asker);
                let access = &ctx.asked().access;
                let holder = access.holder().ok();
                Ok(AccessRequest::new(*request, access, holder.as_ref()))
            }
            Decided::Over(request) => Err(over(&request)),
            Decided::KeyGone => Err(invalid(
                "grant",
                "the key that asks is revoked or has expired".to_owned(),
                "false: nothing can be opened for it",
            )),
            Decided::Unknown => Err(unknown(&id)),
        }
    }
}

/// Refuses a dataset that there is not for the asker, that is open to them, or that nobody could open for them.
async fn check_openable(ctx: &Context<'_>, slug: &str) -> Result<(), ApiError> {
    let access = &ctx.asked().access;
    let seen = datasets::seen_by(ctx.state(), access).await?;
    let dataset = seen.datasets().find(|dataset| dataset.described().slug == slug);
    let dataset = dataset.ok_or_else(|| ApiError::NotFound {
        argument: "dataset",
        message: format!("there is no dataset {slug:?}"),
    })?;
    if dataset.is_open {
        return Err(invalid(
            "dataset",
            "this dataset is open to you".to_owned(),
            "a dataset that is not",
        ));
    }
    if let Openable::With(other) = dataset.openable() {
        return Err(invalid(
            "dataset",
            format!("{slug} is opened with {other}, and not by itself"),
            other,
        ));
    }
    // Such as one that is not kept by sensor, for who sees some sensors only: why, is for the access to say.
    let granted = access.with_dataset(slug);
    granted.dataset(slug)?;
    if dataset.is_open_to(&granted) {
        return Ok(());
    }
    Err(ApiError::Forbidden {
        message: format!("the dataset {slug} can't be opened for you: ask the operator for another key"),
    })
}

/// Who decides about a request, and its id.
async fn steward_of_request(ctx: &Context<'_>, id: &ID) -> Result<(Steward, Uuid), ApiError> {
    ctx.asked().access.steward()?;
    let uuid = Uuid::try_parse(id).map_err(|_| unknown(id))?;
    let found = by_id(ctx.db(), uuid).await?;
    let found = found.ok_or_else(|| unknown(id))?;
    match steward_of(ctx, "id", &found.dataset).await {
        Ok(steward) => Ok((steward, uuid)),
        // About a dataset that there is not for them.
        Err(ApiError::NotFound { .. }) => Err(unknown(id)),
        Err(error) => Err(error),
    }
}

fn unknown(id: &ID) -> ApiError {
    ApiError::NotFound {
        argument: "id",
        message: format!("there is no request {:?}", id.as_str()),
    }
}

fn over(request: &access_requests::AccessRequest) -> ApiError {
    invalid(
        "id",
        format!("this request was {} already", request.state),
        "a request that waits",
    )
}

/// A text of several lines, as the database can hold it.
fn text(argument: &str, text: &str) -> Result<String, ApiError> {
    let text = text.trim();
    let is_good = !text.is_empty()
        && text.chars().count() <= TEXT_CHARS_MAX
        && text
            .chars()
            .all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    if is_good {
        return Ok(text.to_owned());
    }
    Err(ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message: "this can't be used".to_owned(),
        accepted: format!(
            "1 to {TEXT_CHARS_MAX} characters, without control characters but for ends of lines and tabs"
        ),
    })
}

fn invalid(argument: &str, message: String, accepted: &str) -> ApiError {
    ApiError::InvalidArgument {
        argument: argument.to_owned(),
        message,
        accepted: accepted.to_owned(),
    }
}
