//! Lists of flat rows, written in one piece: tools that ask for flat rows ask for many.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

use super::projection::{Plain, Projection};
use super::scalar;
use super::selection;

/// `[T!]!` in the schema.
pub(crate) struct Nodes<T>(pub(crate) Vec<T>);

/// `[T]` in the schema: nullable both ways, which is the one shape that BI drivers read.
pub(crate) struct Edges<T>(pub(crate) Vec<T>);

impl<T: Plain + OutputType> OutputType for Nodes<T> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        if let Some(json) = written(ctx, field, &self.0)? {
            return Ok(json);
        }
        self.0.resolve(ctx, field).await
    }
}

impl<T: Plain + OutputType> OutputType for Edges<T> {
    fn type_name() -> Cow<'static, str> {
        Option::<Vec<Option<T>>>::type_name()
    }

    fn qualified_type_name() -> String {
        Option::<Vec<Option<T>>>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Option::<Vec<Option<T>>>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        if let Some(json) = written(ctx, field, &self.0)? {
            return Ok(json);
        }
        let edges: Vec<Option<&T>> = self.0.iter().map(Some).collect();
        edges.resolve(ctx, field).await
    }
}

/// The rows as JSON; `None` when a selected field takes a resolver.
fn written<T: Plain>(
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
    rows: &[T],
) -> ServerResult<Option<Value>> {
    let Some(projection) = Projection::<T>::of(&selection::selected(ctx)) else {
        return Ok(None);
    };
    let written = projection.list(rows).map(Some);
    written.map_err(|error| scalar::failed(ctx, field, error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema};
    use chrono::{DateTime, TimeDelta};
    use entity::query::readings::{Reading, Receipt, TimeRange};
    use entity::query::sensors::{Range, Sensor, Unit};
    use entity::{QualityFlag, Zone};

    use super::*;
    use crate::buckets::{Bucket, FoundBucket, Grid, Levels};
    use crate::graphql::model::bucket_row::{BucketRow, BucketRowEdge};
    use crate::graphql::model::reading_row::{ReadingRow, ReadingRowEdge};

    /// The same rows in one piece and by the library.
    struct Query;

    #[Object]
    impl Query {
        async fn readings(&self) -> Nodes<ReadingRow> {
            Nodes(reading_rows())
        }

        async fn readings_by_library(&self) -> Vec<ReadingRow> {
            reading_rows()
        }

        async fn reading_edges(&self) -> Edges<ReadingRowEdge> {
            Edges(reading_rows().into_iter().map(ReadingRowEdge).collect())
        }

        async fn reading_edges_by_library(&self) -> Vec<ReadingRowEdge> {
            reading_rows().into_iter().map(ReadingRowEdge).collect()
        }

        async fn buckets(&self) -> Nodes<BucketRow> {
            Nodes(bucket_rows())
        }

        async fn buckets_by_library(&self) -> Vec<BucketRow> {
            bucket_rows()
        }

        async fn bucket_edges(&self) -> Edges<BucketRowEdge> {
            Edges(bucket_edges())
        }

        async fn bucket_edges_by_library(&self) -> Vec<BucketRowEdge> {
            bucket_edges()
        }
    }

    fn at(minute: i64) -> DateTime<chrono::Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute) + TimeDelta::microseconds(minute)
    }

    /// One that says all of it, and one that says as little as can be.
    fn sensors() -> [Arc<Sensor>; 2] {
        let silent = Sensor {
            id: 1,
            uuid: uuid::Uuid::from_u128(1),
            source: "plant".to_owned(),
            name: "z \"quoted\" \u{1} ü".to_owned(),
            kind: None,
            unit: None,
            description: None,
            location: None,
            range: Range::default(),
            labels: Vec::new(),
            declared: false,
            active_since: None,
            expected_interval_seconds: None,
        };
        let label = |key: &str| (key.to_owned(), format!("{key} 1"));
        let full = Sensor {
            kind: Some("temperature".to_owned()),
            unit: Some(Unit {
                declared: "C".to_owned(),
                ucum: Some("Cel".to_owned()),
                qudt: None,
                quantity_kind: None,
                symbol: None,
            }),
            labels: ["customer", "plant", "site"].map(label).into(),
            ..silent.clone()
        };
        [Arc::new(silent), Arc::new(full)]
    }

    fn reading_rows() -> Vec<ReadingRow> {
        let row = |(minute, sensor): (i64, Arc<Sensor>)| ReadingRow {
            reading: Reading {
                sensor_id: sensor.id,
                time: at(minute),
                value: [0.0, 1e300][usize::from(minute > 0)],
                flag: QualityFlag::Suspect,
                receipt: Receipt {
                    received_at: at(minute + 1),
                    journal_id: 1,
                    seq: 1,
                },
            },
            sensor,
        };
        (0..).zip(sensors()).map(row).collect()
    }

    fn bucket_rows() -> Vec<BucketRow> {
        let range = TimeRange {
            from: at(0),
            to: at(2),
        };
        let grid = Arc::new(Grid::new(vec![at(0), at(1), at(2)], range, at(9), Zone::UTC));
        let row = |(number, sensor): (usize, Arc<Sensor>)| {
            let value = 0.1 * f64::from(u8::try_from(number).unwrap());
            BucketRow(FoundBucket {
                sensor,
                grid: Arc::clone(&grid),
                bucket: Bucket {
                    number,
                    complete: true,
                    count: 3,
                    count_suspect: 2,
                    count_fail: 1,
                    completeness: None,
                    // What no sum can hold.
                    sum: Some(f64::NAN),
                    stddev: Some(value),
                    levels: (number > 0).then_some(Levels {
                        avg: value,
                        min: value - 1.0,
                        max: value + 1.0,
                        first: -value,
                        last: 1e-7,
                    }),
                    has_values: number > 0,
                    time_weighted_avg: None,
                    integral: None,
                    increase: None,
                },
            })
        };
        (0..).zip(sensors()).map(row).collect()
    }

    fn bucket_edges() -> Vec<BucketRowEdge> {
        bucket_rows()
            .into_iter()
            .map(|node| BucketRowEdge { node, to: at(9) })
            .collect()
    }

    #[tokio::test]
    async fn every_field_is_written_and_as_the_library_writes_it() {
        let schema = Schema::new(Query, EmptyMutation, EmptySubscription);
        for (row, list, edges) in [
            ("ReadingRow", "readings", "readingEdges"),
            ("BucketRow", "buckets", "bucketEdges"),
        ] {
            let asked = format!("{{ __type(name: \"{row}\") {{ fields {{ name }} }} }}");
            let fields = schema.execute(&asked).await.into_result().unwrap().data;
            let fields = fields.into_json().unwrap();
            let fields = fields["__type"]["fields"].as_array().unwrap();
            let names = fields.iter().map(|field| field["name"].as_str().unwrap());
            let all = names.chain(["__typename"]).collect::<Vec<_>>().join(" ");
            for (list, selection) in [
                (list, all.clone()),
                (edges, format!("cursor __typename node {{ {all} }}")),
            ] {
                let answer = async |list: &str| {
                    let asked = format!("{{ list: {list} {{ {selection} }} }}");
                    let data = schema.execute(&asked).await.into_result().unwrap().data;
                    serde_json::to_string(&data).unwrap()
                };
                let (ours, theirs) = (answer(list).await, answer(&format!("{list}ByLibrary")).await);
                assert_eq!(ours, theirs);
                assert!(ours.contains("\"__typename\""), "{ours}");
            }
        }
    }
}
