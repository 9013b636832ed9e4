//! The one model of the catalogue: GraphQL, pages and every feed are drawn from it and say nothing that is not in it.
//!
//! It is a function of what is there (found in the database, not listed), of what people said, and of what was measured. Nothing here knows SQL, JSON or RDF.

mod dataset;
mod extent;
mod field;
mod freshness;
mod incident;
pub(crate) mod lineage;
mod measured;
mod service;
mod stewardship;
mod version;

use chrono::{DateTime, Utc};
pub use entity::announcements::{Announcement, AnnouncementKind};
pub use entity::incidents::IncidentKind;

pub use self::dataset::{Access, Dataset, Distribution, Kind, Problem, Stored};
pub use self::extent::{BoundingBox, Count, Extent, Period};
pub use self::field::{Deprecation, Field, FieldUnit, GraphqlField, Range, Reference};
pub use self::freshness::{Basis, Freshness, FreshnessStatus, SensorsFresh};
pub use self::incident::Incident;
pub use self::lineage::{Became, Carried, Item, Lineage, LineageEdge, LineageNode, Part};
pub use self::measured::{Dimension, Measured, Verdict};
pub use self::service::Service;
pub use self::stewardship::{Licence, Party, Promise, Stewardship};
pub use self::version::{Change, Release, SemanticVersion};

/// Everything that the catalogue says, at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Catalogue {
    /// A heading.
    pub title: String,
    /// What it is a catalogue of, in a sentence or two.
    pub description: String,
    /// Who publishes it.
    pub publisher: Party,
    /// The language of its texts, as a tag of BCP 47.
    pub language: String,
    /// In the order in which a message passes through them, those found besides at the end by slug.
    pub datasets: Vec<Dataset>,
    /// When all of this was found out (the service's clock).
    pub computed_at: DateTime<Utc>,
}

impl Catalogue {
    /// The dataset with this slug.
    pub fn dataset(&self, slug: &str) -> Option<&Dataset> {
        self.datasets.iter().find(|dataset| dataset.slug == slug)
    }
}
