//! What was found out at one instant.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::SensorsQuality;
use super::quality::bounds;
use crate::freshness::Checked;
use crate::model::{Basis, Catalogue, Freshness, Lineage, Measured};
use crate::quality::{RuleSet, Thresholds};

/// What was found out at one instant.
#[derive(Debug)]
pub struct Snapshot {
    /// Every dataset.
    pub catalogue: Catalogue,
    /// Where everything went that was received.
    pub lineage: Lineage,
    /// How fresh every sensor and dataset is.
    pub freshness: Checked,
    /// How good the readings of every sensor were in the last 24 hours that were measured; `None` before the first.
    pub quality: Option<Arc<SensorsQuality>>,
    /// The rules of quality in force.
    pub rules: Arc<RuleSet>,
}

impl Snapshot {
    pub(super) fn new(
        mut catalogue: Catalogue,
        lineage: Lineage,
        freshness: Checked,
        quality: Option<Arc<SensorsQuality>>,
        rules: Arc<RuleSet>,
    ) -> Self {
        for dataset in &mut catalogue.datasets {
            if let Some(found) = freshness.dataset(&dataset.slug) {
                dataset.freshness = found.clone();
            }
        }
        Self {
            catalogue,
            lineage,
            freshness,
            quality,
            rules,
        }
    }

    /// When all but freshness was found out.
    pub(super) fn found_at(&self) -> DateTime<Utc> {
        self.catalogue.computed_at
    }

    /// The same datasets, as fresh as this says.
    pub(super) fn with_freshness(&self, freshness: Checked) -> Self {
        Self::new(
            self.catalogue.clone(),
            self.lineage.clone(),
            freshness,
            self.quality.clone(),
            Arc::clone(&self.rules),
        )
    }

    /// How fresh a sensor is, by internal key; unknown where it came after the look.
    pub fn sensor(&self, id: i32) -> Freshness {
        let found = self.freshness.sensor(id).cloned();
        found.unwrap_or_else(|| Freshness::unknown(Basis::EventTime, self.freshness.at))
    }

    /// The bounds for the readings of many sensors together.
    pub fn thresholds(&self) -> Thresholds {
        bounds(&self.rules)
    }

    /// How good the readings of some sensors were, for whoever may see only those.
    pub fn quality_of(&self, is_visible: impl Fn(i32) -> bool + Copy) -> Vec<Measured> {
        self.quality
            .as_deref()
            .map(|quality| quality.measured(&self.thresholds(), is_visible))
            .unwrap_or_default()
    }
}
