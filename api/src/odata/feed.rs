//! The rows of a question: collected from what the three sets read, up to a page.

pub(crate) mod buckets;
pub(crate) mod readings;
pub(crate) mod sensors;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use entity::Scope;
use entity::query::readings::TimeRange;
use entity::query::sensors::{Sensor, SensorFilter};

use super::filter::Expr;
use super::filter::narrow::{self, Bound as _, Bounds};
use super::limits::ODataLimits;
use super::model::{EntitySet, Holds, Role};
use super::options::Key;
use super::row::{Found, Row};
use super::token::Token;
use super::value::Value;
use crate::ask;
use crate::graphql::request::Asked;
use crate::http::Problem;
use crate::options::Limits;
use crate::state::ApiState;

/// What is asked of a set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) state: &'a ApiState,
    pub(crate) asked: &'a Asked,
    pub(crate) scope: &'a Scope,
    pub(crate) filter: Option<&'a Expr>,
    pub(crate) order: &'a [Key],
}

/// Which rows of all that match.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageAsked {
    pub(crate) skip: u64,
    pub(crate) rows: usize,
    pub(crate) token: Option<Token>,
}

/// A page of rows, and where the next one begins.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Found>,
    pub(crate) next: Option<Token>,
    /// What is left of the rows to pass over: the page ended before they were found.
    pub(crate) skip: u64,
}

impl Question<'_> {
    /// A page of the set's rows.
    pub(crate) async fn page(&self, set: &EntitySet, page: PageAsked) -> Result<Page, Problem> {
        match set.holds {
            Holds::Sensors => sensors::page(self, page).await,
            Holds::Readings => readings::page(self, page).await,
            Holds::Buckets => buckets::page(self, page).await,
        }
    }

    /// How many rows match.
    pub(crate) async fn count(&self, set: &EntitySet) -> Result<u64, Problem> {
        match set.holds {
            Holds::Sensors => sensors::count(self).await,
            Holds::Readings => readings::count(self).await,
            Holds::Buckets => buckets::count(self).await,
        }
    }

    fn limits(&self) -> &Limits {
        &self.state.options().limits
    }

    fn odata(&self) -> &ODataLimits {
        &self.limits().odata
    }

    fn now(&self) -> DateTime<Utc> {
        self.asked.at
    }

    fn matches(&self, row: &Row<'_>) -> bool {
        self.filter.is_none_or(|filter| filter.admits(row))
    }

    /// What the database can be asked for, of all that the filter says of sensors.
    fn sensor_filter(&self) -> SensorFilter {
        let values =
            |names: [&str; 2]| narrow::values_of(self.filter?, &|property| names.contains(&property.name));
        let texts = |name: &str| values([name, name]).map(|values| values.iter().filter_map(text).collect());
        let label = |(name, key): (&str, &str)| match values([name, name])?.as_slice() {
            [Value::Text(value)] => Some((key.to_owned(), Some(value.clone().into_owned()))),
            _ => None,
        };
        SensorFilter {
            uuids: values(["Id", "SensorId"]).map(|values| values.iter().filter_map(guid).collect()),
            names: values(["Name", "Sensor"]).map(|values| values.iter().filter_map(text).collect()),
            sources: texts("Source"),
            // Null is a type, too, and no list of types has it.
            kinds: texts("Type").filter(|_| !admits_null(values(["Type", "Type"]))),
            labels: [("Site", "site"), ("Plant", "plant"), ("Customer", "customer")]
                .into_iter()
                .filter_map(label)
                .collect(),
            ..SensorFilter::default()
        }
    }

    /// Every sensor of which a row can match, by name; more than the limit of them is an error.
    async fn sensors(&self) -> Result<Vec<Arc<Sensor>>, Problem> {
        let filter = self.sensor_filter();
        let mut sensors =
            ask::sensors::matching(self.state.db(), self.scope, "$filter", &filter, self.limits()).await?;
        sensors.retain(|sensor| {
            self.matches(&Row {
                sensor: Some(sensor),
                ..Row::default()
            })
        });
        Ok(sensors)
    }

    /// The range of time of a question: that of its token, or else the filter's bounds. Without a lower one it goes back
    /// as far as `width`, and without an upper one it goes up to now.
    fn range(&self, token: Option<Token>, width: TimeDelta) -> TimeRange {
        if let Some(token) = token {
            return token.range;
        }
        let bounds: Bounds<DateTime<Utc>> = self
            .filter
            .map_or(Bounds::ALL, |filter| Bounds::of(filter, Role::Time));
        let to = match bounds.max {
            Some(max) => max.next().and_then(ask::time::in_bounds).unwrap_or(max),
            None => self.now(),
        };
        let before = || to.checked_sub_signed(width).and_then(ask::time::in_bounds);
        let from = bounds.min.or_else(before).unwrap_or(to);
        TimeRange { from, to }
    }
}

fn text(value: &Value<'static>) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone().into_owned()),
        _ => None,
    }
}

fn guid(value: &Value<'static>) -> Option<uuid::Uuid> {
    match value {
        Value::Guid(guid) => Some(*guid),
        _ => None,
    }
}

fn admits_null(values: Option<Vec<Value<'static>>>) -> bool {
    values.is_some_and(|values| values.contains(&Value::Null))
}

/// Takes rows in order, passes over those that are to be skipped, and keeps the others until the page is full.
#[derive(Debug)]
struct Collector {
    skip: u64,
    room: usize,
    rows: Vec<Found>,
}

impl Collector {
    fn new(page: &PageAsked) -> Self {
        Self {
            skip: page.skip,
            room: page.rows,
            rows: Vec::new(),
        }
    }

    /// How many matching rows are still wanted, those to pass over among them.
    fn wanted(&self) -> u64 {
        self.skip + (self.room - self.rows.len()) as u64
    }

    /// Takes a row that matches, and says whether the page is full now.
    fn take(&mut self, row: Found) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
        } else {
            self.rows.push(row);
        }
        self.wanted() == 0
    }

    fn page(self, next: Option<Token>) -> Page {
        Page {
            skip: if next.is_some() { self.skip } else { 0 },
            rows: self.rows,
            next,
        }
    }
}
