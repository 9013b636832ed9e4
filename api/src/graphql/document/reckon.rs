//! What a field may cost by its arguments: how many objects it may give, and from how many stored rows.
//!
//! Rows are reckoned from sensors × range ÷ bucket, without asking anybody: of each sensor a reading a minute, where the
//! readings are gone through one by one; else the rows of the coarsest rollup that the buckets keep to. Denser readings
//! are met by the statement's timeout, and what the answer holds by budgets that are taken when it is known.

use std::borrow::Cow;
use std::convert::Infallible;

use async_graphql::parser::types::{Field, OperationDefinition, VariableDefinition};
use async_graphql::{Name, Positioned, Value, Variables};
use chrono::{DateTime, TimeDelta, Utc};
use entity::BucketSize;

use crate::ask::range::{BUCKETS_RANGE, ROWS_RANGE};
use crate::buckets::PAGE_SHARE;
use crate::graphql::query::keys::SHOWN_MAX as KEYS_SHOWN_MAX;
use crate::graphql::scalar;
use crate::live::changes::CHANGES_MAX;
use crate::options::Limits;

/// Items that a list is reckoned with when the question does not say how many.
const ITEMS_DEFAULT: u64 = 100;
const READINGS_DEFAULT: u64 = 1_000;
const VERSIONS_DEFAULT: u64 = 10;
const FEW_DEFAULT: u64 = 20;
const LATEST_DEFAULT: u64 = 1_000;
const AGGREGATES_DEFAULT: u64 = 1_000;

/// Kinds of trouble of messages, of all sources.
const REASONS: u64 = 100;

/// Values that contradict a reading: seldom any, hardly ever more.
const OTHER_VALUES: u64 = 2;

/// Figures of a report of quality, and tests.
const FIGURES: u64 = 8;
const TESTS: u64 = 5;

/// Sensors whose rows are reckoned with when the question names none.
const SENSORS_ASSUMED: u64 = 100;

/// Seconds between two readings of a sensor, as reckoned.
const READING_SECONDS: u64 = 60;

const DAY: u64 = 24 * 60 * 60;

/// What one field may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reckoned {
    /// Objects that it may give, each with the selection below it.
    pub(super) objects: u64,
    /// Stored rows that these are taken from.
    pub(super) rows: u64,
    /// Stored rows that counting all of its pages goes through.
    pub(super) counted_rows: u64,
}

/// A field with its arguments.
pub(super) struct Arguments<'a> {
    pub(super) field: &'a Field,
    pub(super) operation: &'a OperationDefinition,
    pub(super) variables: &'a Variables,
    pub(super) limits: &'a Limits,
    pub(super) now: DateTime<Utc>,
}

