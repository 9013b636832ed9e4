//! The rows of `Readings`.
//!
//! What the filter says of sensors, time, value and flag narrows what is read; the filter itself decides about each row
//! that was. Where the two say the same, no more rows are read than the page wants.

use std::collections::HashMap;
use std::sync::Arc;

use entity::query::PageRequest;
use entity::query::page::PageAt;
use entity::query::readings::{self, Reading, ReadingFilter, ReadingKey, ReadingsOf, TimeRange};
use entity::query::sensors::{self, Sensor};

use super::{Collector, Page, PageAsked, Question};
use crate::ask::range::ROWS_RANGE;
use crate::graphql::error::ApiError;
use crate::http::Problem;
use crate::odata::filter::narrow::{self, Bounds};
use crate::odata::model::Role;
use crate::odata::order::ByTime;
use crate::odata::refusal::{over, wrong};
use crate::odata::row::{Found, OfSensor};
use crate::odata::token::Token;

/// Groups of sensors that one page may look at.
const GROUPS_MAX: usize = 256;

pub(super) async fn page(question: &Question<'_>, asked: PageAsked) -> Result<Page, Problem> {
    let range = question.range(asked.token, ROWS_RANGE);
    let order = ByTime::of(question.order)?;
    let mut reader = Reader::new(question, &order, range).await?;
    let (mut group, mut at) = match asked.token {
        Some(token) => reader.place(token)?,
        None => (0, None),
    };
    let mut collector = Collector::new(&asked);
    let mut scanned = 0;
    let last_group = group + GROUPS_MAX;
    while range.from < range.to && group < reader.groups.len() {
        if group == last_group {
            return Ok(collector.page(reader.begin_of(group)));
        }
        let limit = reader.limit(collector.wanted());
        let page = reader.read(group, at, limit).await?;
        let mut rows = page.rows.into_iter().peekable();
        at = None;
        while let Some(reading) = rows.next() {
            scanned += 1;
            at = Some(reading.key());
            let more = rows.peek().is_some() || page.has_next || group + 1 < reader.groups.len();
            let Some(found) = reader.found(reading) else {
                continue;
            };
            let full = question.matches(&found.row()) && collector.take(found);
            if full || scanned >= question.odata().scan_max {
                let next = Token {
                    range,
                    time: Some(reading.time),
                    sensor: reading.sensor_id,
                };
                return Ok(collector.page(more.then_some(next)));
            }
        }
        if !page.has_next {
            group += 1;
            at = None;
        }
    }
    Ok(collector.page(None))
}

pub(super) async fn count(question: &Question<'_>) -> Result<u64, Problem> {
    let max = question.odata().count_max;
    let range = question.range(None, ROWS_RANGE);
    if range.from >= range.to {
        return Ok(0);
    }
    let order = ByTime::of(&[])?;
    let mut reader = Reader::new(question, &order, range).await?;
    if reader.groups.is_empty() {
        return Ok(0);
    }
    if reader.exact {
        let of = reader.of(0);
        let count = readings::count(question.state.db(), question.scope, &of, max)
            .await
            .map_err(ApiError::from)?;
        return if count.exact {
            Ok(count.value)
        } else {
            Err(too_many(max))
        };
    }
    let (mut scanned, mut count, mut at) = (0, 0, None);
    loop {
        let page = reader.read(0, at, reader.chunk).await?;
        scanned += page.rows.len() as u64;
        if scanned > max {
            return Err(too_many(max));
        }
        at = page.rows.last().map(Reading::key);
        for reading in page.rows {
            if reader
                .found(reading)
                .is_some_and(|found| question.matches(&found.row()))
            {
                count += 1;
            }
        }
        if !page.has_next {
            return Ok(count);
        }
    }
}

fn too_many(max: u64) -> Problem {
    over(
        "$count",
        max,
        None,
        "so many rows are not counted, and OData knows no estimates: narrow $filter, or leave the count out",
    )
}

/// The sensors of a group; `None` for all that the asker may see.
type Group = Option<Vec<i32>>;

