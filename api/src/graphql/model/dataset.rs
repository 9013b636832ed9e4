//! Datasets, as the catalogue describes them.

mod field;
mod filter;
mod said;

use async_graphql::{Context, Enum, Object, SimpleObject};
use catalogue::model::{Dataset as Described, Kind};

pub(crate) use self::field::DatasetField;
use self::field::Deprecation;
pub(crate) use self::filter::{DatasetFacets, DatasetFilter};
use self::said::{DatasetProblem, DatasetVersion, Distribution, Licence, Party, Promise};
use super::{Announcement, Count, DatasetFigure, Freshness, Incident, QualityStatus, Range};
use crate::datasets::{Seen, SeenDataset};
use crate::graphql::batch::IncidentsKey;
use crate::graphql::error::ApiError;
use crate::graphql::request::ContextExt as _;
use crate::graphql::scalar::DateTime;

/// Incidents of a dataset when the question does not say,
const INCIDENTS: i32 = 20;

/// and at most.
const INCIDENTS_MAX: u32 = 100;

/// A dataset as an asker sees it.
#[derive(Debug, Clone)]
pub(crate) struct Dataset(SeenDataset);

impl Dataset {
    /// All that an asker sees.
    pub(crate) fn seen(seen: &Seen) -> Vec<Self> {
        seen.datasets().map(Self).collect()
    }

    /// The one with this slug, if there is one for the asker.
    pub(crate) fn of(seen: &Seen, slug: &str) -> Option<Self> {
        seen.datasets()
            .map(Self)
            .find(|dataset| dataset.described().slug == slug)
    }

    /// What it is made of.
    fn seen_dataset(&self) -> &SeenDataset {
        &self.0
    }

    /// The field at this place.
    pub(crate) fn field(&self, place: usize) -> Option<DatasetField> {
        let field = self.described().fields.get(place)?;
        Some(DatasetField::new(field, self.0.with_examples()))
    }

    pub(crate) fn described(&self) -> &Described {
        self.0.described()
    }
}

impl From<SeenDataset> for Dataset {
    fn from(seen: SeenDataset) -> Self {
        Self(seen)
    }
}

/// Something that Fieldbook keeps and describes as a whole. What is said of it is found out from the running system; what
/// no machine can know is the operator's word.
#[Object]
impl Dataset {
    /// Its part of an address; it never changes.
    async fn slug(&self) -> &str {
        &self.described().slug
    }

    /// What one item of it is called.
    async fn name(&self) -> &str {
        &self.described().name
    }

    /// A heading.
    async fn title(&self) -> &str {
        &self.described().title
    }

    /// What one item of it is; empty where nobody wrote it.
    async fn description(&self) -> &str {
        self.described().description.as_deref().unwrap_or_default()
    }

    /// Whether its data is open to the asker; otherwise only what is said here of it is.
    async fn open(&self) -> bool {
        self.0.is_open
    }

    /// What it is among datasets.
    async fn kind(&self) -> DatasetKind {
        self.described().kind.into()
    }

    /// Words to find it by. Whoever may see some sensors only is not told what others measure.
    async fn keywords(&self) -> Vec<&str> {
        self.0.keywords().collect()
    }

    /// Its fields, in their order.
    async fn fields(&self) -> Vec<DatasetField> {
        let fields = self.described().fields.iter();
        fields
            .map(|field| DatasetField::new(field, self.0.with_examples()))
            .collect()
    }

    /// The slugs of the datasets from which it is made.
    async fn derived_from(&self) -> &[String] {
        &self.described().derived_from
    }

    /// The times that its items are about; null where that takes too long to find out, and without items.
    async fn period(&self) -> Option<Period> {
        let period = self.described().extent.period?;
        Some(Period {
            from: DateTime(period.from),
            to: DateTime(period.to),
        })
    }

    /// Seconds between two items: the length of a bucket, or the commonest interval that sensors declare; null when not
    /// known.
    async fn resolution_seconds(&self) -> Option<f64> {
        self.described().extent.resolution_seconds
    }

    /// The box on the globe in which its sensors stand; null without places.
    async fn bounding_box(&self) -> Option<Bounds> {
        let bounds = self.described().extent.bounding_box?;
        Some(Bounds {
            south: bounds.south,
            west: bounds.west,
            north: bounds.north,
            east: bounds.east,
        })
    }