impl Arguments<'_> {
    pub(super) fn reckon(&self, root: bool) -> Reckoned {
        let of_page = |objects, rows| Reckoned {
            objects,
            rows,
            counted_rows: rows,
        };
        match self.field.name.node.as_str() {
            "sensors" | "datasets" | "incidents" | "stewardshipChanges" | "accessRequests" => {
                let page = self.page(ITEMS_DEFAULT);
                of_page(page, page)
            }
            "segments" if root => {
                let page = self.page(ITEMS_DEFAULT);
                of_page(page, page)
            }
            "quarantine" => self.quarantine(),
            "quarantineReasons" => of_page(REASONS, self.limits.count_exact_max),
            "otherValues" => of_page(OTHER_VALUES, OTHER_VALUES),
            // A figure of quality has a list of words by this name.
            "doubts" if !self.field.selection_set.node.items.is_empty() => of_page(TESTS, TESTS),
            "keys" if root => of_page(KEYS_SHOWN_MAX.into(), KEYS_SHOWN_MAX.into()),
            "search" | "quarantineReplays" => {
                let page = self.page(FEW_DEFAULT);
                of_page(page, page)
            }
            "versions" => {
                let page = self.page(VERSIONS_DEFAULT);
                of_page(page, page)
            }
            "readings" | "readingRows" | "readingRowsConnection" => self.readings(root),
            "catalogueChanged" if root => of_page(CHANGES_MAX as u64, 0),
            "readingAdded" if root => of_page(READINGS_DEFAULT, READINGS_DEFAULT),
            // Its readings are reckoned as a page of the default size.
            "readingStream" if root => {
                let rows = self.page(READINGS_DEFAULT);
                of_page(rows.div_ceil(READINGS_DEFAULT), rows)
            }
            "latest" if root => {
                let rows = self.named("sensors").unwrap_or(LATEST_DEFAULT);
                of_page(rows, rows)
            }
            "latest" | "flagReason" => of_page(1, 1),
            "series" => {
                let named = self.sensors(root);
                let rows = named.saturating_mul(self.readings_in(ROWS_RANGE));
                of_page(if root { named } else { 1 }, rows)
            }
            "aggregates" => {
                let objects = self.named("sensors").unwrap_or(AGGREGATES_DEFAULT);
                let rows = self.sensors(root).saturating_mul(self.rollup_rows());
                // The buckets themselves have a budget of their own, taken when their number is known.
                of_page(if root { objects } else { 1 }, rows)
            }
            "quality" => {
                let readings = self.sensors(root).saturating_mul(self.readings_in(ROWS_RANGE));
                let objects = match self.named("sensors") {
                    Some(named) if root => named.saturating_mul(self.quality_windows()),
                    _ if root => self.quality_windows(),
                    _ => 1,
                };
                of_page(objects, readings)
            }
            "figures" => of_page(FIGURES, 0),
            "tests" => of_page(TESTS, 0),
            "gaps" | "flagged" => of_page(self.page(ITEMS_DEFAULT), 0),
            "bucketRows" | "bucketRowsConnection" => {
                let rows = self.one_or_assumed().saturating_mul(self.rollup_rows());
                let rows = rows.min(self.rollup_rows_of_page());
                of_page(self.page(self.page_default()), rows)
            }
            _ => of_page(1, 0),
        }
    }

    /// Rows of a page when the question does not say: flat lists have no pages.
    fn page_default(&self) -> u64 {
        match self.field.name.node.as_str() {
            "readingRows" | "bucketRows" => self.limits.first_max.into(),
            _ => READINGS_DEFAULT,
        }
    }

    /// A page of readings costs its rows; where it picks by value or flag, it may have to pass over all others.
    fn readings(&self, root: bool) -> Reckoned {
        let page = self.page(self.page_default());
        let in_range = self.readings_in(ROWS_RANGE);
        let sensors = if root { self.one_or_assumed() } else { 1 };
        let all = sensors.saturating_mul(in_range);
        Reckoned {
            objects: page,
            rows: if self.picks() { page.max(all) } else { page },
            counted_rows: all.min(self.limits.count_exact_max),
        }
    }

    /// A page of messages that were set aside; all of them are gone through to be counted.
    fn quarantine(&self) -> Reckoned {
        let page = self.page(ITEMS_DEFAULT);
        Reckoned {
            objects: page,
            rows: page,
            counted_rows: self.limits.count_exact_max,
        }
    }

    /// Whether its filter is about the readings themselves.
    fn picks(&self) -> bool {
        let filter = self.value("filter");
        let Some(Value::Object(filter)) = filter.as_deref() else {
            return false;
        };
        filter
            .iter()
            .any(|(name, value)| name != "sensors" && *value != Value::Null)
    }

    /// Windows of a question about quality; what is no length of windows is for the resolver to refuse.
    fn quality_windows(&self) -> u64 {
        let per = match self.value("per").as_deref() {
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        let windows = |size: BucketSize| {
            let seconds = self.seconds(ROWS_RANGE);
            seconds.div_ceil(size.usual_seconds().max(1)).saturating_add(1)
        };
        per.map_or(1, windows)
    }

    /// Sensors whose rows are gone through.
    fn sensors(&self, root: bool) -> u64 {
        if root {
            self.named("sensors").unwrap_or(SENSORS_ASSUMED)
        } else {
            1
        }
    }

    fn one_or_assumed(&self) -> u64 {
        if self.value("sensor").is_some() {
            1
        } else {
            SENSORS_ASSUMED
        }
    }

    /// Readings of one sensor in the range asked for.
    fn readings_in(&self, default: TimeDelta) -> u64 {
        self.seconds(default).div_ceil(READING_SECONDS)
    }

    /// Rows of one sensor that its buckets are made of, and the buckets.
    fn rollup_rows(&self) -> u64 {
        let seconds = self.seconds(BUCKETS_RANGE);
        // What is no size is for the resolver to refuse.
        let Some((bucket, row)) = self.bucket_and_row_seconds() else {
            return 0;
        };
        seconds.div_ceil(row).saturating_add(seconds.div_ceil(bucket))
    }

    /// The same of as many buckets as a page looks at, however long the range is.
    fn rollup_rows_of_page(&self) -> u64 {
        let Some((bucket, row)) = self.bucket_and_row_seconds() else {
            return 0;
        };
        let buckets = self.limits.answer_buckets_max / PAGE_SHARE;
        buckets.saturating_mul(bucket.div_ceil(row).saturating_add(1))
    }

    /// How long each bucket usually is, and a row that it is made of.
    fn bucket_and_row_seconds(&self) -> Option<(u64, u64)> {
        let size: Option<BucketSize> = match self.value("bucket").as_deref() {
            Some(Value::String(text)) => text.parse().ok(),
            _ => "PT1H".parse().ok(),
        };
        let size = size?;
        let row_seconds = if !size.is_whole_minutes() || self.is_true("includeFailed") {
            READING_SECONDS
        } else if size.usual_seconds() >= 2 * DAY
            || size.is_at_least_a_day() && self.value("timeZone").is_none()
        {
            DAY
        } else if size.usual_seconds().is_multiple_of(60 * 60) {
            60 * 60
        } else {
            60
        };
        Some((size.usual_seconds(), row_seconds))
    }

    /// The length of the range asked for; nothing of one that goes backwards, which is refused later.
    fn seconds(&self, default: TimeDelta) -> u64 {
        let time = |name| self.value(name).as_deref().and_then(scalar::read_time);
        let to = time("to").unwrap_or(self.now);
        let range = time("from").map_or(default, |from| to - from);
        u64::try_from(range.num_seconds()).unwrap_or(0)
    }

    fn page(&self, default: u64) -> u64 {
        let asked = |argument| match self.value(argument)?.as_ref() {
            Value::Number(number) => number.as_u64(),
            _ => None,
        };
        let rows = asked("last").or_else(|| asked("first")).unwrap_or(default);
        rows.min(self.limits.first_max.into())
    }

    fn named(&self, argument: &str) -> Option<u64> {
        match self.value(argument)?.as_ref() {
            Value::List(items) => Some(items.len() as u64),
            // GraphQL takes one value for a list of one.
            Value::String(_) => Some(1),
            _ => None,
        }
    }

    fn is_true(&self, argument: &str) -> bool {
        self.value(argument).as_deref() == Some(&Value::Boolean(true))
    }

    /// An argument's value, with variables in their place, null and absent alike.
    ///
    /// A variable is borrowed: every field may name the same large one, and this is asked before any limit refuses.
    /// Within a list or an object `true` stands for one, where nobody asks for more than whether it is there.
    pub(super) fn value(&self, name: &str) -> Option<Cow<'_, Value>> {
        let mut named = None;
        let written = self.field.get_argument(name)?.node.clone();
        let Ok(value) = written.into_const_with(|variable| {
            named = self.variable(&variable);
            Ok::<_, Infallible>(named.map_or(Value::Null, |_| Value::Boolean(true)))
        });
        match (value, named) {
            (Value::Null, _) => None,
            (value @ (Value::List(_) | Value::Object(_)), _) | (value, None) => Some(Cow::Owned(value)),
            // What is no list and no object, and names a variable, is that variable.
            (_, Some(variable)) => Some(Cow::Borrowed(variable)),
        }
    }

    /// The value of a variable, as given or else by default.
    fn variable(&self, name: &Name) -> Option<&Value> {
        let value = self.variables.get(name).or_else(|| self.default_of(name))?;
        (*value != Value::Null).then_some(value)
    }

    fn default_of(&self, variable: &Name) -> Option<&Value> {
        let declared = |each: &&Positioned<VariableDefinition>| each.node.name.node == *variable;
        self.operation
            .variable_definitions
            .iter()
            .find(declared)?
            .node
            .default_value()
    }
}
