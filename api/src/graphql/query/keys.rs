//! `keys`: the asker's own.

use async_graphql::{Context, Object};
use entity::keys;

use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::model::OwnKey;
use crate::graphql::request::ContextExt as _;

/// Keys that are shown at most: all that are good, for there are fewer, and the newest of the others.
pub(crate) const SHOWN_MAX: u32 = 200;

#[derive(Default)]
pub(crate) struct KeysQuery;

#[Object]
impl KeysQuery {
    /// The keys that the asker made (`createKey`), those that are good first, then the newest first, 200 at most; never the
    /// keys themselves. For whoever is known, but not for a key that was so made.
    async fn keys(&self, ctx: &Context<'_>) -> Nullable<Vec<OwnKey>> {
        let found: Result<_, ApiError> = async {
            let owner = ctx.asked().access.holder()?;
            let at = ctx.asked().at;
            let made = keys::made_by(ctx.db(), &owner, at, SHOWN_MAX).await?;
            Ok(Some(made.into_iter().map(|key| OwnKey::new(key, at)).collect()))
        }
        .await;
        found.transpose()
    }
}