    /// How many sensors it is about, those that the asker may not see included; null where it is not kept by sensor.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    async fn sensor_count(&self) -> Option<f64> {
        self.described().extent.sensors.map(|sensors| sensors as f64)
    }

    /// How many items it has; null when nobody has counted yet.
    async fn rows(&self) -> Option<Count> {
        self.described().extent.rows.map(Count::from)
    }

    /// How many bytes it takes where it lies, indexes included.
    async fn bytes(&self) -> Option<Count> {
        self.described().extent.bytes.map(Count::from)
    }

    /// Who answers for it; null where nobody does.
    async fn owner(&self) -> Option<Party> {
        self.described().stewardship.owner.clone().map(Party::from)
    }

    /// Whom to ask; null where nobody is named.
    async fn contact(&self) -> Option<Party> {
        self.described().stewardship.contact.clone().map(Party::from)
    }

    /// On which terms it may be used; null where nobody said.
    async fn licence(&self) -> Option<Licence> {
        self.described().stewardship.licence.clone().map(Licence::from)
    }

    /// What its owner promises.
    async fn promise(&self) -> Promise {
        self.described().stewardship.promise.into()
    }

    /// The ways to get it from this service.
    async fn distributions(&self) -> Vec<Distribution> {
        let ways = self.described().distributions.iter();
        ways.cloned().map(Distribution::from).collect()
    }

    /// The version in force, as of Semantic Versioning: major when something is gone or narrower, minor when something
    /// came, patch when something is said in other words.
    async fn version(&self) -> Option<String> {
        self.described()
            .release()
            .map(|release| release.version.to_string())
    }

    /// Its versions and what each changed, the newest first.
    async fn versions(&self) -> Vec<DatasetVersion> {
        self.described()
            .releases
            .iter()
            .map(DatasetVersion::from)
            .collect()
    }

    /// That it will go; null when it stays.
    async fn deprecation(&self) -> Option<Deprecation> {
        self.described().deprecation.as_ref().map(Deprecation::from)
    }

    /// What its stewards announce: what is so or to come, by its beginning, the last first; up to 100.
    async fn announcements(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Whether those that were over or withdrawn in the last 90 days are told, too.",
            default = false
        )]
        past: bool,
    ) -> Vec<Announcement> {
        let all = self.described().announcements.iter();
        all.map(|announcement| Announcement::new(announcement.clone(), ctx.asked().at))
            .filter(|announcement| past || announcement.is_standing())
            .collect()
    }

    /// What went wrong with it and with its sensors, the newest first; empty where its data is not open to the asker. Whoever
    /// may see some sensors only is told of those. The query `incidents` has all of them, in pages.
    async fn incidents(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those that are not over (true), or are (false). Default: both.")] open: Option<
            bool,
        >,
        #[graphql(desc = "So many at most, from 1 to 100.", default_with = "Some(INCIDENTS)")] first: Option<
            i32,
        >,
    ) -> Result<Vec<Incident>, ApiError> {
        let first = first.unwrap_or(INCIDENTS);
        let limit = u32::try_from(first)
            .ok()
            .filter(|rows| (1..=INCIDENTS_MAX).contains(rows));
        let limit = limit.ok_or_else(|| ApiError::InvalidArgument {
            argument: "first".to_owned(),
            message: format!("{first} is no number of incidents"),
            accepted: format!("an integer from 1 to {INCIDENTS_MAX}"),
        })?;
        if !self.0.is_open {
            return Ok(Vec::new());
        }
        let slug = self.described().slug.clone();
        let found = ctx.loaders().load_one(IncidentsKey { slug, open, limit }).await?;
        Ok(found.unwrap_or_default())
    }

    /// What is missing of its description.
    async fn problems(&self) -> Vec<DatasetProblem> {
        self.described()
            .problems
            .iter()
            .map(DatasetProblem::from)
            .collect()
    }

    /// How good it is, dimension by dimension, as it was measured last: of readings in the last 24 hours that are measured
    /// of all sensors, of what is received and stored in those that are closed. Empty where nothing is measured.
    /// `quality(dataset)` says more.
    async fn quality_figures(&self) -> Vec<DatasetFigure> {
        self.0.quality().iter().map(DatasetFigure::from).collect()
    }

    /// The worst of what its figures of quality mean.
    async fn quality_status(&self) -> QualityStatus {
        self.0.verdict().into()
    }

    /// How fresh it is. Whoever may see some sensors only is told of those.
    async fn freshness(&self) -> Freshness {
        Freshness::of_dataset(&self.0)
    }

    /// When all of this, but for freshness, was found out.
    async fn computed_at(&self) -> DateTime {
        DateTime(self.0.snapshot().catalogue.computed_at)
    }
}

/// What a dataset is among datasets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Kind")]
pub(crate) enum DatasetKind {
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

/// A stretch of time, both ends included.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct Period {
    /// The earliest time.
    from: DateTime,
    /// The latest time.
    to: DateTime,
}

/// A box on the globe.
#[derive(Debug, Clone, Copy, SimpleObject)]
pub(crate) struct Bounds {
    /// The southern edge, in degrees north (WGS 84).
    south: f64,
    /// The western edge, in degrees east (WGS 84).
    west: f64,
    /// The northern edge, in degrees north (WGS 84).
    north: f64,
    /// The eastern edge, in degrees east (WGS 84).
    east: f64,
}

impl From<catalogue::model::Range> for Range {
    fn from(range: catalogue::model::Range) -> Self {
        Self {
            min: range.min,
            max: range.max,
        }
    }
}
