//! Which datasets there are for an asker: the one place that says it, for every catalogue.

use catalogue::{DATASETS, Dataset};
use entity::visibility::{self, Visibility};
use entity::{DatabaseConnection, DbErr};

use crate::access::Access;

/// A dataset as an asker sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) dataset: &'static Dataset,
    /// Whether its data is open to the asker.
    pub(crate) is_open: bool,
}

/// The datasets that there are for an asker: all whose data is open to them, and those of the others that are listed.
pub(crate) async fn seen_by(db: &DatabaseConnection, access: &Access) -> Result<Vec<Seen>, DbErr> {
    let visibilities = visibility::of_datasets(db).await?;
    let seen = DATASETS.iter().filter_map(|dataset| {
        // Metadata of sensors is open to who may see readings, too.
        let is_open = match dataset.slug {
            "sensors" => access.sensors().is_ok(),
            slug => access.dataset(slug).is_ok(),
        };
        let visibility = visibilities.get(dataset.slug).copied().unwrap_or_default();
        (is_open || visibility == Visibility::Listed).then_some(Seen { dataset, is_open })
    });
    Ok(seen.collect())
}
