//! The ways to get a dataset from the service.

use crate::model::{Distribution, Kind};

macro_rules! distribution {
    ($slug:literal, $title:literal, $description:literal, $path:expr, $media_type:literal, $is_download:literal) => {
        Distribution {
            slug: $slug,
            title: $title,
            description: $description,
            path: $path,
            media_type: $media_type,
            is_download: $is_download,
        }
    };
}

const GRAPHQL: Distribution = distribution!(
    "graphql",
    "GraphQL",
    "Any part of it, in the shape that a question names.",
    "/graphql",
    "application/json",
    false
);

const fn odata(path: &'static str) -> Distribution {
    distribution!(
        "odata",
        "OData",
        "For Excel, Power BI and Tableau.",
        path,
        "application/json",
        false
    )
}

const READINGS: &[Distribution] = &[
    distribution!(
        "csv",
        "CSV",
        "The whole table as text, one line for each reading.",
        "/export/readings.csv",
        "text/csv",
        true
    ),
    distribution!(
        "parquet",
        "Parquet",
        "The whole table with its types, in compressed columns.",
        "/export/readings.parquet",
        "application/vnd.apache.parquet",
        true
    ),
    distribution!(
        "arrow",
        "Arrow",
        "The whole table as a stream of record batches.",
        "/export/readings.arrow",
        "application/vnd.apache.arrow.stream",
        true
    ),
    distribution!(
        "ndjson",
        "NDJSON",
        "The whole table as text, one JSON object for each reading.",
        "/export/readings.ndjson",
        "application/x-ndjson",
        true
    ),
    GRAPHQL,
    odata("/odata/v4/Readings"),
];

/// The exports of buckets, whose size is a parameter of the path.
macro_rules! buckets {
    ($bucket:literal) => {
        &[
            distribution!(
                "csv",
                "CSV",
                "The whole table as text, one line for each bucket.",
                concat!("/export/buckets.csv?bucket=", $bucket),
                "text/csv",
                true
            ),
            distribution!(
                "parquet",
                "Parquet",
                "The whole table with its types, in compressed columns.",
                concat!("/export/buckets.parquet?bucket=", $bucket),
                "application/vnd.apache.parquet",
                true
            ),
            GRAPHQL,
            odata("/odata/v4/Buckets"),
        ]
    };
}

const MINUTES: &[Distribution] = buckets!("PT1M");
const HOURS: &[Distribution] = buckets!("PT1H");
const DAYS: &[Distribution] = buckets!("P1D");

const SENSORS: &[Distribution] = &[
    distribution!(
        "json",
        "JSON",
        "Every sensor with its latest reading.",
        "/sensors/",
        "application/json",
        true
    ),
    GRAPHQL,
    odata("/odata/v4/Sensors"),
];

/// The ways to get the dataset of this slug and kind.
pub(crate) fn of(slug: &str, kind: Kind) -> Vec<Distribution> {
    let ways = match (slug, kind) {
        ("readings", Kind::Readings) => READINGS,
        ("readings-1m", Kind::Rollup) => MINUTES,
        ("readings-1h", Kind::Rollup) => HOURS,
        ("readings-1d", Kind::Rollup) => DAYS,
        ("sensors", Kind::Sensors) => SENSORS,
        _ => &[],
    };
    ways.to_vec()
}
