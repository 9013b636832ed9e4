//! `stewardshipChanges`: who changed what of datasets, for stewards.

use async_graphql::{Context, Object, SimpleObject};
use entity::query::page::Page;
use entity::stewardship::{Change, changes};

use crate::ask::{cursor, page};
use crate::datasets;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::PageInfo;
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// Changes of a page when the question does not say.
const FIRST: i32 = 100;

#[derive(Default)]
pub(crate) struct StewardshipQuery;

#[Object]
impl StewardshipQuery {
    /// What stewards changed of datasets, the last change first, in pages; kept for 10 years. For stewards, and of the
    /// datasets that are open to them as a whole.
    async fn stewardship_changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The slug of one dataset. Default: all of which the asker is a steward.")]
        dataset: Option<String>,
        #[graphql(desc = "Changes of a page, from 1 to 10,000.", default_with = "Some(FIRST)")] first: Option<
            i32,
        >,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<StewardshipChangeConnection> {
        let found: Result<_, ApiError> = async {
            let access = &ctx.asked().access;
            access.steward()?;
            let first = page::rows("first", first.unwrap_or(FIRST), ctx.limits())?;
            let after = after
                .map(|after| cursor::to_change("after", &after))
                .transpose()?;
            let seen = datasets::seen_by(ctx.state(), access).await?;
            let slugs = seen.datasets().map(|dataset| dataset.described().slug.clone());
            let slugs: Vec<String> = match dataset {
                None => slugs.filter(|slug| access.steward_of(slug).is_ok()).collect(),
                Some(asked) => {
                    if !slugs.into_iter().any(|slug| slug == asked) {
                        return Err(ApiError::NotFound {
                            argument: "dataset",
                            message: format!("there is no dataset {asked:?}"),
                        });
                    }
                    access.steward_of(&asked)?;
                    vec![asked]
                }
            };
            let page = changes(ctx.db(), &slugs, first, after).await?;
            Ok(Some(StewardshipChangeConnection::new(page)))
        }
        .await;
        found.transpose()
    }
}

/// A page of stewards' changes.
#[derive(Debug, SimpleObject)]
pub(crate) struct StewardshipChangeConnection {
    /// The changes with their cursors.
    edges: Option<Vec<Option<StewardshipChangeEdge>>>,
    /// The changes.
    nodes: Vec<StewardshipChange>,
    /// Where this page lies.
    page_info: PageInfo,
}

/// A change and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct StewardshipChangeEdge {
    /// Its place, for `after`.
    cursor: String,
    /// The change.
    node: Option<StewardshipChange>,
}

/// A change that a steward made.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct StewardshipChange {
    /// When.
    changed_at: DateTime,
    /// The slug of the dataset that it is about.
    dataset: String,
    /// Who: the name of the key, or the subject of the token.
    steward: String,
    /// What they showed: the beginning of the key, such as `fb_7k2mq4xa`, or `token`.
    credential: String,
    /// What was changed: a key of the catalogue's file, such as `late_after_seconds`; `announcement` and its id;
    /// `quality_rules` and whose.
    what: String,
    /// What stewards said of it before, as JSON; null where they had said nothing.
    before: Option<String>,
    /// What they say of it since, as JSON; null where they took it back.
    after: Option<String>,
}

impl StewardshipChangeConnection {
    fn new(page: Page<Change>) -> Self {
        let at = |change: Option<&Change>| change.map(|change| cursor::of_change(change.id));
        let page_info = PageInfo {
            has_next_page: page.has_next,
            has_previous_page: page.has_previous,
            start_cursor: at(page.rows.first()),
            end_cursor: at(page.rows.last()),
        };
        let edges = page.rows.iter().map(|change| {
            Some(StewardshipChangeEdge {
                cursor: cursor::of_change(change.id),
                node: Some(change.clone().into()),
            })
        });
        Self {
            edges: Some(edges.collect()),
            nodes: page.rows.into_iter().map(Into::into).collect(),
            page_info,
        }
    }
}

impl From<Change> for StewardshipChange {
    fn from(change: Change) -> Self {
        Self {
            changed_at: DateTime(change.changed_at),
            dataset: change.dataset,
            steward: change.steward,
            credential: change.credential,
            what: change.what,
            before: change.before.map(|before| before.to_string()),
            after: change.after.map(|after| after.to_string()),
        }
    }
}
