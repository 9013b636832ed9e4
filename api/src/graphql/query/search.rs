//! `search`: what has these words in it.

use async_graphql::{Context, Object};

use crate::datasets;
use crate::graphql::error::ApiError;
use crate::graphql::model::SearchHit;
use crate::graphql::request::ContextExt as _;
use crate::search::{self, HITS_MAX};

#[derive(Default)]
pub(crate) struct SearchQuery;

/// Hits when the question does not say how many.
const FIRST: i32 = 20;

#[Object]
impl SearchQuery {
    /// Datasets, their fields and sensors by the words of their names, descriptions, types, units and labels, the best first:
    /// all that has each word of the text, or a word that begins with it; where nothing has, what has words like them. Who may
    /// not see sensors finds datasets.
    async fn search(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "What to look for: up to 16 words, in any case and order. Signs between them, quotes too, mean nothing."
        )]
        text: String,
        #[graphql(desc = "Hits at most, from 1 to 100.", default_with = "Some(FIRST)")] first: Option<i32>,
    ) -> Result<Vec<SearchHit>, ApiError> {
        let access = &ctx.asked().access;
        access.catalogue()?;
        let first = first.unwrap_or(FIRST);
        let first = u32::try_from(first)
            .ok()
            .filter(|first| (1..=HITS_MAX).contains(first))
            .ok_or_else(|| ApiError::InvalidArgument {
                argument: "first".to_owned(),
                message: format!("{first} is no number of hits"),
                accepted: format!("an integer from 1 to {HITS_MAX}"),
            })?;
        let seen = datasets::seen_by(ctx.state(), access).await?;
        let vocabulary = ctx.state().vocabulary();
        let hits = search::search(ctx.db(), vocabulary, &seen, access, &text, first, ctx.limits());
        Ok(hits.await?.into_iter().map(SearchHit).collect())
    }
}
