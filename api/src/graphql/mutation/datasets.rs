//! `describeDataset` and `setPromise`: what stewards say in place of the catalogue's file.

use async_graphql::{Context, InputObject, MaybeUndefined, Object};
use catalogue::stewardship::describe;
use serde::Serialize;

use super::{refused, renewed, steward_of, words};
use crate::graphql::error::ApiError;
use crate::graphql::model::Dataset;
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct DatasetsMutation;

#[Object]
impl DatasetsMutation {
    /// Says what a dataset is and who answers for it, in place of the catalogue's file, word by word: what is left out stays
    /// as it is, null goes back to what the file says. For stewards to whom the dataset is open as a whole.
    async fn describe_dataset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The dataset's slug.")] slug: String,
        #[graphql(desc = "What is said.")] input: DatasetDescriptionInput,
    ) -> Result<Dataset, ApiError> {
        say(ctx, &slug, &input).await
    }

    /// Says what is promised of a dataset, in place of the catalogue's file: what is left out stays as it is, null goes back
    /// to what the file says. For stewards to whom the dataset is open as a whole.
    async fn set_promise(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The dataset's slug.")] slug: String,
        #[graphql(desc = "What is promised.")] input: PromiseInput,
    ) -> Result<Dataset, ApiError> {
        say(ctx, &slug, &input).await
    }
}

async fn say(ctx: &Context<'_>, slug: &str, input: &impl Serialize) -> Result<Dataset, ApiError> {
    let steward = steward_of(ctx, "slug", slug).await?;
    let annotations = &ctx.state().options().annotations;
    let words = words(input);
    let said = describe(ctx.db(), annotations, steward, slug, &words, ctx.asked().at);
    said.await.map_err(refused)?;
    let seen = Dataset::seen(&renewed(ctx).await?);
    let found = seen.into_iter().find(|dataset| dataset.described().slug == slug);
    found.ok_or_else(|| ApiError::NotFound {
        argument: "slug",
        message: format!("there is no dataset {slug:?} any more; what was said of it is kept"),
    })
}

/// What a steward says of a dataset. What is left out stays as it is; null goes back to what the catalogue's file says.
#[derive(Debug, InputObject, Serialize)]
struct DatasetDescriptionInput {
    /// A heading: one line of up to 200 characters.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    title: MaybeUndefined<String>,
    /// What one item of it is, in up to 10,000 characters.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    description: MaybeUndefined<String>,
    /// Words to find it by, besides those of its table's comment: up to 50 of up to 100 characters.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    keywords: MaybeUndefined<Vec<String>>,
    /// Who answers for it.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    owner: MaybeUndefined<PartyInput>,
    /// Whom to ask.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    contact: MaybeUndefined<PartyInput>,
    /// On which terms it may be used.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    licence: MaybeUndefined<LicenceInput>,
}

/// A person, team or organisation, as a whole: what is left out is not known of it.
#[derive(Debug, InputObject, Serialize)]
struct PartyInput {
    /// Its name: one line of up to 200 characters.
    name: String,
    /// Where to write to, such as `data@example.com`.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// Its page, an address that begins with `https://` or `http://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<String>,
}

/// Terms of use.
#[derive(Debug, InputObject, Serialize)]
struct LicenceInput {
    /// Its name, such as `CC BY 4.0`: one line of up to 200 characters.
    name: String,
    /// Where its text stands, an address that begins with `https://` or `http://`.
    url: String,
}

/// What a steward promises of a dataset. What is left out stays as it is; null goes back to what the catalogue's file says.
#[derive(Debug, InputObject, Serialize)]
struct PromiseInput {
    /// It is late when older than so many seconds, above 0.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    late_after_seconds: MaybeUndefined<f64>,
    /// It is stale when older than so many seconds, at least `lateAfterSeconds`.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    stale_after_seconds: MaybeUndefined<f64>,
    /// At least this share of what is expected is there, from 0 to 1.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    completeness: MaybeUndefined<f64>,
    /// It is kept for so many seconds, above 0.
    #[serde(skip_serializing_if = "MaybeUndefined::is_undefined")]
    retention_seconds: MaybeUndefined<f64>,
}
