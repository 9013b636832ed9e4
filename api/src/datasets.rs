//! Which datasets there are for an asker, and how fresh: the one place that says it, for every catalogue.

use std::sync::Arc;

use catalogue::keeper::Snapshot;
use catalogue::model::{Catalogue, Dataset, Freshness, Kind, Lineage, Measured};
use entity::visibility::{self, Visibility};
use entity::{DatabaseConnection, DbErr, Scope};

use crate::access::Access;
use crate::options::Anonymous;
use crate::state::ApiState;

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

impl SeenDataset {
    pub(crate) fn described(&self) -> &Dataset {
        &self.snapshot.catalogue.datasets[self.place]
    }

    /// What was found out with it.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Whether single values may be shown: whoever sees some sensors only might see another's.
    pub(crate) fn with_examples(&self) -> bool {
        self.is_open && !self.scope.is_limited()
    }

    /// How good it is. Figures are of all sensors, so whoever sees some of them only is told of none.
    pub(crate) fn quality(&self) -> &[Measured] {
        if self.is_limited {
            return &[];
        }
        &self.described().quality
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
}

/// The datasets that there are for an asker: all whose data is open to them, and those of the others that are listed.
pub(crate) async fn seen_by(state: &ApiState, access: &Access) -> Result<Seen, DbErr> {
    let snapshot = state.catalogue().snapshot().await?;
    let hidden = hidden(state.db()).await?;
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

async fn hidden(db: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    let visibilities = visibility::of_datasets(db).await?;
    let hidden = visibilities
        .into_iter()
        .filter(|(_, visibility)| *visibility == Visibility::Hidden);
    Ok(hidden.map(|(slug, _)| slug).collect())
}
