//! The buckets of an answer: their places, what is in them, and how empty ones are filled.
//!
//! A question's buckets are cut once, for all its sensors ([`Grid`]); what each sensor has in them is sparse
//! ([`SensorBuckets`]) until it is written ([`SensorBuckets::each_in`]), in the unit and with the filling of its [`View`].
//! Sensors that are grouped are merged before ([`group()`]). Lists without an end are read in blocks ([`Walk`]), and in
//! pages of as many as one needs ([`BucketsIn::page`]).

mod fill;
mod grid;
mod group;
mod page;
mod question;
mod read;
mod walk;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::query::aggregates::{Aggregate, Fraction};

use self::fill::Outside;

pub(crate) use self::fill::{Bucket, Fill, Levels, View};
pub(crate) use self::grid::Grid;
pub(crate) use self::group::{Grouped, group};
pub(crate) use self::page::BucketPage;
pub(crate) use self::question::{Choices, Question};
pub(crate) use self::read::{Before, BucketsOf, Details};
pub(crate) use self::walk::{BucketKey, BucketsIn, FoundBucket, GROWTH, PAGE_SHARE, Reader, Walk};

/// What one sensor, or a group of them, has in the buckets of a grid.
#[derive(Debug, Default)]
pub(crate) struct SensorBuckets {
    pub(crate) grid: Arc<Grid>,
    /// Those that hold readings, by number, ascending; where it was asked for, those that a line crosses, too.
    pub(crate) found: Vec<(usize, Aggregate)>,
    /// The last value before the range, where filling asks for it.
    pub(crate) before: Option<f64>,
    /// When that was.
    pub(crate) before_at: Option<DateTime<Utc>>,
    /// What fills them from outside, where they are a part of a range that is read in parts.
    pub(crate) outside: Outside,
    /// Of a group, for each of `found`: its readings of sensors whose interval is known.
    pub(crate) paced: Option<Vec<u64>>,
    pub(crate) percentiles: Percentiles,
}

/// The percentiles of buckets that hold readings.
#[derive(Debug, Default)]
pub(crate) struct Percentiles {
    pub(crate) fractions: Arc<[Fraction]>,
    /// By the number of the bucket, in the order of `fractions`.
    pub(crate) values: HashMap<usize, Vec<f64>>,
}

impl Percentiles {
    pub(crate) fn at(&self, bucket: usize, fraction: Fraction) -> Option<f64> {
        let place = self.fractions.iter().position(|known| *known == fraction)?;
        self.values.get(&bucket)?.get(place).copied()
    }
}
