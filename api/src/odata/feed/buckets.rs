//! The rows of `Buckets`: of the sensors and the span of time that the filter leaves, cut as it asks.
//!
//! Buckets are read in spans of time, each of as many buckets as fit into a piece of work for all sensors of a group. A
//! page that finds little reads as many spans as one answer may, and goes on in the next.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::query::readings::{Direction, TimeRange};
use entity::query::sensors::Sensor;
use entity::{Bucketing, Zone};

use super::{Collector, Page, PageAsked, Question};
use crate::ask::buckets::{self, BucketArguments};
use crate::ask::range::BUCKETS_RANGE;
use crate::buckets::{Before, Bucket, BucketsOf, Details, Fill, SensorBuckets};
use crate::http::Problem;
use crate::odata::filter::narrow;
use crate::odata::order::ByTime;
use crate::odata::refusal::{absent, over, wrong};
use crate::odata::row::{BucketRow, Cut, Found, OfSensor};
use crate::odata::token::Token;
use crate::odata::value::Value;

/// The size of buckets where the question does not say.
const BUCKET: &str = "PT1H";

/// Buckets of all sensors of a group together that are read at once.
const SPAN_BUCKETS: usize = 20_000;

pub(super) async fn page(question: &Question<'_>, asked: PageAsked) -> Result<Page, Problem> {
    let range = question.range(asked.token, BUCKETS_RANGE);
    let order = ByTime::of(question.order)?;
    let mut collector = Collector::new(&asked);
    let Some(plan) = Plan::new(question, &order, range).await? else {
        return Ok(collector.page(None));
    };
    let (mut group, mut at) = match asked.token {
        Some(token) => plan.place(token)?,
        None => (0, None),
    };
    let mut read = 0;
    while group < plan.groups.len() {
        let mut spans = plan.spans(group, at).peekable();
        while let Some(span) = spans.next() {
            let cells = plan.cells(group, &span);
            if read > 0 && read + cells > plan.budget {
                let next = plan.before(group, &span);
                return Ok(collector.page(Some(next)));
            }
            read += cells;
            let mut rows = plan.read(group, &span).await?.into_iter().peekable();
            while let Some(row) = rows.next() {
                let (time, sensor) = (plan.time(&row), row.sensor.id);
                if at.is_some_and(|at| !plan.is_behind((time, sensor), at)) {
                    continue;
                }
                if !question.matches(&row.row()) || !collector.take(row) {
                    continue;
                }
                let more = rows.peek().is_some() || spans.peek().is_some() || group + 1 < plan.groups.len();
                let next = Token {
                    range,
                    time: Some(time),
                    sensor,
                };
                return Ok(collector.page(more.then_some(next)));
            }
        }
        group += 1;
        at = None;
    }
    Ok(collector.page(None))
}

pub(super) async fn count(question: &Question<'_>) -> Result<u64, Problem> {
    let range = question.range(None, BUCKETS_RANGE);
    let order = ByTime::of(&[])?;
    let Some(plan) = Plan::new(question, &order, range).await? else {
        return Ok(0);
    };
    let sensors: usize = plan.groups.iter().map(Vec::len).sum();
    let cells = sensors.saturating_mul(plan.starts.len()) as u64;
    let max = question.odata().count_max.min(plan.budget as u64);
    if cells > max {
        let advice = "buckets, those without readings among them, are not counted: choose a larger bucket, narrow $filter, \
                      or leave the count out";
        return Err(over("$count", max, Some(cells), advice));
    }
    let mut count = 0;
    for group in 0..plan.groups.len() {
        for span in plan.spans(group, None) {
            let rows = plan.read(group, &span).await?;
            count += rows.iter().filter(|row| question.matches(&row.row())).count() as u64;
        }
    }
    Ok(count)
}

/// The time and the sensor of a row.
type Place = (DateTime<Utc>, i32);

/// Neighbouring buckets: their places among [`Plan::starts`].
type Span = std::ops::Range<usize>;

