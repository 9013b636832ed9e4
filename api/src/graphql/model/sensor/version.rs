//! How a sensor was described over time, each description with the readings to which it applies.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, Object, SimpleObject};
use entity::query::page::Page;
use entity::query::readings::TimeRange;
use entity::query::sensors::{Sensor as SensorRow, SensorVersion as Version, VersionsIn};
use serde_json::{Map, Value as Json};

use super::{Label, Location, Range, Sensor, Unit};
use crate::ask::{cursor, page, range};
use crate::graphql::batch::{OfSensor, SpanOfReadings, VersionsPage};
use crate::graphql::error::ApiError;
use crate::graphql::list::Nodes;
use crate::graphql::model::reading::Row;
use crate::graphql::model::{Direction, PageInfo, ReadingNodes};
use crate::graphql::query::READINGS_FIRST;
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// Versions of a page when the question does not say.
pub(crate) const FIRST: i32 = 10;

/// The arguments of `Sensor.versions`.
#[derive(Debug)]
pub(super) struct VersionsArguments {
    pub(super) from: Option<DateTime>,
    pub(super) to: Option<DateTime>,
    pub(super) first: Option<i32>,
    pub(super) after: Option<String>,
}

impl VersionsArguments {
    /// What they ask for.
    pub(super) fn check(self, ctx: &Context<'_>) -> Result<VersionsPage, ApiError> {
        let (from, to) = (self.from.map(|time| time.0), self.to.map(|time| time.0));
        if let (Some(from), Some(to)) = (from, to) {
            range::between(from, to)?;
        }
        Ok(VersionsPage {
            range: VersionsIn { from, to },
            limit: page::rows("first", self.first.unwrap_or(FIRST), ctx.limits())?,
            after: self
                .after
                .map(|after| cursor::to_version("after", &after))
                .transpose()?,
        })
    }
}

/// How a sensor was described for a while.
#[derive(Debug, Clone)]
pub(crate) struct SensorVersion {
    version: Arc<Version>,
    /// The sensor as it is now.
    now: Arc<SensorRow>,
    /// The sensor as it was described then.
    then: Sensor,
}

impl SensorVersion {
    fn new(version: Version, now: &Arc<SensorRow>) -> Self {
        Self {
            then: Sensor(Arc::new(version.of(now))),
            version: Arc::new(version),
            now: Arc::clone(now),
        }
    }

    fn place(&self) -> String {
        cursor::of_version(self.version.valid_from)
    }

    /// The part of a range in which it was in force; empty when there is none.
    fn within(&self, range: TimeRange) -> TimeRange {
        let from = range.from.max(self.version.valid_from);
        let to = self.version.valid_to.map_or(range.to, |end| range.to.min(end));
        TimeRange {
            from,
            to: to.max(from),
        }
    }
}

/// How a sensor was described for a while. What a list did not say is null.
#[Object]
impl SensorVersion {
    /// From when it was in force: when the sensor list that brought it was received.
    async fn valid_from(&self) -> DateTime {
        DateTime(self.version.valid_from)
    }

    /// Until when it was in force, that instant excluded; null while it is.
    async fn valid_to(&self) -> Option<DateTime> {
        self.version.valid_to.map(DateTime)
    }

    /// The sensor's name; it never changes.
    async fn name(&self) -> &str {
        &self.then.0.name
    }

    /// What it measured, such as `temperature`.
    #[graphql(name = "type")]
    async fn kind(&self) -> Option<&str> {
        self.then.0.kind.as_deref()
    }

    /// The unit of its values.
    async fn unit(&self) -> Option<Unit> {
        self.then.declared_unit()
    }

    /// Where it stood or what it watched, in the operator's words.
    async fn description(&self) -> Option<&str> {
        self.then.0.description.as_deref()
    }

    /// Where it was.
    async fn location(&self) -> Option<Location> {
        self.then.declared_location()
    }

    /// The values that it could report.
    async fn range(&self) -> Option<Range> {
        self.then.declared_range()
    }

    /// Site, plant, customer and whatever else was declared, sorted by key.
    async fn labels(&self) -> Vec<Label> {
        self.then.declared_labels().collect()
    }

    /// Seconds expected between two readings, as declared.
    async fn expected_interval_seconds(&self) -> Option<f64> {
        self.then.0.expected_interval_seconds
    }

    /// What it changed against the version before, by field; empty of the first one.
    async fn changes(&self) -> Vec<SensorChange> {
        let before = self.version.before.as_ref();
        before
            .map(|before| changes(before, &self.version.metadata))
            .unwrap_or_default()
    }

