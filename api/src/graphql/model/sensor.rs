//! Sensors and their pages.

mod list;
mod plain;
mod readings;
pub(crate) mod version;

use std::sync::Arc;

use async_graphql::{Context, ID, Object, SimpleObject};
use entity::query::page::Page;
use entity::query::sensors::{self, Sensor as Row, SensorFilter, SensorOrder};

use self::list::{Rows, SensorEdges, SensorNodes};
use self::readings::{ReadingsArguments, takes_receipts};
use self::version::{SensorVersionConnection, VersionsArguments};
use super::{
    Buckets, Count, Dataset, Direction, Freshness, PageInfo, QualityFlag, QualityReport, Reading,
    ReadingConnection, Series, series,
};
use crate::ask::units::Shown;
use crate::ask::{self, range};
use crate::buckets::Fill;
use crate::datasets;
use crate::graphql::batch::{LatestKey, OfSensor, Quality, ReadingsBuckets, ReadingsColumns};
use crate::graphql::error::{ApiError, Nullable};
use crate::graphql::list::{Edges, Nodes};
use crate::graphql::model::aggregate::{Arguments, Selected};
use crate::graphql::query::READINGS_FIRST;
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::{DateTime, Duration};
use crate::graphql::selection;

/// One sensor.
#[derive(Debug, Clone)]
pub(crate) struct Sensor(pub(crate) Arc<Row>);

impl Sensor {
    fn declared_unit(&self) -> Option<Unit> {
        let unit = self.0.unit.clone()?;
        let integral = Shown::own(&self.0).integral_unit().map(str::to_owned);
        Some(Unit::new(unit, integral))
    }

    fn declared_location(&self) -> Option<Location> {
        self.0.location.map(|point| Location {
            lat: point.lat,
            lng: point.lng,
        })
    }

    fn declared_range(&self) -> Option<Range> {
        let range = self.0.range;
        (range.min.is_some() || range.max.is_some()).then_some(Range {
            min: range.min,
            max: range.max,
        })
    }

    fn declared_labels(&self) -> impl Iterator<Item = Label> {
        self.0.labels.iter().map(|(key, value)| Label {
            key: key.clone(),
            value: value.clone(),
        })
    }
}

/// Something that measures one quantity in one place.
#[Object]
impl Sensor {
    /// Its id: the same wherever a sensor of this source and name is registered.
    async fn id(&self) -> ID {
        self.0.uuid.into()
    }

    /// Its name, exactly as in its messages.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The source whose messages name it.
    async fn source(&self) -> &str {
        &self.0.source
    }

    /// What it measures, such as `temperature`; null when nobody declared it.
    #[graphql(name = "type")]
    async fn kind(&self) -> Option<&str> {
        self.0.kind.as_deref()
    }

    /// The unit of its values; null when nobody declared it.
    async fn unit(&self) -> Option<Unit> {
        self.declared_unit()
    }

    /// Where it stands or what it watches, in the operator's words.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Where it is; null when nobody declared it.
    async fn location(&self) -> Option<Location> {
        self.declared_location()
    }

    /// The values that the sensor can report; readings outside are flagged `FAIL`. Null when nobody declared it.
    async fn range(&self) -> Option<Range> {
        self.declared_range()
    }

    /// Site, plant, customer and whatever else the operator declared, sorted by key.
    async fn labels(&self) -> Vec<Label> {
        self.declared_labels().collect()
    }

    /// Whether a sensor list declares it; otherwise its first message registered it.
    async fn declared(&self) -> bool {
        self.0.declared
    }

    /// How fresh its readings are.
    async fn freshness(&self, ctx: &Context<'_>) -> Result<Freshness, ApiError> {
        let snapshot = ctx.state().catalogue().snapshot().await?;
        Ok(Freshness::of_sensor(self.clone(), snapshot.sensor(self.0.id)))
    }

