//! The order of readings.

use async_graphql::Enum;

/// The order of readings, by time and then by sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "entity::query::readings::Direction")]
pub(crate) enum Direction {
    /// Oldest first.
    Asc,
    /// Newest first.
    Desc,
}
