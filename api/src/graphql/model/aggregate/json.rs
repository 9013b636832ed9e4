//! Buckets as JSON in one piece: the library takes a future and a map for each object of a list, which for 72,000
//! buckets costs many times what reading them does.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use entity::query::aggregates::Fraction;
use serde::Serialize;

use super::{Aggregate, selected};
use crate::buckets::{Grid, SensorBuckets, View};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;
use crate::graphql::{scalar, selection};
use crate::state::ApiState;

/// A list of [`Aggregate`]s in the schema.
pub(crate) struct Buckets {
    of: Arc<SensorBuckets>,
    view: Arc<View>,
}

impl Buckets {
    pub(crate) fn new(of: Arc<SensorBuckets>, view: Arc<View>) -> Self {
        Self { of, view }
    }

    /// The list, each bucket with these columns.
    fn write(&self, columns: &[Column]) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(self.of.shown(self.view.fill) * columns.len() * 24 + 2);
        out.push(b'[');
        let mut written = Ok(());
        self.of.each_in(&self.view, |bucket| {
            if written.is_ok() {
                if out.len() > 1 {
                    out.push(b',');
                }
                let aggregate = Aggregate::new(&self.of, &self.view, &bucket);
                written = object(&mut out, columns, &aggregate, &self.of.grid, bucket.number);
            }
        });
        written?;
        out.push(b']');
        Ok(out)
    }
}

impl OutputType for Buckets {
    fn type_name() -> Cow<'static, str> {
        Vec::<Aggregate>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<Aggregate>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<Aggregate>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let fields = selection::of(ctx);
        let values = (self.of.shown(self.view.fill) as u64).saturating_mul(fields.len() as u64);
        let limits = &ctx.data_unchecked::<ApiState>().options().limits;
        ctx.data_unchecked::<Arc<Asked>>()
            .take_bucket_values(values, limits)
            .and_then(|()| {
                let columns: Vec<Column> = fields
                    .iter()
                    .map(|field| Column::of(ctx, field))
                    .collect::<Result<_, _>>()?;
                self.write(&columns)
                    .map_err(|error| ApiError::Internal(Arc::new(error)))
            })
            .and_then(scalar::raw_json)
            .map_err(|error| {
                ctx.set_error_path(async_graphql::Error::from(error).into_server_error(field.pos))
            })
    }
}

/// A selected field: its key as it is written, and what it shows.
struct Column {
    key: Vec<u8>,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    TypeName,
    Start,
    End,
    TimeZone,
    Complete,
    Count,
    CountSuspect,
    CountFail,
    Completeness,
    Avg,
    Min,
    Max,
    Sum,
    First,
    Last,
    Stddev,
    TimeWeightedAvg,
    Integral,
    Increase,
    Percentile(Fraction),
}

impl Column {
    fn of(ctx: &ContextSelectionSet<'_>, field: &Field) -> Result<Self, ApiError> {
        let what = match field.name.node.as_str() {
            "__typename" => What::TypeName,
            "start" => What::Start,
            "end" => What::End,
            "timeZone" => What::TimeZone,
            "complete" => What::Complete,
            "count" => What::Count,
            "countSuspect" => What::CountSuspect,
            "countFail" => What::CountFail,
            "completeness" => What::Completeness,
            "avg" => What::Avg,
            "min" => What::Min,
            "max" => What::Max,
            "sum" => What::Sum,
            "first" => What::First,
            "last" => What::Last,
            "stddev" => What::Stddev,
            "timeWeightedAvg" => What::TimeWeightedAvg,
            "integral" => What::Integral,
            "increase" => What::Increase,
            "percentile" => What::Percentile(selected::fraction_of(ctx, field)?),
            // A test writes every field of the schema.
            other => {
                let error = io::Error::other(format!("write the field {other} of an aggregate"));
                return Err(ApiError::Internal(Arc::new(error)));
            }
        };
        let mut key = serde_json::to_vec(field.response_key().node.as_str())
            .map_err(|error| ApiError::Internal(Arc::new(error)))?;
        key.push(b':');
        Ok(Self { key, what })
    }
}

fn object(
    out: &mut Vec<u8>,
    columns: &[Column],
    aggregate: &Aggregate,
    grid: &Grid,
    number: usize,
) -> io::Result<()> {
    fn json(out: &mut Vec<u8>, value: impl Serialize) -> io::Result<()> {
        Ok(serde_json::to_writer(out, &value)?)
    }
    let mut before = b'{';
    for column in columns {
        out.push(before);
        before = b',';
        out.extend_from_slice(&column.key);
        match column.what {
            What::TypeName => json(out, "Aggregate"),
            What::Start => json(out, grid.text(number)),
            What::End => json(out, grid.text(number + 1)),
            What::TimeZone => json(out, aggregate.time_zone),
            What::Complete => json(out, aggregate.complete),
            What::Count => json(out, aggregate.count),
            What::CountSuspect => json(out, aggregate.count_suspect),
            What::CountFail => json(out, aggregate.count_fail),
            What::Completeness => json(out, aggregate.completeness),
            What::Avg => json(out, aggregate.avg),
            What::Min => json(out, aggregate.min),
            What::Max => json(out, aggregate.max),
            What::Sum => json(out, aggregate.sum),
            What::First => json(out, aggregate.first),
            What::Last => json(out, aggregate.last),
            What::Stddev => json(out, aggregate.stddev),
            What::TimeWeightedAvg => json(out, aggregate.time_weighted_avg),
            What::Integral => json(out, aggregate.integral),
            What::Increase => json(out, aggregate.increase),
            What::Percentile(fraction) => json(out, aggregate.percentile_at(fraction)),
        }?;
    }
    out.push(b'}');
    Ok(())
}
