//! Which datasets there are for an asker: the one place that says it, for every catalogue.

use std::sync::Arc;

use catalogue::model::{Catalogue, Dataset, Kind};
use entity::visibility::{self, Visibility};
use entity::{DatabaseConnection, DbErr};

use crate::access::Access;
use crate::state::ApiState;

/// The datasets that there are for an asker.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    catalogue: Arc<Catalogue>,
    /// By their place in the catalogue, each with whether its data is open to the asker.
    places: Vec<(usize, bool)>,
    /// Whether single values may be shown: whoever sees some sensors only might see another's.
    pub(crate) with_examples: bool,
}

impl Seen {
    /// The catalogue that they are of.
    pub(crate) fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Their places in it, each with whether the data is open to the asker.
    pub(crate) fn places(&self) -> &[(usize, bool)] {
        &self.places
    }
}

/// The datasets that there are for an asker: all whose data is open to them, and those of the others that are listed.
pub(crate) async fn seen_by(state: &ApiState, access: &Access) -> Result<Seen, DbErr> {
    let catalogue = state.catalogue().catalogue().await?;
    let hidden = hidden(state.db()).await?;
    let places = catalogue
        .datasets
        .iter()
        .enumerate()
        .filter_map(|(place, dataset)| {
            let is_open = is_open(dataset, access);
            (is_open || !hidden.contains(&dataset.slug)).then_some((place, is_open))
        })
        .collect();
    Ok(Seen {
        places,
        catalogue,
        with_examples: !access.scope().is_limited(),
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
