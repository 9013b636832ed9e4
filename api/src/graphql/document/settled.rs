//! Questions whose answer only loading can change: about ranges that are over, and about nothing that says "now".
//!
//! A field counts as settled by its name, from a list: a new field is not on it until somebody has thought about it. Not on
//! it are the latest, freshness, ages, raw messages (they are uploaded later) and counts, which may be estimates of a planner.

use std::collections::HashSet;

use async_graphql::Variables;
use async_graphql::parser::types::{ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet};
use chrono::{DateTime, Utc};
use entity::query::aggregates::GAP_MAX;

use super::reckon::Arguments;
use crate::graphql::scalar;
use crate::options::Limits;

/// Lists over a range, which must be over.
const RANGES: &[&str] = &[
    "aggregates",
    "bucketRows",
    "bucketRowsConnection",
    "readingRows",
    "readingRowsConnection",
    "readings",
    "series",
];

/// Fields that say the same as long as nothing is loaded.
const SETTLED: &[&str] = &[
    "__typename",
    "activeSince",
    "avg",
    "buckets",
    "complete",
    "completeness",
    "count",
    "countFail",
    "countSuspect",
    "cursor",
    "customer",
    "declared",
    "description",
    "downsampled",
    "edges",
    "end",
    "endCursor",
    "expectedIntervalSeconds",
    "first",
    "flag",
    "flags",
    "group",
    "hasNextPage",
    "hasPreviousPage",
    "id",
    "increase",
    "integral",
    "key",
    "labels",
    "last",
    "lat",
    "lng",
    "location",
    "max",
    "min",
    "name",
    "node",
    "nodes",
    "pageInfo",
    "percentile",
    "plant",
    "quantityKind",
    "qudt",
    "range",
    "receivedAt",
    "sensor",
    "sensors",
    "site",
    "source",
    "start",
    "startCursor",
    "stddev",
    "sum",
    "symbol",
    "time",
    "times",
    "timeWeightedAvg",
    "timeZone",
    "type",
    "ucum",
    "unit",
    "value",
    "values",
];

/// Fields that follow the line from the last reading of a range to the first one behind it. (A unit has an `integral`, too:
/// to take it for one of these costs speed, not truth.)
const LINED: &[&str] = &["integral", "timeWeightedAvg"];

/// The end of all that an operation's answer depends on; `None` when its answer may change by itself. One that asks about
/// no range ends before all of them.
pub(super) fn until(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &Limits,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let mut walk = Walk {
        document,
        operation,
        variables,
        limits,
        now,
        seen: HashSet::new(),
        to: None,
        lined: false,
    };
    walk.set(&operation.selection_set.node).then(|| walk.until())
}

struct Walk<'a> {
    document: &'a ExecutableDocument,
    operation: &'a OperationDefinition,
    variables: &'a Variables,
    limits: &'a Limits,
    now: DateTime<Utc>,
    /// Fragments, each of which is walked once.
    seen: HashSet<&'a str>,
    /// The end of the latest range.
    to: Option<DateTime<Utc>>,
    /// Whether a line behind a range matters.
    lined: bool,
}

impl<'a> Walk<'a> {
    fn until(&self) -> DateTime<Utc> {
        match self.to {
            None => DateTime::UNIX_EPOCH,
            Some(to) if self.lined => to + GAP_MAX,
            Some(to) => to,
        }
    }

    fn set(&mut self, set: &'a SelectionSet) -> bool {
        set.items.iter().all(|selection| match &selection.node {
            Selection::Field(field) => self.field(&field.node),
            Selection::InlineFragment(inline) => self.set(&inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                match self.document.fragments.get(name) {
                    Some(fragment) if self.seen.insert(name) => self.set(&fragment.node.selection_set.node),
                    Some(_) => true,
                    None => false,
                }
            }
        })
    }

    fn field(&mut self, field: &'a Field) -> bool {
        let name = field.name.node.as_str();
        if RANGES.contains(&name) {
            let arguments = Arguments {
                field,
                operation: self.operation,
                variables: self.variables,
                limits: self.limits,
                now: self.now,
            };
            let to = arguments.value("to").as_deref().and_then(scalar::read_time);
            let Some(to) = to.filter(|to| *to <= self.now) else {
                return false;
            };
            self.to = self.to.max(Some(to));
        } else if !SETTLED.contains(&name) {
            return false;
        }
        self.lined |= LINED.contains(&name);
        self.set(&field.selection_set.node)
    }
}