    /// The readings to which it applies, from one end: those whose time lies between `validFrom` and `validTo`. For more of
    /// them ask `Sensor.readings` for that time. (Flags follow the version that was in force when a reading came, which for a
    /// late one is a later version.)
    async fn readings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The first instant. Default: 24 hours before `to`.")] from: Option<DateTime>,
        #[graphql(
            desc = "The first instant that does not belong to it any more. Default: now; without `from` either, `validTo`."
        )]
        to: Option<DateTime>,
        #[graphql(desc = "Oldest or newest first.", default_with = "Some(Direction::Asc)")] order: Option<
            Direction,
        >,
        #[graphql(
            desc = "Readings at most, from 1 to 10,000.",
            default_with = "Some(READINGS_FIRST)"
        )]
        first: Option<i32>,
    ) -> Result<Nodes<ReadingNodes>, ApiError> {
        ctx.scope()?;
        let range = range::of_rows(
            from.map(|time| time.0),
            // Where nothing is said, the newest ones to which it applies.
            to.map(|time| time.0)
                .or_else(|| self.version.valid_to.filter(|_| from.is_none())),
            ctx.asked().at,
        )?;
        let what = SpanOfReadings {
            range: self.within(range).into(),
            newest_first: order == Some(Direction::Desc),
            limit: page::rows("first", first.unwrap_or(READINGS_FIRST), ctx.limits())?,
        };
        let sensor_id = self.now.id;
        let rows = ctx.loaders().load_one(OfSensor { sensor_id, what }).await?;
        Ok(Nodes(ReadingNodes::new(
            rows.unwrap_or_default().into_iter().map(Row::from).collect(),
            vec![Arc::clone(&self.now)],
        )))
    }
}

/// What a version changed of a sensor's description.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub(crate) struct SensorChange {
    /// The field, such as `unit.declared` or `labels.site`.
    field: String,
    /// What it was, as text; null when it was not declared.
    before: Option<String>,
    /// What it is since, as text; null when it is not declared any more.
    after: Option<String>,
}

/// A page of versions.
#[derive(Debug, SimpleObject)]
pub(crate) struct SensorVersionConnection {
    /// The versions with their cursors.
    edges: Option<Vec<Option<SensorVersionEdge>>>,
    /// The versions.
    nodes: Vec<SensorVersion>,
    /// Where this page lies.
    page_info: PageInfo,
}

/// A version and its place in the list.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SensorVersionEdge {
    /// Its place: pages go on `after` it.
    cursor: String,
    /// The version.
    node: Option<SensorVersion>,
}

impl SensorVersionConnection {
    pub(super) fn new(sensor: &Arc<SensorRow>, page: Page<Version>) -> Self {
        let Page {
            rows: nodes,
            has_next,
            has_previous,
        } = page.map(|version| SensorVersion::new(version, sensor));
        let edge = |node: &SensorVersion| SensorVersionEdge {
            cursor: node.place(),
            node: Some(node.clone()),
        };
        Self {
            page_info: PageInfo {
                has_next_page: has_next,
                has_previous_page: has_previous,
                start_cursor: nodes.first().map(SensorVersion::place),
                end_cursor: nodes.last().map(SensorVersion::place),
            },
            edges: Some(nodes.iter().map(|node| Some(edge(node))).collect()),
            nodes,
        }
    }
}

/// What differs between two descriptions, by field.
fn changes(before: &Map<String, Json>, after: &Map<String, Json>) -> Vec<SensorChange> {
    let (mut before, mut after) = (fields(before), fields(after));
    let names: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
    let mut changes: Vec<SensorChange> = names
        .into_iter()
        .filter_map(|field| {
            let (before, after) = (before.remove(&field), after.remove(&field));
            (before != after).then_some(SensorChange { field, before, after })
        })
        .collect();
    changes.sort_unstable_by(|one, other| one.field.cmp(&other.field));
    changes
}

/// The fields of a description by their names in GraphQL, and what they say.
fn fields(metadata: &Map<String, Json>) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (column, value) in metadata {
        match (column.as_str(), value) {
            ("labels", Json::Object(labels)) => {
                let labels = labels.iter();
                fields.extend(labels.map(|(key, value)| (format!("labels.{key}"), text(value))));
            }
            (column, value) => {
                fields.insert(field(column), text(value));
            }
        }
    }
    fields
}

/// The field of `SensorVersion` that shows a column.
fn field(column: &str) -> String {
    let known = match column {
        "unit" => "unit.declared",
        "unit_ucum" => "unit.ucum",
        "unit_qudt" => "unit.qudt",
        "unit_quantity_kind" => "unit.quantityKind",
        "unit_symbol" => "unit.symbol",
        "lat" => "location.lat",
        "lng" => "location.lng",
        "range_min" => "range.min",
        "range_max" => "range.max",
        "expected_interval_seconds" => "expectedIntervalSeconds",
        other => other,
    };
    known.to_owned()
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(before: Json, after: Json) -> Vec<(String, Option<String>, Option<String>)> {
        let (Json::Object(before), Json::Object(after)) = (before, after) else {
            panic!("descriptions are objects");
        };
        let changes = changes(&before, &after).into_iter();
        changes
            .map(|change| (change.field, change.before, change.after))
            .collect()
    }

    #[test]
    fn what_changed_is_said_field_by_field() {
        let before = json!({ "unit": "C", "lat": 10.5, "type": "temperature", "labels": { "site": "north", "line": "1" } });
        let after = json!({ "unit": "F", "lat": 10.5, "description": "Roof", "type": "temperature",
                            "labels": { "site": "south", "line": "1", "hall": "b" } });
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            said(before.clone(), after),
            [
                ("description".to_owned(), None, some("Roof")),
                ("labels.hall".to_owned(), None, some("b")),
                ("labels.site".to_owned(), some("north"), some("south")),
                ("unit.declared".to_owned(), some("C"), some("F")),
            ]
        );
        assert_eq!(said(before.clone(), before), []);
        let gone = said(json!({ "range_max": 45.0 }), json!({}));
        assert_eq!(gone, [("range.max".to_owned(), some("45.0"), None)]);
    }
}