/// Which buckets of which sensors are looked at, and in which order.
struct Plan<'a> {
    question: &'a Question<'a>,
    bucketing: Bucketing,
    cut: Arc<Cut>,
    range: TimeRange,
    direction: Direction,
    /// By the internal key in each group.
    groups: Vec<Vec<Arc<Sensor>>>,
    /// The beginnings of the buckets, ascending.
    starts: Vec<DateTime<Utc>>,
    /// The end of the last.
    end: DateTime<Utc>,
    /// Buckets that one answer may read.
    budget: usize,
}

impl<'a> Plan<'a> {
    /// `None` when there is nothing to read.
    async fn new(
        question: &'a Question<'a>,
        order: &ByTime,
        range: TimeRange,
    ) -> Result<Option<Self>, Problem> {
        let (bucketing, cut) = cut(question)?;
        if range.from >= range.to {
            return Ok(None);
        }
        let budget = usize::try_from(question.limits().answer_buckets_max).unwrap_or(usize::MAX);
        let edges = bucketing.edges(range.from, range.to, budget);
        let mut edges = edges.map_err(buckets::refused)?;
        // The range is about beginnings: a bucket that began before it is not asked for.
        edges.drain(..edges.partition_point(|edge| *edge < range.from));
        let Some(end) = edges.pop() else { return Ok(None) };
        let groups = order.groups(question.sensors().await?);
        Ok((!edges.is_empty()).then_some(Self {
            question,
            bucketing,
            cut: Arc::new(cut),
            range,
            direction: order.direction,
            groups,
            starts: edges,
            end,
            budget,
        }))
    }

