//! `lineage`: where the records of a dataset come from and go to, and whether they add up.

use async_graphql::{Context, Object};

use crate::datasets;
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::Lineage;
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct LineageQuery;

#[Object]
impl LineageQuery {
    /// Where the records of a dataset come from and where they go, from the broker to the API, with how many passed each
    /// step and whether they add up. Null when there is no dataset of that slug for the asker; what else of the way they may
    /// not see is left out. Whoever may see some sensors only sees the way without counts, which are of all sensors.
    async fn lineage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The dataset's part of an address, such as readings.")] dataset: String,
    ) -> Nullable<Lineage> {
        let found: Result<_, ApiError> = async {
            let access = &ctx.asked().access;
            access.catalogue()?;
            let seen = datasets::seen_by(ctx.state(), access).await?;
            Ok(seen.lineage(&dataset).map(|way| Lineage::new(&way, &seen)))
        }
        .await;
        found.transpose()
    }
}
