//! `accessRequests`: who asks for what, and what became of it.

use async_graphql::{Context, Object};
use entity::access_requests::{RequestFilter, page};

use crate::ask::{self, cursor};
use crate::datasets;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::{AccessRequestConnection, AccessRequestState};
use crate::graphql::request::ContextExt as _;

/// Requests of a page when the question does not say.
const FIRST: i32 = 100;

#[derive(Default)]
pub(crate) struct AccessRequestsQuery;

#[Object]
impl AccessRequestsQuery {
    /// Requests for datasets that are not open to who asks (`requestAccess`), the newest first, in pages: the asker's own, and
    /// to a steward all about datasets that are open to them as a whole.
    async fn access_requests(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those in this state. Default: any.")] state: Option<AccessRequestState>,
        #[graphql(desc = "The slug of one dataset. Default: any.")] dataset: Option<String>,
        #[graphql(desc = "Requests of a page, from 1 to 10,000.", default_with = "Some(FIRST)")]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<AccessRequestConnection> {
        let found: Result<_, ApiError> = async {
            let access = &ctx.asked().access;
            let holder = match access.holder() {
                Ok(holder) => Some(holder),
                // A steward's key that somebody made has none of its own, and sees the others.
                Err(_) if access.steward().is_ok() => None,
                Err(error) => return Err(error),
            };
            let first = first.unwrap_or(FIRST);
            let request = ask::page::forward(first, after.as_deref(), ctx.limits(), cursor::to_request)?;
            let seen = datasets::seen_by(ctx.state(), access).await?;
            let mut slugs: Vec<String> = seen
                .datasets()
                .map(|dataset| dataset.described().slug.clone())
                .collect();
            if let Some(asked) = dataset {
                slugs.retain(|slug| *slug == asked);
                if slugs.is_empty() {
                    return Err(ApiError::NotFound {
                        argument: "dataset",
                        message: format!("there is no dataset {asked:?}"),
                    });
                }
            }
            let stewarded = slugs.iter().filter(|slug| access.steward_of(slug).is_ok());
            let filter = RequestFilter {
                stewarded: stewarded.cloned().collect(),
                datasets: slugs,
                asker: holder.clone(),
                state: state.map(Into::into),
            };
            let found = page(ctx.db(), &filter, &request).await?;
            Ok(Some(AccessRequestConnection::new(found, access, holder.as_ref())))
        }
        .await;
        found.transpose()
    }
}
