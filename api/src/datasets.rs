//! Which datasets there are for an asker, and how fresh: the one place that says it, for every catalogue.

mod hidden;

use std::borrow::Cow;
use std::sync::Arc;

use catalogue::keeper::Snapshot;
use catalogue::model::{Catalogue, Dataset, FieldUnit, Freshness, Kind, Lineage, Measured, Verdict};
use entity::{DbErr, Scope};

pub(crate) use self::hidden::Hidden;
use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::options::Anonymous;
use crate::state::ApiState;

/// The slug of the dataset that all readings are in.
pub(crate) const READINGS: &str = "readings";

/// The slug of the dataset that all sensors are in.
const SENSORS: &str = "sensors";

/// How a dataset's data is opened for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Openable {
    /// By its own slug.
    Itself,
    /// With another one, by this slug.
    With(&'static str),
}

/// The datasets that there are for an asker.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    snapshot: Arc<Snapshot>,
    /// By their place in the catalogue, each with whether its data is open to the asker.
    places: Vec<(usize, bool)>,
    scope: Scope,
    /// Whether the asker may see some sensors only.
    is_limited: bool,
    anonymous: Anonymous,
}

/// A dataset as an asker sees it.
#[derive(Debug, Clone)]
pub(crate) struct SeenDataset {
    snapshot: Arc<Snapshot>,
    place: usize,
    scope: Scope,
    is_limited: bool,
    /// Whether its data is open to the asker.
    pub(crate) is_open: bool,
}

impl Seen {
    /// What is said of all of them together; the datasets in it are not those of the asker.
    pub(crate) fn words(&self) -> &Catalogue {
        &self.snapshot.catalogue
    }

    /// Whether anybody may read a dataset's data.
    pub(crate) fn is_open_to_anybody(&self, dataset: &Dataset) -> bool {
        is_open(dataset, &Access::anonymous(self.anonymous))
    }

    /// The way of what is in a dataset, of the datasets that there are for the asker; `None` where it is none of them.
    /// Whoever sees some sensors only sees no counts: those are of all sensors.
    pub(crate) fn lineage(&self, slug: &str) -> Option<Lineage> {
        let datasets = &self.snapshot.catalogue.datasets;
        let is_seen = |slug: &str| {
            let mut places = self.places.iter();
            places.any(|&(place, _)| datasets[place].slug == slug)
        };
        let way = self.snapshot.lineage.around(slug, is_seen)?;
        Some(if self.is_limited {
            way.without_counts()
        } else {
            way
        })
    }

    /// Each of them.
    pub(crate) fn datasets(&self) -> impl Iterator<Item = SeenDataset> {
        self.places.iter().map(|&(place, is_open)| SeenDataset {
            snapshot: Arc::clone(&self.snapshot),
            place,
            scope: self.scope.clone(),
            is_limited: self.is_limited,
            is_open,
        })
    }
}

impl Seen {
    /// The slugs of those whose data is open to the asker, or of the one that `argument` names.
    pub(crate) fn open(
        &self,
        access: &Access,
        argument: &'static str,
        slug: Option<&str>,
    ) -> Result<Vec<String>, ApiError> {
        let Some(slug) = slug else {
            let open = self.datasets().filter(|dataset| dataset.is_open);
            return Ok(open.map(|dataset| dataset.described().slug.clone()).collect());
        };
        let found = self.datasets().find(|dataset| dataset.described().slug == slug);
        match found {
            Some(dataset) if dataset.is_open => Ok(vec![slug.to_owned()]),
            // Why not is for the access to say.
            Some(_) => access.dataset(slug).map(|_| Vec::new()),
            None => Err(ApiError::NotFound {
                argument,
                message: format!("there is no dataset {slug:?}"),
            }),
        }
    }
}

impl SeenDataset {
    /// How its data is opened for somebody.
    pub(crate) fn openable(&self) -> Openable {
        let dataset = self.described();
        match dataset.kind {
            Kind::Rollup => Openable::With(READINGS),
            Kind::Sensors if dataset.slug != SENSORS => Openable::With(SENSORS),
            _ => Openable::Itself,
        }
    }

    /// Whether its data is open to somebody.
    pub(crate) fn is_open_to(&self, access: &Access) -> bool {
        is_open(self.described(), access)
    }

    pub(crate) fn described(&self) -> &Dataset {
        &self.snapshot.catalogue.datasets[self.place]
    }

    /// Words to find it by.
    pub(crate) fn keywords(&self) -> impl Iterator<Item = &str> {
        let described = self.described();
        let measured = &described.extent.quantity_kinds;
        let keywords = described.keywords.iter();
        keywords
            .filter(|keyword| self.tells_of_sensors() || !measured.contains(keyword))
            .map(String::as_str)
    }

