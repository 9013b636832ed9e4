//! Lineage: nodes, edges, and what passed over them.

use async_graphql::{Enum, SimpleObject};
use catalogue::model;

use super::Dataset;
use crate::datasets::Seen;
use crate::graphql::scalar::DateTime;

/// The way of records before and behind a dataset.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct Lineage {
    /// What records pass through, in the order in which they do.
    nodes: Vec<LineageNode>,
    /// Between which nodes they pass, in the order of the nodes that they come from.
    edges: Vec<LineageEdge>,
    /// Whether everything on this way adds up: false when an edge does not; null when no edge could be held against
    /// anything, and for who sees no counts.
    balanced: Option<bool>,
    /// When the way was drawn; each count says when it was taken.
    computed_at: DateTime,
}

/// What records pass through.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct LineageNode {
    /// What edges call it, such as `journal` or `dataset:readings`; it never changes.
    id: String,
    /// What it is.
    kind: LineageNodeKind,
    /// A heading.
    title: String,
    /// The slug of the dataset that it is; null for what is none.
    slug: Option<String>,
    /// The dataset that it is; null for what is none.
    dataset: Option<Dataset>,
}

/// What a node of the lineage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum LineageNodeKind {
    /// The MQTT brokers.
    Broker,
    /// The logs in which each message is durable before it is acknowledged.
    Journal,
    /// A dataset.
    Dataset,
    /// What answers questions: GraphQL, REST, OData, exports.
    Api,
}

/// That records pass from one node to another.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct LineageEdge {
    /// The id of the node that they come from.
    from: String,
    /// The id of the node that they go to.
    to: String,
    /// How many; null where nobody counts, before the first count, and for who may see some sensors only.
    count: Option<LineageCount>,
}

/// How many records passed over an edge, of all sensors and since ever.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct LineageCount {
    /// What is counted.
    item: LineageItem,
    /// How many passed. To the API, how many lie ready: nothing is copied there.
    records: f64,
    /// The same by what became of them; empty where there is nothing to tell apart.
    parts: Vec<LineagePart>,
    /// How many are on their way: received and not on S3 yet, on S3 and not loaded yet, stored and not computed yet.
    waiting: f64,
    /// Whether all that came in went out, but for what is on its way; null where there is nothing to hold it against.
    balanced: Option<bool>,
    /// How many do not add up, those that are missing and those that are too many alike; 0 when balanced, null where there
    /// is nothing to hold them against.
    difference: Option<f64>,
    /// What does not add up, as a sentence for people; null when nothing is wrong.
    detail: Option<String>,
    /// When they were counted.
    counted_at: DateTime,
}

/// What is counted on an edge of the lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Item")]
pub(crate) enum LineageItem {
    /// Messages as received.
    Messages,
    /// Readings; of rollups, those that buckets were made from.
    Readings,
    /// Lists of sensors.
    SensorLists,
}

/// Some of what passed over an edge.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct LineagePart {
    /// What became of them.
    became: LineageOutcome,
    /// How many.
    records: f64,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "model::Became")]
pub(crate) enum LineageOutcome {
    /// A reading that was stored.
    New,
    /// A reading whose value for the same sensor and time was known already.
    Duplicate,
    /// A reading that brought another value for a sensor and time known already.
    Conflicting,
    /// A message that was not understood.
    Quarantined,
    /// A reading that could not be stored.
    Refused,
}

impl Lineage {
    /// A way that its asker may see, all its datasets among those seen.
    pub(crate) fn new(way: &model::Lineage, seen: &Seen) -> Self {
        let datasets = Dataset::seen(seen);
        let node = |node: &model::LineageNode| LineageNode {
            id: node.id(),
            kind: match node {
                model::LineageNode::Broker => LineageNodeKind::Broker,
                model::LineageNode::Journal => LineageNodeKind::Journal,
                model::LineageNode::Dataset { .. } => LineageNodeKind::Dataset,
                model::LineageNode::Api => LineageNodeKind::Api,
            },
            title: node.title().to_owned(),
            slug: node.dataset().map(str::to_owned),
            dataset: datasets
                .iter()
                .find(|dataset| node.dataset() == Some(dataset.described().slug.as_str()))
                .cloned(),
        };
        let verdicts = way
            .edges
            .iter()
            .filter_map(|edge| edge.carried.as_ref()?.is_balanced());
        Self {
            nodes: way.nodes.iter().map(node).collect(),
            edges: way.edges.iter().map(Into::into).collect(),
            balanced: verdicts.reduce(|all, one| all && one),
            computed_at: DateTime(way.computed_at),
        }
    }
}

impl From<&model::LineageEdge> for LineageEdge {
    fn from(edge: &model::LineageEdge) -> Self {
        Self {
            from: edge.from.clone(),
            to: edge.to.clone(),
            count: edge.carried.as_ref().map(LineageCount::from),
        }
    }
}

impl From<&model::Carried> for LineageCount {
    fn from(carried: &model::Carried) -> Self {
        Self {
            item: carried.item.into(),
            records: number(carried.records),
            parts: carried
                .parts
                .iter()
                .map(|part| LineagePart {
                    became: part.became.into(),
                    records: number(part.records),
                })
                .collect(),
            waiting: number(carried.waiting),
            balanced: carried.is_balanced(),
            difference: carried.difference.map(number),
            detail: carried.detail.clone(),
            counted_at: DateTime(carried.counted_at),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(count: u64) -> f64 {
    count as f64
}