    /// The spans of a group in order, from the bucket of the row that was looked at last, or behind it when that was its
    /// last row.
    fn spans(&self, group: usize, at: Option<Place>) -> impl Iterator<Item = Span> + use<'a> {
        let sensors = self.groups[group].len().max(1);
        let length = (SPAN_BUCKETS.min(self.budget) / sensors).max(1);
        let count = self.starts.len();
        let ascending = self.direction == Direction::Asc;
        // Counted in the order of reading.
        let passed = at.map_or(0, |(time, sensor)| {
            let before = if ascending {
                self.starts.partition_point(|start| *start < time)
            } else {
                count - self.starts.partition_point(|start| *start <= time)
            };
            before + usize::from(sensor == self.last_sensor(group))
        });
        (passed..count).step_by(length).map(move |begin| {
            let end = (begin + length).min(count);
            if ascending {
                begin..end
            } else {
                count - end..count - begin
            }
        })
    }

    /// Whose row is the last one of a bucket.
    fn last_sensor(&self, group: usize) -> i32 {
        let sensors = &self.groups[group];
        let last = match self.direction {
            Direction::Asc => sensors.last(),
            Direction::Desc => sensors.first(),
        };
        last.map_or(0, |sensor| sensor.id)
    }

    fn cells(&self, group: usize, span: &Span) -> usize {
        span.len().saturating_mul(self.groups[group].len())
    }

    /// The rows of a span in order.
    async fn read(&self, group: usize, span: &Span) -> Result<Vec<Found>, Problem> {
        let question = self.question;
        let sensors = &self.groups[group];
        let ids: Vec<i32> = sensors.iter().map(|sensor| sensor.id).collect();
        let of = BucketsOf {
            bucketing: self.bucketing,
            range: TimeRange {
                from: self.starts[span.start],
                to: self.starts.get(span.end).copied().unwrap_or(self.end),
            },
            include_failed: false,
            before: Before::Unneeded,
            details: Details::default(),
        };
        let found = of
            .read(
                question.state.db(),
                question.scope,
                &ids,
                question.asked,
                question.limits(),
            )
            .await?;
        let mut rows = Vec::new();
        for (sensor, (_, buckets)) in sensors.iter().zip(&found) {
            buckets.each(Fill::None, sensor.expected_interval_seconds, |bucket| {
                rows.push(self.found(sensor, buckets, &bucket));
            });
        }
        rows.sort_by_key(|row| (self.time(row), row.sensor.id));
        if self.direction == Direction::Desc {
            rows.reverse();
        }
        Ok(rows)
    }

    fn found(&self, sensor: &Arc<Sensor>, of: &SensorBuckets, bucket: &Bucket) -> Found {
        let row = BucketRow {
            cut: Arc::clone(&self.cut),
            start: of.grid.start(bucket.number),
            end: of.grid.end(bucket.number),
            complete: bucket.complete,
            count: bucket.count,
            count_suspect: bucket.count_suspect,
            count_fail: bucket.count_fail,
            completeness: bucket.completeness,
            sum: bucket.sum,
            stddev: bucket.stddev,
            levels: bucket.levels,
        };
        Found {
            sensor: Arc::clone(sensor),
            of_sensor: OfSensor::Bucket(Box::new(row)),
        }
    }

    fn time(&self, row: &Found) -> DateTime<Utc> {
        match &row.of_sensor {
            OfSensor::Bucket(bucket) => bucket.start,
            OfSensor::Nothing | OfSensor::Reading(_) => self.end,
        }
    }

    fn is_behind(&self, place: Place, at: Place) -> bool {
        match self.direction {
            Direction::Asc => place > at,
            Direction::Desc => place < at,
        }
    }

    /// The token of a page that begins with a span. It lies behind the last sensor of the bucket before, which has been
    /// looked at; before a group's first span is the beginning of the group.
    fn before(&self, group: usize, span: &Span) -> Token {
        let passed = match self.direction {
            Direction::Asc => span.start.checked_sub(1),
            Direction::Desc => Some(span.end),
        };
        Token {
            range: self.range,
            time: passed.and_then(|passed| self.starts.get(passed)).copied(),
            sensor: self.last_sensor(group),
        }
    }

    /// Where a token goes on: in which group, and behind which row.
    fn place(&self, token: Token) -> Result<(usize, Option<Place>), Problem> {
        let has_it = |group: &Vec<Arc<Sensor>>| group.iter().any(|sensor| sensor.id == token.sensor);
        let Some(group) = self.groups.iter().position(has_it) else {
            return Err(wrong(
                "$skiptoken",
                "the sensor that it goes on behind is not there",
                "the set from its beginning",
            ));
        };
        Ok((group, token.time.map(|time| (time, token.sensor))))
    }
}

/// How the filter wants time to be cut.
fn cut(question: &Question<'_>) -> Result<(Bucketing, Cut), Problem> {
    let bucket = asked_for(question, "Bucket", "'PT15M', 'PT1H' or 'P1D'")?;
    let time_zone = asked_for(question, "TimeZone", "'UTC' or 'Europe/Zurich'")?;
    let bucket = bucket.unwrap_or_else(|| BUCKET.to_owned());
    let arguments = BucketArguments {
        bucket: &bucket,
        time_zone: ("TimeZone", time_zone.as_deref()),
    };
    let default: Zone = question.state.options().time_zone;
    let bucketing = arguments.check(default)?;
    let time_zone = time_zone.unwrap_or_else(|| bucketing.zone.name().to_owned());
    Ok((bucketing, Cut { bucket, time_zone }))
}

/// The one value that the filter asks of a property; `None` when it says nothing of it.
fn asked_for(question: &Question<'_>, name: &'static str, examples: &str) -> Result<Option<String>, Problem> {
    let Some(filter) = question.filter else {
        return Ok(None);
    };
    if !filter.mentions(&|property| property.name == name) {
        return Ok(None);
    }
    match narrow::values_of(filter, &|property| property.name == name).as_deref() {
        Some([Value::Text(text)]) => Ok(Some(text.clone().into_owned())),
        _ => Err(absent(
            "$filter",
            format!("{name} is not asked for by one value"),
            format!("{name} eq with one value, such as {examples}; more of them in questions of their own"),
        )),
    }
}
