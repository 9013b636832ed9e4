//! How much there is of a dataset, and of what time and place.

use chrono::{DateTime, Utc};

/// How much there is of a dataset, and of what time and place. What is not known, or does not apply, is `None`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extent {
    /// The times that its items are about.
    pub period: Option<Period>,
    /// The seconds between two items: the bucket of a rollup, the commonest interval of sensors.
    pub resolution_seconds: Option<f64>,
    /// Where its sensors stand.
    pub bounding_box: Option<BoundingBox>,
    /// How many sensors it is about.
    pub sensors: Option<u64>,
    /// The kinds of quantities that its sensors measure, in the words of QUDT, each once.
    pub quantity_kinds: Vec<String>,
    /// The units of its sensors as UCUM codes, each once.
    pub units: Vec<String>,
    /// How many items it has.
    pub rows: Option<Count>,
    /// How many bytes it takes where it lies, indexes included.
    pub bytes: Option<Count>,
}

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The earliest.
    pub from: DateTime<Utc>,
    /// The latest.
    pub to: DateTime<Utc>,
}

/// A number, and whether it is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The number.
    pub value: u64,
    /// Whether it was counted; otherwise it is about that.
    pub is_exact: bool,
}

/// A box of WGS 84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    /// The southernmost latitude.
    pub south: f64,
    /// The westernmost longitude.
    pub west: f64,
    /// The northernmost latitude.
    pub north: f64,
    /// The easternmost longitude.
    pub east: f64,
}
