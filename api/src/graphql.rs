//! The schema: roots under `query`, types under `model`.

pub(crate) mod batch;
pub(crate) mod document;
pub(crate) mod error;
mod flat;
pub(crate) mod model;
pub(crate) mod query;
pub(crate) mod request;
pub(crate) mod scalar;
mod selection;

use async_graphql::{EmptyMutation, EmptySubscription, SDLExportOptions};

use self::query::Query;

/// The schema, ready to answer.
pub(crate) type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// Builds the schema. Limits are checked by [`document`] before the library sees a document: the library's own
/// name no numbers, and expand fragments without remembering them.
pub(crate) fn schema() -> Schema {
    Schema::build(Query::default(), EmptyMutation, EmptySubscription)
        .limit_recursive_depth(document::NESTING_MAX)
        .finish()
}

/// The schema in the schema definition language.
pub fn sdl() -> String {
    schema().sdl_with_options(
        SDLExportOptions::new()
            .prefer_single_line_descriptions()
            .include_specified_by()
            .use_space_ident(),
    )
}
