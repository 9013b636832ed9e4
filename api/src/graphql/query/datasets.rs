//! `dataset` and `datasets`: what there is.

use async_graphql::{Context, Object, SimpleObject};

use crate::ask::sensors::check_text;
use crate::ask::{cursor, page};
use crate::datasets::{self, Seen};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::{Count, Dataset, DatasetFacets, DatasetFilter, PageInfo};
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
        let found = seen(ctx).await;
        found.map(|seen| Dataset::of(&seen, &slug)).transpose()
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
            let all = Dataset::seen(&seen(ctx).await?);
            let matching: Vec<&Dataset> = all.iter().filter(|dataset| filter.matches(dataset)).collect();
            let after = after
                .map(|after| {
                    let slug = cursor::to_dataset("after", &after)?;
                    let place = matching
                        .iter()
                        .position(|dataset| dataset.described().slug == slug);
                    place.ok_or_else(|| cursor::refused("after", "a list of the same datasets"))
                })
                .transpose()?;
            let begin = after.map_or(0, |after| after + 1);
            let first = usize::try_from(first).unwrap_or(usize::MAX);
            let page = matching.iter().skip(begin).take(first);
            Ok(Some(DatasetConnection {
                page: page.map(|&dataset| dataset.clone()).collect(),
                begin,
                total: matching.len(),
                all,
                filter,
            }))
        }
        .await;
        found.transpose()
    }
}

async fn seen(ctx: &Context<'_>) -> Result<Seen, ApiError> {
    let access = &ctx.asked().access;
    access.catalogue()?;
    Ok(datasets::seen_by(ctx.state(), access).await?)
}

/// A page of datasets.
#[derive(Debug)]
pub(crate) struct DatasetConnection {
    page: Vec<Dataset>,
    begin: usize,
    /// How many there are on all pages.
    total: usize,
    /// All that the asker sees, of which facets are counted.
    all: Vec<Dataset>,
    filter: DatasetFilter,
}

/// A page of datasets.
#[Object]
impl DatasetConnection {
    /// The datasets with their cursors.
    async fn edges(&self) -> Option<Vec<Option<DatasetEdge>>> {
        let edge = |dataset: &Dataset| DatasetEdge {
            cursor: place(dataset),
            node: Some(dataset.clone()),
        };
        Some(self.page.iter().map(|dataset| Some(edge(dataset))).collect())
    }

    /// The datasets.
    async fn nodes(&self) -> &[Dataset] {
        &self.page
    }

    /// Where this page lies.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.begin + self.page.len() < self.total,
            has_previous_page: self.begin > 0,
            start_cursor: self.page.first().map(place),
            end_cursor: self.page.last().map(place),
        }
    }

    /// How many there are on all pages.
    async fn total_count(&self) -> Option<Count> {
        Some(Count::exactly(self.total))
    }

    /// How many datasets have what, to narrow the filter by: of all pages, and of those that the asker sees.
    async fn facets(&self) -> DatasetFacets {
        DatasetFacets::of(&self.all, &self.filter)
    }
}

/// A dataset and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct DatasetEdge {
    /// Its place, for `after`.
    cursor: String,
    /// The dataset.
    node: Option<Dataset>,
}

fn place(dataset: &Dataset) -> String {
    cursor::of_dataset(&dataset.described().slug)
}
