//! What a question may say, the same for GraphQL and REST: times, ranges, pages, cursors, units, places, bounds, sensors by name.

pub(crate) mod buckets;
pub(crate) mod cursor;
pub(crate) mod days;
pub(crate) mod named;
pub(crate) mod page;
pub(crate) mod places;
pub(crate) mod quality;
pub(crate) mod quarantine;
pub(crate) mod range;
pub(crate) mod sensors;
pub(crate) mod time;
pub(crate) mod units;
pub(crate) mod values;