    /// The kinds of quantities that its values are, each once.
    pub(crate) fn quantity_kinds(&self) -> Vec<&str> {
        let of_fields = self
            .described()
            .fields
            .iter()
            .filter_map(|field| match field.unit {
                FieldUnit::Known { quantity_kind, .. } => Some(quantity_kind),
                _ => None,
            });
        self.with_sensors(of_fields, &self.described().extent.quantity_kinds)
    }

    /// The units that its values are in, as UCUM codes, each once.
    pub(crate) fn units(&self) -> Vec<&str> {
        let of_fields = self
            .described()
            .fields
            .iter()
            .filter_map(|field| match field.unit {
                FieldUnit::Known { ucum, .. } => Some(ucum),
                _ => None,
            });
        self.with_sensors(of_fields, &self.described().extent.units)
    }

    fn with_sensors<'a>(
        &self,
        of_fields: impl Iterator<Item = &'a str>,
        of_sensors: &'a [String],
    ) -> Vec<&'a str> {
        let of_sensors = if self.tells_of_sensors() { of_sensors } else { &[] };
        let mut all: Vec<&str> = of_fields.chain(of_sensors.iter().map(String::as_str)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether what all sensors together are may be told: whoever sees some only would learn of others.
    fn tells_of_sensors(&self) -> bool {
        !self.scope.is_limited()
    }

    /// The worst of what is measured of it.
    pub(crate) fn verdict(&self) -> Verdict {
        let quality = self.quality();
        let verdicts = quality.iter().map(|measured| measured.verdict);
        verdicts.max().unwrap_or(Verdict::NotApplicable)
    }

    /// What was found out with it.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether single values may be shown: whoever sees some sensors only might see another's.
    pub(crate) fn with_examples(&self) -> bool {
        self.is_open && !self.scope.is_limited()
    }

    /// How fresh it is. Whoever sees some sensors only is told of those: that another one is late is not theirs to know.
    pub(crate) fn freshness(&self) -> Freshness {
        let freshness = &self.described().freshness;
        if freshness.sensors.is_some() && self.scope.is_limited() {
            return self
                .snapshot
                .freshness
                .readings_of(|sensor| self.scope.sees(sensor));
        }
        freshness.clone()
    }

    /// How good it is, dimension by dimension. Whoever sees some sensors only is told of those, and of nothing that is not
    /// counted by sensor.
    pub(crate) fn quality(&self) -> Cow<'_, [Measured]> {
        let dataset = self.described();
        if !self.is_limited {
            return Cow::Borrowed(&dataset.quality);
        }
        if dataset.kind == Kind::Readings && self.scope.is_limited() {
            return Cow::Owned(self.snapshot.quality_of(|sensor| self.scope.sees(sensor)));
        }
        Cow::Borrowed(&[])
    }
}

/// The datasets that there are for an asker: all whose data is open to them, and those of the others that are listed.
pub(crate) async fn seen_by(state: &ApiState, access: &Access) -> Result<Seen, DbErr> {
    let snapshot = state.catalogue().snapshot().await?;
    seen_in(state, access, snapshot).await
}

/// The same of what was found out at one instant.
pub(crate) async fn seen_in(
    state: &ApiState,
    access: &Access,
    snapshot: Arc<Snapshot>,
) -> Result<Seen, DbErr> {
    let hidden = state.hidden().slugs(state.db()).await?;
    let datasets = snapshot.catalogue.datasets.iter().enumerate();
    let places = datasets.filter_map(|(place, dataset)| {
        let is_open = is_open(dataset, access);
        (is_open || !hidden.contains(&dataset.slug)).then_some((place, is_open))
    });
    Ok(Seen {
        places: places.collect(),
        scope: if access.data().is_ok() {
            access.scope()
        } else {
            Scope::Everything
        },
        is_limited: access.is_limited(),
        anonymous: state.options().anonymous,
        snapshot,
    })
}

/// Whether a dataset's data is open to an asker.
fn is_open(dataset: &Dataset, access: &Access) -> bool {
    match dataset.kind {
        // Who may see readings may see what is computed from them, and whose they are.
        Kind::Rollup => access.data().is_ok(),
        Kind::Sensors => access.sensors().is_ok(),
        _ => access
            .dataset(&dataset.slug)
            // What is not kept by sensor is closed to who sees some sensors only.
            .is_ok_and(|scope| !scope.is_limited() || dataset.extent.sensors.is_some()),
    }
}
