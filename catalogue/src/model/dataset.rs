//! A dataset: something Fieldbook keeps and describes as a whole.

use super::{Announcement, Deprecation, Extent, Field, Freshness, Incident, Measured, Release, Stewardship};

/// Something Fieldbook keeps and describes as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its part of an address; never changes.
    pub slug: String,
    /// What one item of it is called in code, tables and documents.
    pub name: String,
    /// What it is among datasets.
    pub kind: Kind,
    /// A heading.
    pub title: String,
    /// What one item of it is, in a sentence or two; empty where nobody wrote it ([`Problem::NoDescription`]).
    pub description: Option<String>,
    /// Words to find it by.
    pub keywords: Vec<String>,
    /// Where it lies.
    pub stored: Stored,
    /// Its columns, in the order of the table.
    pub fields: Vec<Field>,
    /// The slugs of the datasets from which it is made.
    pub derived_from: Vec<String>,
    /// How much there is of it, and of what time and place.
    pub extent: Extent,
    /// What no machine can know of it.
    pub stewardship: Stewardship,
    /// Who may read its data.
    pub access: Access,
    /// That it will go.
    pub deprecation: Option<Deprecation>,
    /// The ways to get it.
    pub distributions: Vec<Distribution>,
    /// Its versions, the newest first; the first is in force. Empty until the catalogue was kept for the first time.
    pub releases: Vec<Release>,
    /// How fresh it is.
    pub freshness: Freshness,
    /// How good it is, dimension by dimension; empty where nothing is measured.
    pub quality: Vec<Measured>,
    /// What its stewards announce: what stands, and what stood in the last 90 days; by its beginning, the last first.
    pub announcements: Vec<Announcement>,
    /// What went wrong, the newest first, as far as whoever asks may see it: empty until somebody asks.
    pub incidents: Vec<Incident>,
    /// What is missing of its description.
    pub problems: Vec<Problem>,
}

impl Dataset {
    /// The version in force.
    pub fn release(&self) -> Option<&Release> {
        self.releases.first()
    }

    /// The fields that tell one item from another.
    pub fn key(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_key)
    }
}

/// What a dataset is among datasets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Messages as received.
    Raw,
    /// Normalized readings.
    Readings,
    /// What readings amount to in buckets of time.
    Rollup,
    /// What is known of sensors.
    Sensors,
    /// What could not be used, and why.
    Quarantine,
    /// A table that is none of these.
    Table,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Raw,
        Self::Readings,
        Self::Rollup,
        Self::Sensors,
        Self::Quarantine,
        Self::Table,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Readings => "readings",
            Self::Rollup => "rollup",
            Self::Sensors => "sensors",
            Self::Quarantine => "quarantine",
            Self::Table => "table",
        }
    }

    /// The kind of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Who may read the data of a dataset. Who may know that there is such a dataset is another question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Anybody who reaches the service.
    Anybody,
    /// Who shows a key or a token to which it is open.
    WithKey,
}

/// Where a dataset lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// In a table, or what reads like one, of the database.
    Table {
        /// Its schema in the database, such as `public`.
        schema: String,
        /// Its name there.
        name: String,
        /// Whether it is a view, materialized or not, a continuous aggregate among them.
        is_view: bool,
        /// Whether it is cut by time (a hypertable of TimescaleDB).
        is_hypertable: bool,
    },
    /// In objects on S3, each a file of compressed JSON lines.
    Objects {
        /// What the keys of its objects begin with, such as `raw/`.
        prefix: String,
        /// The dataset or table in which each object has a row.
        manifest: String,
    },
}

/// A way to get a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    /// Its part of an address within the dataset, such as `csv`; never changes.
    pub slug: &'static str,
    /// A heading.
    pub title: &'static str,
    /// What one gets, in a sentence.
    pub description: &'static str,
    /// Its path on the service, such as `/export/readings.csv`.
    pub path: &'static str,
    /// Its media type, such as `text/csv`.
    pub media_type: &'static str,
    /// Whether the path gives the data itself, and not a service that is asked for it.
    pub is_download: bool,
}

/// Something missing of a dataset's description. Each shows in the catalogue; of Fieldbook's own datasets none may be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// Its table has no comment.
    NoDescription,
    /// Nobody owns it.
    NoOwner,
    /// This column has no comment.
    NoFieldDescription(String),
    /// This column's comment names a unit that the registry does not know.
    UnknownUnit {
        /// The column.
        field: String,
        /// The unit as its comment has it.
        unit: String,
    },
    /// Some sensors' declared units are not understood.
    UnmappedUnits {
        /// The units as declared, each once.
        units: Vec<String>,
        /// How many sensors declare one of them.
        sensors: u64,
    },
    /// Its rows could not be looked at, for this reason: how much there is of it is not known.
    Unreadable(String),
    /// What its stewards say cannot be used, for this reason: the file's word holds.
    Stewardship(String),
    /// What follows its comment's text is not what the catalogue reads.
    UnreadableComment {
        /// The column; `None` for the table's own comment.
        field: Option<String>,
        /// What is wrong.
        reason: String,
    },
}
