//! Lists of objects: written in one piece where nothing of them takes a resolver of its own, and left to the library
//! otherwise.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};

use super::error::ApiError;
use super::projection::{Plain, Projection};
use super::{scalar, selection};

/// What is in a list.
pub(crate) trait Listed: Send + Sync {
    /// One of its objects.
    type Object: OutputType;

    /// The list as JSON; `None` when a selected field takes a resolver of its own.
    fn in_one_piece(
        &self,
        ctx: &ContextSelectionSet<'_>,
    ) -> impl Future<Output = Result<Option<Value>, ApiError>> + Send;

    /// Its objects, for the library.
    fn objects(&self) -> Vec<Self::Object>;
}

/// `[T!]!` in the schema.
pub(crate) struct Nodes<L>(pub(crate) L);

/// `[T]` in the schema: nullable both ways, which is the one shape that BI drivers read.
pub(crate) struct Edges<L>(pub(crate) L);

impl<L: Listed> OutputType for Nodes<L> {
    fn type_name() -> Cow<'static, str> {
        Vec::<L::Object>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<L::Object>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<L::Object>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        resolve(&self.0, ctx, field).await
    }
}

impl<L: Listed> OutputType for Edges<L> {
    fn type_name() -> Cow<'static, str> {
        Option::<Vec<Option<L::Object>>>::type_name()
    }

    fn qualified_type_name() -> String {
        Option::<Vec<Option<L::Object>>>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Option::<Vec<Option<L::Object>>>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        // None of them is null, so what is written is the same.
        resolve(&self.0, ctx, field).await
    }
}

async fn resolve<L: Listed>(
    list: &L,
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
) -> ServerResult<Value> {
    match list.in_one_piece(ctx).await {
        Ok(Some(json)) => Ok(json),
        Ok(None) => list.objects().resolve(ctx, field).await,
        Err(error) => Err(scalar::failed(ctx, field, error)),
    }
}

/// Flat rows: tools that ask for them ask for many.
impl<T: Plain + OutputType + Clone> Listed for Vec<T> {
    type Object = T;

    async fn in_one_piece(&self, ctx: &ContextSelectionSet<'_>) -> Result<Option<Value>, ApiError> {
        let projection = Projection::<T>::of(&selection::selected(ctx));
        projection.map(|projection| projection.list(self)).transpose()
    }

    fn objects(&self) -> Vec<T> {
        self.clone()
    }
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
        async fn readings(&self) -> Nodes<Vec<ReadingRow>> {
            Nodes(reading_rows())
        }

        async fn readings_by_library(&self) -> Vec<ReadingRow> {
            reading_rows()
        }

        async fn reading_edges(&self) -> Edges<Vec<ReadingRowEdge>> {
            Edges(reading_rows().into_iter().map(ReadingRowEdge).collect())
        }

        async fn reading_edges_by_library(&self) -> Vec<ReadingRowEdge> {
            reading_rows().into_iter().map(ReadingRowEdge).collect()
        }

        async fn buckets(&self) -> Nodes<Vec<BucketRow>> {
            Nodes(bucket_rows())
        }

        async fn buckets_by_library(&self) -> Vec<BucketRow> {
            bucket_rows()
        }

        async fn bucket_edges(&self) -> Edges<Vec<BucketRowEdge>> {
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
