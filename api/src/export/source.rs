//! Where the rows of an export come from.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::query::readings::{ReadingFilter, Scan, ScanOf, TimeRange};
use entity::query::sensors::SensorFilter;
use entity::{FlagSet, Scope};

use super::buckets::{self, Buckets};
use super::parameters::{Parameters, Table};
use super::readings::{Converted, Readings};
use super::rows::{Rows, Shape};
use super::sensors::{SensorTable, SensorsOf};
use crate::access::Access;
use crate::ask::buckets::BucketArguments;
use crate::ask::range;
use crate::buckets::{BucketsIn, Choices, Fill, Walk};
use crate::graphql::error::ApiError;
use crate::state::ApiState;

/// How long a bucket is when the question does not say.
const BUCKET: &str = "PT1H";

/// Where rows come from.
#[derive(Debug)]
pub(super) enum Source {
    Readings(Box<Readings>),
    Buckets(Box<Buckets>),
}

impl Source {
    /// Checks a question, and reads its sensors; gives its range, too.
    pub(super) async fn prepare(
        state: &ApiState,
        access: &Access,
        parameters: Parameters,
        now: DateTime<Utc>,
    ) -> Result<(Self, TimeRange), ApiError> {
        match parameters.table {
            Table::Readings => {
                let range = range::of_rows(parameters.from, parameters.to, now)?;
                let readings = readings(state, access.data()?, parameters, range).await?;
                Ok((Self::Readings(Box::new(readings)), range))
            }
            Table::Buckets => {
                let range = range::of_buckets(parameters.from, parameters.to, now)?;
                let buckets = buckets(state, access, parameters, range, now).await?;
                Ok((Self::Buckets(Box::new(buckets)), range))
            }
        }
    }

    /// What its rows look like.
    pub(super) fn shape(&self) -> Arc<Shape> {
        Arc::clone(match self {
            Self::Readings(readings) => &readings.shape,
            Self::Buckets(buckets) => &buckets.shape,
        })
    }

    /// The next rows; `None` after the last.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>, ApiError> {
        match self {
            Self::Readings(readings) => Ok(readings.next().await?),
            Self::Buckets(buckets) => buckets.next().await,
        }
    }
}

async fn readings(
    state: &ApiState,
    scope: &Scope,
    parameters: Parameters,
    range: TimeRange,
) -> Result<Readings, ApiError> {
    let (filter, sensors) = sensors(state, scope, &parameters).await?;
    let own = parameters.columns.own();
    let (min, max) = (parameters.value_min, parameters.value_max);
    // Bounds are of the values that the file has.
    let (conversion, bounds) = match parameters.unit {
        Some(_) => (Converted::Within { min, max }, (None, None)),
        None => (Converted::No, (min, max)),
    };
    let of = ScanOf {
        sensors: (filter != SensorFilter::default()).then(|| sensors.ids()),
        range,
        filter: ReadingFilter {
            flags: parameters.flags,
            value_min: bounds.0,
            value_max: bounds.1,
        },
        with_received: own.contains(&"received_at"),
    };
    Ok(Readings {
        shape: Arc::new(Readings::shape(&parameters.columns, sensors)),
        own,
        scan: Scan::new(state.db(), scope, of),
        conversion,
    })
}

async fn buckets(
    state: &ApiState,
    access: &Access,
    parameters: Parameters,
    range: TimeRange,
    now: DateTime<Utc>,
) -> Result<Buckets, ApiError> {
    let scope = access.data()?;
    let arguments = BucketArguments {
        bucket: parameters.bucket.as_deref().unwrap_or(BUCKET),
        time_zone: ("time_zone", parameters.time_zone.as_deref()),
    };
    let bucketing = arguments.check(state.options().time_zone)?;
    let own = parameters.columns.own();
    let flags = parameters.flags.as_deref();
    let choices = Choices {
        fill: parameters.fill.unwrap_or(Fill::None),
        completeness_min: ("min_completeness", parameters.min_completeness),
        include_failed: parameters.include_failed.unwrap_or(false),
        flags: flags.map_or(FlagSet::SERVED, |flags| {
            flags.iter().copied().fold(FlagSet::NONE, FlagSet::with)
        }),
        unit: parameters.unit.clone(),
        numbers: buckets::numbers(&own),
        fractions: Arc::default(),
    };
    let question = choices.check(bucketing, range)?;
    let (sensors_of, sensors) = sensors(state, scope, &parameters).await?;
    let of = BucketsIn {
        sensors: sensors_of,
        question,
    };
    of.check_longest(&state.options().limits)?;
    Ok(Buckets {
        shape: Arc::new(Buckets::shape(&parameters.columns, sensors, &of)),
        own,
        state: state.clone(),
        access: access.clone(),
        scope: scope.clone(),
        of,
        at: now,
        next: Some(Walk::start()),
        growth: 1,
    })
}

/// The sensors of an export, and the filter that chose them.
async fn sensors(
    state: &ApiState,
    scope: &Scope,
    parameters: &Parameters,
) -> Result<(SensorFilter, SensorTable), ApiError> {
    let limits = &state.options().limits;
    let filter = parameters.sensors.filter(state.db(), scope, limits).await?;
    let of = SensorsOf {
        filter: &filter,
        sayings: parameters.columns.of_sensors(),
        unit: parameters.unit.as_deref(),
    };
    let table = SensorTable::read(state.db(), scope, of, limits).await?;
    Ok((filter, table))
}
