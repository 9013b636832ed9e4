//! What was found out at one instant.

use chrono::{DateTime, Utc};

use crate::freshness::Checked;
use crate::model::{Catalogue, Freshness, Lineage};

/// What was found out at one instant.
#[derive(Debug)]
pub struct Snapshot {
    /// Every dataset.
    pub catalogue: Catalogue,
    /// Where everything went that was received.
    pub lineage: Lineage,
    /// How fresh every sensor and dataset is.
    pub freshness: Checked,
}

impl Snapshot {
    pub(super) fn new(mut catalogue: Catalogue, lineage: Lineage, freshness: Checked) -> Self {
        for dataset in &mut catalogue.datasets {
            if let Some(found) = freshness.dataset(&dataset.slug) {
                dataset.freshness = found.clone();
            }
        }
        Self {
            catalogue,
            lineage,
            freshness,
        }
    }

    /// When all but freshness was found out.
    pub(super) fn found_at(&self) -> DateTime<Utc> {
        self.catalogue.computed_at
    }

    /// The same datasets, as fresh as this says.
    pub(super) fn with_freshness(&self, freshness: Checked) -> Self {
        Self::new(self.catalogue.clone(), self.lineage.clone(), freshness)
    }

    /// How fresh a sensor is, by internal key; unknown where it came after the look.
    pub fn sensor(&self, id: i32) -> Freshness {
        let found = self.freshness.sensor(id).cloned();
        found.unwrap_or_else(|| Freshness::unknown(crate::model::Basis::EventTime, self.freshness.at))
    }
}
