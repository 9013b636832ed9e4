//! `units`: the units that are understood.

use async_graphql::{Context, Object};
use entity::unit::Known;

use crate::graphql::error::ApiError;
use crate::graphql::model::KnownUnit;
use crate::graphql::request::ContextExt as _;

#[derive(Default)]
pub(crate) struct UnitsQuery;

#[Object]
impl UnitsQuery {
    /// The units that are understood, and the ways between them: what `unit` may say where values are asked for.
    #[expect(clippy::unused_async, reason = "a resolver")]
    async fn units(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Those of this kind of quantity, in the words of QUDT, such as `Temperature`. Default: all."
        )]
        quantity_kind: Option<String>,
    ) -> Result<Vec<KnownUnit>, ApiError> {
        ctx.asked().access.catalogue()?;
        let is_asked = |unit: &Known| {
            quantity_kind
                .as_deref()
                .is_none_or(|kind| unit.quantity_kind() == kind)
        };
        Ok(Known::all().filter(is_asked).map(KnownUnit).collect())
    }
}