    /// How it was described over time, in pages, the newest first: a version for each sensor list that changed something of
    /// it. Without any it was never declared.
    async fn versions(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Versions that were in force at or after this instant. Default: from the first one on."
        )]
        from: Option<DateTime>,
        #[graphql(desc = "Versions that were in force before this instant. Default: up to the newest one.")]
        to: Option<DateTime>,
        #[graphql(
            desc = "Versions of a page, from 1 to 10,000.",
            default_with = "Some(version::FIRST)"
        )]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<SensorVersionConnection> {
        let found: Result<Option<SensorVersionConnection>, ApiError> = async {
            ctx.sensor_scope()?;
            let arguments = VersionsArguments {
                from,
                to,
                first,
                after,
            };
            let (sensor_id, what) = (self.0.id, arguments.check(ctx)?);
            let page = ctx.loaders().load_one(OfSensor { sensor_id, what }).await?;
            let page = page.unwrap_or_else(Page::empty);
            Ok(Some(SensorVersionConnection::new(&self.0, page)))
        }
        .await;
        found.transpose()
    }

    /// The dataset that its readings are in; null when that is hidden from the asker.
    async fn dataset(&self, ctx: &Context<'_>) -> Nullable<Dataset> {
        let found: Result<Option<Dataset>, ApiError> = async {
            let access = &ctx.asked().access;
            access.catalogue()?;
            let seen = datasets::seen_by(ctx.state(), access).await?;
            Ok(Dataset::of(&seen, datasets::READINGS))
        }
        .await;
        found.transpose()
    }

    /// How good its readings are in a time of up to 31 days; measured for this answer.
    async fn quality(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first instant. Default: 24 hours before `to`.")] from: Option<DateTime>,
        #[graphql(desc = "The first instant that does not belong to it any more. Default: now.")] to: Option<
            DateTime,
        >,
    ) -> Result<QualityReport, ApiError> {
        ctx.scope()?;
        let (from, to) = (from.map(|from| from.0), to.map(|to| to.0));
        let range = range::of_rows(from, to, ctx.asked().at)?;
        ask::quality::windows(range, None, ctx.limits())?;
        let (sensor_id, what) = (self.0.id, Quality::from(range));
        let found = ctx.loaders().load_one(OfSensor { sensor_id, what }).await?;
        let found = found.ok_or_else(|| ApiError::NotFound {
            argument: "sensor",
            message: format!("there are no readings of {:?}", self.0.name),
        })?;
        Ok(QualityReport::of_sensor(self.clone(), &found, ctx.asked().at))
    }

    /// Since when it is known to be there.
    async fn active_since(&self) -> Option<DateTime> {
        self.0.active_since.map(DateTime)
    }

    /// Seconds between two readings, as declared or learnt.
    async fn expected_interval_seconds(&self) -> Option<f64> {
        self.0.expected_interval_seconds
    }

    /// Its newest reading; null while it has none.
    async fn latest(&self, ctx: &Context<'_>) -> Nullable<Reading> {
        let found: Result<Option<Reading>, ApiError> = async {
            ctx.scope()?;
            let row = ctx.loaders().load_one(LatestKey(self.0.id)).await?;
            Ok(row.map(|row| Reading {
                row: row.into(),
                sensor: Some(Arc::clone(&self.0)),
            }))
        }
        .await;
        found.transpose()
    }

    /// Its readings row by row, in pages.
    async fn readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first instant. Default: 24 hours before `to`.")] from: Option<DateTime>,
        #[graphql(desc = "The first instant that does not belong to it any more. Default: now.")] to: Option<
            DateTime,
        >,
        #[graphql(desc = "Oldest or newest first.", default_with = "Some(Direction::Asc)")] order: Option<
            Direction,
        >,
        #[graphql(
            desc = "Readings of a page, from 1 to 10,000.",
            default_with = "Some(READINGS_FIRST)"
        )]
        first: Option<i32>,
        #[graphql(desc = "Go on after this cursor: pageInfo.endCursor of the page before.")] after: Option<
            String,
        >,
    ) -> Nullable<ReadingConnection> {
        let found: Result<Option<ReadingConnection>, ApiError> = async {
            ctx.scope()?;
            let arguments = ReadingsArguments {
                from,
                to,
                order,
                first,
                after,
            };
            let what = arguments.check(ctx, takes_receipts(&selection::selected(ctx)))?;
            let sensor_id = self.0.id;
            let page = ctx.loaders().load_one(OfSensor { sensor_id, what }).await?;
            Ok(Some(readings::connection(&self.0, what, page)))
        }
        .await;
        found.transpose()
    }

    /// Its readings in columns.
    async fn series(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first instant.")] from: DateTime,
        #[graphql(desc = "The first instant that does not belong to it any more.")] to: DateTime,
        #[graphql(
            desc = "Points of the series at most, from 2 to 10,000: of each slice of the range the lowest and \
                          the highest reading stay, so no peak is lost. Default: every reading, as long as one \
                          answer holds them."
        )]
        max_points: Option<i32>,
        #[graphql(
            desc = "The unit of the values: a UCUM code such as `K`, or another way to write it such as `°F`, of the same \
                    kind as the sensor's own. Default: the sensor's own."
        )]
        unit: Option<String>,
    ) -> Result<Series, ApiError> {
        ctx.scope()?;
        let range = range::between(from.0, to.0)?;
        let shown = Shown::of(&self.0, unit.as_deref(), ctx.limits())?;
        let points_max = series::points("maxPoints", max_points, ctx.limits())?;
        let what = ReadingsColumns {
            range: range.into(),
            points_max,
        };
        let columns = ctx
            .loaders()
            .load_one(OfSensor {
                sensor_id: self.0.id,
                what,
            })
            .await?;
        Ok(Series::new(
            Arc::clone(&self.0),
            columns.unwrap_or_default(),
            shown,
        ))
    }

    /// What its readings amount to in buckets of time, in order of time: as the query `aggregates` says it.
    #[expect(clippy::too_many_arguments, reason = "the arguments of the schema")]
    async fn aggregates(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The first instant whose readings count; the bucket that it lies in is shown as a whole."
        )]
        from: DateTime,
        #[graphql(desc = "The first instant whose readings do not count any more.")] to: DateTime,
        #[graphql(desc = "How long each bucket is.")] bucket: Duration,
        #[graphql(
            desc = "The IANA name of the zone whose clock and calendar the buckets follow, such as Europe/Zurich. \
                    Default: `service { timeZone }` for buckets of a day and more, UTC for smaller ones."
        )]
        time_zone: Option<String>,
        #[graphql(
            desc = "What to show of buckets without readings.",
            default_with = "Some(Fill::None)"
        )]
        fill: Option<Fill>,
        #[graphql(
            desc = "Buckets that are known to be less complete (`completeness`, from 0 to 1) are shown as if they had no \
                    values: their counts stay, and `fill` fills them. Default: all are shown."
        )]
        min_completeness: Option<f64>,
        #[graphql(
            desc = "Whether readings flagged `FAIL` count, too. That takes every reading into account one by one, for up \
                    to 1,000 days of all sensors together.",
            default_with = "Some(false)"
        )]
        include_failed: Option<bool>,
        #[graphql(
            desc = "Only readings with one of these flags count. Default: all but `FAIL`; any other choice takes every \
                    reading into account one by one, as `includeFailed` does."
        )]
        flags: Option<Vec<QualityFlag>>,
        #[graphql(
            desc = "The unit of the values: a UCUM code such as `K`, or another way to write it such as `°F`, of the same \
                    kind as the sensor's own. Default: the sensor's own."
        )]
        unit: Option<String>,
    ) -> Result<Buckets, ApiError> {
        ctx.scope()?;
        let arguments = Arguments {
            from: from.0,
            to: to.0,
            bucket: bucket.0,
            time_zone,
            fill,
            min_completeness,
            include_failed,
            flags,
            unit,
        };
        let selected = Selected::of(ctx, &selection::of(ctx))?;
        let question = arguments.check(ctx, selected)?;
        let view = question.view_of(&self.0, ctx.limits())?;
        let (sensor_id, what) = (self.0.id, ReadingsBuckets::from(question.of));
        let buckets = ctx.loaders().load_one(OfSensor { sensor_id, what }).await?;
        Ok(Buckets::new(buckets.unwrap_or_default(), Arc::new(view)))
    }
}

