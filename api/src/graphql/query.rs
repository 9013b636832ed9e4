//! The roots, a file each.

mod access_requests;
mod aggregates;
pub(crate) mod bucket_rows;
mod datasets;
mod freshness;
mod incidents;
pub(crate) mod keys;
mod latest;
mod lineage;
mod quality;
pub(crate) mod quality_rules;
mod quarantine;
pub(crate) mod reading_rows;
pub(crate) mod readings;
mod search;
mod segments;
mod sensor;
mod sensors;
mod series;
mod service;
mod stewardship;
mod units;

use async_graphql::MergedObject;

pub(crate) use self::readings::FIRST as READINGS_FIRST;

/// Sensors, their readings and the service itself.
///
/// Which one do I take? `latest` for the newest reading of each sensor; `series` for columns of times and values, to
/// draw or to calculate; `aggregates` for means, extremes and counts an hour, a day or any other time; `readings` for
/// every reading, page by page; `readingRows` and `bucketRows` for tools that want flat tables; `sensors` for what is
/// measured, where and in which unit; `datasets` for what there is and what each field means; `lineage` for where it
/// comes from; `quarantine` for messages that could not be used; `search` for any of these by words; `units` for the ways
/// between units; `keys` and `accessRequests` for what is the asker's own; `service` for limits and the version.
#[derive(Default, MergedObject)]
pub(crate) struct Query(
    sensor::SensorQuery,
    sensors::SensorsQuery,
    readings::ReadingsQuery,
    series::SeriesQuery,
    aggregates::AggregatesQuery,
    latest::LatestQuery,
    reading_rows::ReadingRowsQuery,
    bucket_rows::BucketRowsQuery,
    datasets::DatasetsQuery,
    freshness::FreshnessQuery,
    incidents::IncidentsQuery,
    quality_rules::QualityRulesQuery,
    stewardship::StewardshipQuery,
    search::SearchQuery,
    quality::QualityQuery,
    lineage::LineageQuery,
    segments::SegmentsQuery,
    units::UnitsQuery,
    quarantine::QuarantineQuery,
    keys::KeysQuery,
    access_requests::AccessRequestsQuery,
    service::ServiceQuery,
);
