//! `dataset` and `datasets`: what there is.

use async_graphql::{Context, Object, SimpleObject};

use crate::ask::sensors::check_text;
use crate::ask::{cursor, page};
use crate::datasets;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::{Count, Dataset, DatasetFilter, PageInfo};
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct DatasetsQuery;

/// Datasets of a page when the question does not say.
const FIRST: i32 = 100;

#[Object]
impl DatasetsQuery {
    /// One dataset; null when there is none of that slug for the asker.
    async fn dataset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its part of an address, such as readings.")] slug: String,
    ) -> Nullable<Dataset> {
        let found = all(ctx).await;
        found
            .map(|all| all.into_iter().find(|dataset| dataset.described().slug == slug))
            .transpose()
    }

    /// The datasets that there are for the asker, in pages: those whose data is open to them, and of the rest what the
    /// operator lists. In the order in which a message passes through them; tables that were found besides come last.
    async fn datasets(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which datasets. Default: all.")] filter: Option<DatasetFilter>,
        #[graphql(desc = "Datasets of a page, from 1 to 10,000.", default_with = "Some(FIRST)")]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<DatasetConnection> {
        let found: Result<_, ApiError> = async {
            let first = page::rows("first", first.unwrap_or(FIRST), ctx.limits())?;
            let filter = filter.unwrap_or_default();
            if let Some(text) = filter.text() {
                check_text("filter.text", text, ctx.limits())?;
            }
            let mut all = all(ctx).await?;
            all.retain(|dataset| filter.matches(dataset));
            let after = after
                .map(|after| {
                    let slug = cursor::to_dataset("after", &after)?;
                    let place = all.iter().position(|dataset| dataset.described().slug == slug);
                    place.ok_or_else(|| cursor::refused("after", "a list of the same datasets"))
                })
                .transpose()?;
            Ok(Some(DatasetConnection::new(all, after, first)))
        }
        .await;
        found.transpose()
    }
}

async fn all(ctx: &Context<'_>) -> Result<Vec<Dataset>, ApiError> {
    let access = &ctx.asked().access;
    access.catalogue()?;
    Ok(Dataset::seen(&datasets::seen_by(ctx.state(), access).await?))
}

/// A page of datasets.
#[derive(Debug, SimpleObject)]
pub(crate) struct DatasetConnection {
    /// The datasets with their cursors.
    edges: Option<Vec<Option<DatasetEdge>>>,
    /// The datasets.
    nodes: Vec<Dataset>,
    /// Where this page lies.
    page_info: PageInfo,
    /// How many there are on all pages.
    total_count: Option<Count>,
}

/// A dataset and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct DatasetEdge {
    /// Its place, for `after`.
    cursor: String,
    /// The dataset.
    node: Option<Dataset>,
}

impl DatasetConnection {
    /// The page of `first` datasets after the one at place `after`.
    fn new(all: Vec<Dataset>, after: Option<usize>, first: u64) -> Self {
        let begin = after.map_or(0, |after| after + 1);
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        let total = all.len();
        let nodes: Vec<Dataset> = all.into_iter().skip(begin).take(first).collect();
        let cursor = |dataset: &Dataset| cursor::of_dataset(&dataset.described().slug);
        Self {
            page_info: PageInfo {
                has_next_page: begin + nodes.len() < total,
                has_previous_page: begin > 0,
                start_cursor: nodes.first().map(cursor),
                end_cursor: nodes.last().map(cursor),
            },
            edges: Some(
                nodes
                    .iter()
                    .map(|dataset| {
                        Some(DatasetEdge {
                            cursor: cursor(dataset),
                            node: Some(dataset.clone()),
                        })
                    })
                    .collect(),
            ),
            nodes,
            total_count: Some(Count::exactly(total)),
        }
    }
}