/// A unit of measurement: as declared, and what it means.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Unit {
    /// Exactly as declared.
    declared: String,
    /// How people write it, such as `°C`; null when the declared unit is not understood.
    symbol: Option<String>,
    /// Its code in UCUM, such as `Cel`; null when the declared unit is not understood.
    ucum: Option<String>,
    /// Its IRI in QUDT; null when the declared unit is not understood.
    qudt: Option<String>,
    /// The quantity that it measures, in the words of QUDT; null when the declared unit is not understood.
    quantity_kind: Option<String>,
    /// The unit of `Aggregate.integral` of values in this unit: a UCUM code such as `kW.h` for kW and `m3` for m³/h, or the
    /// unit as declared with `.h` behind it when it is not understood.
    integral: Option<String>,
}

impl Unit {
    fn new(unit: sensors::Unit, integral: Option<String>) -> Self {
        let sensors::Unit {
            declared,
            ucum,
            qudt,
            quantity_kind,
            symbol,
        } = unit;
        Self {
            declared,
            symbol,
            ucum,
            qudt,
            quantity_kind,
            integral,
        }
    }
}

/// A point on the globe, as declared.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct Location {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lng: f64,
}

/// Bounds of values: of those that a sensor can report, in its declared unit, or of a field's. Both belong to it.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct Range {
    /// The lowest value; null when there is no such bound.
    pub(super) min: Option<f64>,
    /// The highest value; null when there is no such bound.
    pub(super) max: Option<f64>,
}

