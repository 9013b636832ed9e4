//! `service`: what answers here.

use async_graphql::{Context, Object};

use crate::graphql::error::ApiError;
use crate::graphql::model::Service;
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct ServiceQuery;

#[Object]
impl ServiceQuery {
    /// What answers here: version, database, limits, time zone, datasets.
    #[expect(clippy::unused_async, reason = "a resolver")]
    async fn service(&self, ctx: &Context<'_>) -> Result<Service, ApiError> {
        ctx.asked().access.catalogue()?;
        Ok(Service::default())
    }
}
