//! The schema: roots under `query` and `mutation`, types under `model`.

pub(crate) mod batch;
pub(crate) mod document;
pub(crate) mod error;
mod list;
pub(crate) mod model;
mod mutation;
pub(crate) mod projection;
pub(crate) mod query;
pub(crate) mod request;
pub(crate) mod scalar;
mod selection;
pub(crate) mod subscription;
pub(crate) mod types;

use async_graphql::{EmptyMutation, EmptySubscription, SDLExportOptions, ValidationMode};

use self::mutation::Mutation;
use self::query::Query;
use self::subscription::Subscription;

/// The schema, ready to answer.
pub(crate) type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// What an event of a subscription is answered with: its fields are the roots.
pub(crate) type EventSchema = async_graphql::Schema<Subscription, EmptyMutation, EmptySubscription>;

/// Builds the schema. Limits are checked by [`document`] before the library sees a document: the library's own
/// name no numbers, and expand fragments without remembering them.
pub(crate) fn schema() -> Schema {
    Schema::build(Query::default(), Mutation::default(), Subscription)
        .limit_recursive_depth(document::NESTING_MAX)
        .finish()
}

/// Builds the schema of events. An operation is validated once, by the other schema, before its first event.
pub(crate) fn event_schema() -> EventSchema {
    EventSchema::build(Subscription, EmptyMutation, EmptySubscription)
        .limit_recursive_depth(document::NESTING_MAX)
        .validation_mode(ValidationMode::Fast)
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