/// Reads the readings of groups of sensors.
struct Reader<'a> {
    question: &'a Question<'a>,
    order: &'a ByTime,
    range: TimeRange,
    groups: Vec<Group>,
    filter: ReadingFilter,
    /// Whether every reading that is read matches.
    exact: bool,
    /// Readings that are read at once.
    chunk: u64,
    sensors: HashMap<i32, Arc<Sensor>>,
}

impl<'a> Reader<'a> {
    async fn new(question: &'a Question<'a>, order: &'a ByTime, range: TimeRange) -> Result<Self, Problem> {
        let of_sensors = question
            .filter
            .is_some_and(|filter| filter.mentions(&|property| property.role == Role::Sensor));
        let mut sensors = HashMap::new();
        let groups = if of_sensors || order.needs_sensors() {
            let matching = question.sensors().await?;
            sensors = matching
                .iter()
                .map(|sensor| (sensor.id, Arc::clone(sensor)))
                .collect();
            let ids = |group: Vec<Arc<Sensor>>| Some(group.iter().map(|sensor| sensor.id).collect());
            order.groups(matching).into_iter().map(ids).collect()
        } else {
            vec![None]
        };
        let filter = question.filter.map_or_else(ReadingFilter::default, |filter| {
            let bounds = Bounds::<f64>::of(filter, Role::Value);
            ReadingFilter {
                flags: narrow::flags(filter),
                value_min: bounds.min,
                value_max: bounds.max,
            }
        });
        Ok(Self {
            question,
            order,
            range,
            groups,
            filter,
            exact: question.filter.is_none_or(narrow::is_all),
            chunk: question.limits().first_max.into(),
            sensors,
        })
    }

    /// How many readings to read for so many rows.
    fn limit(&self, wanted: u64) -> u64 {
        if self.exact {
            wanted.clamp(1, self.chunk)
        } else {
            self.chunk
        }
    }

    fn of(&self, group: usize) -> ReadingsOf<'_> {
        ReadingsOf {
            sensors: self.groups[group].as_deref(),
            range: self.range,
            filter: &self.filter,
            direction: self.order.direction,
        }
    }

    /// A page of a group, and the sensors of its readings.
    async fn read(
        &mut self,
        group: usize,
        at: Option<ReadingKey>,
        limit: u64,
    ) -> Result<entity::query::Page<Reading>, Problem> {
        let (db, scope) = (self.question.state.db(), self.question.scope);
        let request = PageRequest {
            limit,
            at: PageAt::First(at),
        };
        let page = readings::page(db, scope, &self.of(group), &request)
            .await
            .map_err(ApiError::from)?;
        let mut missing: Vec<i32> = page.rows.iter().map(|reading| reading.sensor_id).collect();
        missing.sort_unstable();
        missing.dedup();
        missing.retain(|sensor| !self.sensors.contains_key(sensor));
        if !missing.is_empty() {
            let found = sensors::by_ids(db, scope, &missing)
                .await
                .map_err(ApiError::from)?;
            let found = found.into_iter().map(|sensor| (sensor.id, Arc::new(sensor)));
            self.sensors.extend(found);
        }
        Ok(page)
    }

    /// A reading with its sensor; `None` where the asker does not see it.
    fn found(&self, reading: Reading) -> Option<Found> {
        let sensor = self.sensors.get(&reading.sensor_id)?;
        Some(Found {
            sensor: Arc::clone(sensor),
            of_sensor: OfSensor::Reading(reading),
        })
    }

    /// The token of a page that begins with a group.
    fn begin_of(&self, group: usize) -> Option<Token> {
        let sensor = *self.groups.get(group)?.as_ref()?.first()?;
        Some(Token {
            range: self.range,
            time: None,
            sensor,
        })
    }

    /// Where a token goes on: in which group, and behind which reading.
    fn place(&self, token: Token) -> Result<(usize, Option<ReadingKey>), Problem> {
        let has_it = |group: &Group| {
            group
                .as_ref()
                .is_none_or(|sensors| sensors.contains(&token.sensor))
        };
        let Some(group) = self.groups.iter().position(has_it) else {
            return Err(wrong(
                "$skiptoken",
                "the sensor that it goes on behind is not there",
                "the set from its beginning",
            ));
        };
        let key = token.time.map(|time| ReadingKey {
            time,
            sensor_id: token.sensor,
        });
        Ok((group, key))
    }
}
