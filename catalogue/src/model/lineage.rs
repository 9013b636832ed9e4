//! Lineage: the way of everything that was received, with how much of it went where.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

/// The way from the broker to the API, as a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// What things pass through, in that order.
    pub nodes: Vec<LineageNode>,
    /// Between which of them they pass, in the order of the nodes that they come from.
    pub edges: Vec<LineageEdge>,
    /// When it was drawn (the service's clock); each count says when it was taken.
    pub computed_at: DateTime<Utc>,
}

/// What things pass through.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum LineageNode {
    /// The MQTT brokers.
    Broker,
    /// The logs in which each message is durable before it is acknowledged.
    Journal,
    /// A dataset.
    Dataset {
        /// Its slug.
        slug: String,
        /// Its heading.
        title: String,
    },
    /// What answers questions.
    Api,
}

impl LineageNode {
    /// What edges call it; never changes.
    pub fn id(&self) -> String {
        match self {
            Self::Broker => "broker".to_owned(),
            Self::Journal => "journal".to_owned(),
            Self::Dataset { slug, .. } => id_of(slug),
            Self::Api => "api".to_owned(),
        }
    }

    /// A heading.
    pub fn title(&self) -> &str {
        match self {
            Self::Broker => "MQTT brokers",
            Self::Journal => "Journals",
            Self::Dataset { title, .. } => title,
            Self::Api => "API",
        }
    }

    /// The dataset that it is, by slug.
    pub fn dataset(&self) -> Option<&str> {
        match self {
            Self::Dataset { slug, .. } => Some(slug),
            Self::Broker | Self::Journal | Self::Api => None,
        }
    }
}

/// What edges call a dataset.
pub(crate) fn id_of(slug: &str) -> String {
    format!("dataset:{slug}")
}

/// That things pass from one node to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineageEdge {
    /// The node that they come from, by [`LineageNode::id`].
    pub from: String,
    /// The node that they go to.
    pub to: String,
    /// How many; `None` where nobody counts.
    pub carried: Option<Carried>,
}

/// How many things passed over an edge, since ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// What is counted.
    pub item: Item,
    /// How many passed.
    pub records: u64,
    /// The same by what became of them; empty where there is nothing to tell apart.
    pub parts: Vec<Part>,
    /// How many are on their way, and will pass.
    pub waiting: u64,
    /// How many do not add up, those that are missing and those that are too many alike; `None` where there is nothing to
    /// hold them against.
    pub difference: Option<u64>,
    /// What does not add up, as a sentence for people.
    pub detail: Option<String>,
    /// When they were counted (the service's clock).
    pub counted_at: DateTime<Utc>,
}

impl Carried {
    /// Whether all that came in went out; `None` where there is nothing to hold it against.
    pub fn is_balanced(&self) -> Option<bool> {
        self.difference.map(|difference| difference == 0)
    }
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// Messages as received.
    Messages,
    /// Readings. Of rollups, those that buckets were made from.
    Readings,
    /// Sensor lists.
    SensorLists,
}

/// Some of what passed over an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What became of them.
    pub became: Became,
    /// How many.
    pub records: u64,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Became {
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
    /// What lies before and behind a dataset, of the datasets that may be seen; `None` when it may not, or is none.
    ///
    /// Where a dataset between two others may not be seen, the way ends there.
    #[must_use]
    pub fn around(&self, slug: &str, is_seen: impl Fn(&str) -> bool) -> Option<Self> {
        let hidden: HashSet<String> = self
            .nodes
            .iter()
            .filter(|node| node.dataset().is_some_and(|slug| !is_seen(slug)))
            .map(LineageNode::id)
            .collect();
        let own = id_of(slug);
        if hidden.contains(&own) || !self.nodes.iter().any(|node| node.dataset() == Some(slug)) {
            return None;
        }
        let open = |edge: &&LineageEdge| !hidden.contains(&edge.from) && !hidden.contains(&edge.to);
        let edges: Vec<&LineageEdge> = self.edges.iter().filter(open).collect();
        let before = reached(&own, &edges, |edge| (&edge.to, &edge.from));
        let behind = reached(&own, &edges, |edge| (&edge.from, &edge.to));
        let is_on_way = |edge: &&LineageEdge| before.contains(&edge.to) || behind.contains(&edge.from);
        Some(Self {
            nodes: self
                .nodes
                .iter()
                .filter(|node| before.contains(&node.id()) || behind.contains(&node.id()))
                .cloned()
                .collect(),
            edges: edges.into_iter().filter(is_on_way).cloned().collect(),
            computed_at: self.computed_at,
        })
    }

    /// The same graph without any count: those are of all sensors.
    #[must_use]
    pub fn without_counts(mut self) -> Self {
        for edge in &mut self.edges {
            edge.carried = None;
        }
        self
    }

    /// The edge between two nodes, by their ids.
    pub fn edge(&self, from: &str, to: &str) -> Option<&LineageEdge> {
        self.edges.iter().find(|edge| edge.from == from && edge.to == to)
    }
}

/// A node, and all that edges lead to from there, in the direction that `along` gives them.
fn reached<'a>(
    from: &str,
    edges: &[&'a LineageEdge],
    along: impl Fn(&'a LineageEdge) -> (&'a String, &'a String),
) -> HashSet<String> {
    let mut reached = HashSet::from([from.to_owned()]);
    let mut next = vec![from.to_owned()];
    while let Some(node) = next.pop() {
        for edge in edges {
            let (start, end) = along(edge);
            if *start == node && reached.insert(end.clone()) {
                next.push(end.clone());
            }
        }
    }
    reached
}
