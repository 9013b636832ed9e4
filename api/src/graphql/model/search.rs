//! What a search found.

use std::sync::Arc;

use async_graphql::{Enum, Object, SimpleObject};

use super::{Dataset, DatasetField, Sensor};
use crate::search::{Hit, Part, What};

/// Something that a search found.
#[derive(Debug, Clone)]
pub(crate) struct SearchHit(pub(crate) Hit);

/// Something that a search found.
#[Object]
impl SearchHit {
    /// What it is.
    async fn kind(&self) -> SearchKind {
        match &self.0.what {
            What::Dataset(_) => SearchKind::Dataset,
            What::Field(..) => SearchKind::Field,
            What::Sensor(_) => SearchKind::Sensor,
        }
    }

    /// The title of the dataset, or the name of the field or sensor.
    async fn title(&self) -> &str {
        self.0.what.title()
    }

    /// How good a hit it is, from 0 to 1: 1 where the text is its name; from 0.8 up where its name begins with the text; from
    /// 0.6 up where it has each word; from 0.4 up where it has words that begin so; below where it has words like them.
    async fn score(&self) -> f64 {
        self.0.score
    }

    /// Where most of the words were found: `title`, `slug`, `name`, `keywords` or `description` of a dataset; `name`,
    /// `graphql`, `unit` or `description` of a field; `name`, `type`, `unit`, `description` or a label such as `labels.site` of
    /// a sensor.
    async fn found_in(&self) -> &str {
        &self.0.found_in
    }

    /// Some of that text, cut after some 160 characters, in parts: put together they are it, and those that were looked for
    /// are marked.
    async fn snippet(&self) -> Vec<SearchPart> {
        self.0.snippet.iter().cloned().map(SearchPart::from).collect()
    }

    /// The dataset, or the one that the field is of; null of a sensor.
    async fn dataset(&self) -> Option<Dataset> {
        match &self.0.what {
            What::Dataset(dataset) | What::Field(dataset, _) => Some(Dataset::from(dataset.clone())),
            What::Sensor(_) => None,
        }
    }

    /// The field; null of a dataset or a sensor.
    async fn field(&self) -> Option<DatasetField> {
        match &self.0.what {
            What::Field(dataset, place) => Dataset::from(dataset.clone()).field(*place),
            What::Dataset(_) | What::Sensor(_) => None,
        }
    }

    /// The sensor; null of a dataset or a field.
    async fn sensor(&self) -> Option<Sensor> {
        match &self.0.what {
            What::Sensor(sensor) => Some(Sensor(Arc::clone(sensor))),
            What::Dataset(_) | What::Field(..) => None,
        }
    }
}

/// What a search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SearchKind {
    /// A dataset.
    Dataset,
    /// A field of a dataset.
    Field,
    /// A sensor.
    Sensor,
}

/// A part of a text.
#[derive(Debug, Clone, SimpleObject)]
pub(crate) struct SearchPart {
    /// The part, as it stands.
    text: String,
    /// Whether it is what was looked for.
    matched: bool,
}

impl From<Part> for SearchPart {
    fn from(part: Part) -> Self {
        Self {
            text: part.text,
            matched: part.is_match,
        }
    }
}
