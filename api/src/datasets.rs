//! Which datasets there are for an asker, and how fresh: the one place that says it, for every catalogue.

use std::sync::Arc;

use catalogue::keeper::Snapshot;
use catalogue::model::{Catalogue, Dataset, Freshness, Kind};
use entity::visibility::{self, Visibility};
use entity::{DatabaseConnection, DbErr, Scope};

use crate::access::Access;
use crate::graphql::error::ApiError;
use crate::options::Anonymous;
use crate::state::ApiState;

/// The datasets that there are for an asker.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    snapshot: Arc<Snapshot>,
    /// By their place in the catalogue, each with whether its data is open to the asker.
    places: Vec<(usize, bool)>,
    scope: Scope,
    anonymous: Anonymous,
}

/// A dataset as an asker sees it.
#[derive(Debug, Clone)]
pub(crate) struct SeenDataset {
    snapshot: Arc<Snapshot>,
    place: usize,
    scope: Scope,
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

    /// Each of them.
    pub(crate) fn datasets(&self) -> impl Iterator<Item = SeenDataset> {
        self.places.iter().map(|&(place, is_open)| SeenDataset {
            snapshot: Arc::clone(&self.snapshot),
            place,
            scope: self.scope.clone(),
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
    seen_in(state, access, snapshot).await
}

/// The same of what was found out at one instant.
pub(crate) async fn seen_in(
    state: &ApiState,
    access: &Access,
    snapshot: Arc<Snapshot>,
) -> Result<Seen, DbErr> {
    let all_open = snapshot
        .catalogue
        .datasets
        .iter()
        .all(|dataset| is_open(dataset, access));
    // What is open is there, hidden or not.
    let hidden = if all_open {
        Vec::new()
    } else {
        hidden(state.db()).await?
    };
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