/// A word that the operator gave to a sensor.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Label {
    /// What it is about, such as `site`.
    pub(super) key: String,
    /// What it says, such as `Harbour`.
    pub(super) value: String,
}

/// A page of sensors.
#[derive(Debug)]
pub(crate) struct SensorConnection {
    page: Arc<Rows>,
    filter: SensorFilter,
}

impl SensorConnection {
    pub(crate) fn new(page: Page<Row>, order: SensorOrder, filter: SensorFilter) -> Self {
        Self {
            page: Arc::new(Rows::new(page, order)),
            filter,
        }
    }

    async fn count(&self, ctx: &Context<'_>) -> Result<Count, ApiError> {
        let value = sensors::count(ctx.db(), ctx.sensor_scope()?, &self.filter).await?;
        Ok(entity::query::readings::Count { value, exact: true }.into())
    }
}

/// A page of sensors.
#[Object]
impl SensorConnection {
    /// The sensors with their cursors.
    async fn edges(&self) -> Edges<SensorEdges> {
        Edges(SensorEdges(Arc::clone(&self.page)))
    }

    /// The sensors.
    async fn nodes(&self) -> Nodes<SensorNodes> {
        Nodes(SensorNodes(Arc::clone(&self.page)))
    }

    /// Where this page lies.
    async fn page_info(&self) -> PageInfo {
        self.page.page_info()
    }

    /// How many sensors all pages together have; counted only when it is selected.
    async fn total_count(&self, ctx: &Context<'_>) -> Nullable<Count> {
        Some(self.count(ctx).await)
    }
}

/// A sensor and its place in the list.
#[derive(Debug, SimpleObject)]
pub(crate) struct SensorEdge {
    /// Its place: pages go on `after` it, or back `before` it.
    cursor: String,
    /// The sensor.
    node: Option<Sensor>,
}
