//! How long datasets really are kept: what is said of it elsewhere can't make it longer.

use entity::retention::Retention;

use crate::model::{Dataset, Problem};

const DAY_SECONDS: f64 = 86_400.0;

/// Says of each dataset that is deleted after a time for how long it is kept, whatever is promised of it.
pub(super) fn tell(datasets: &mut [Dataset], policies: &[Retention]) {
    for policy in policies {
        let Some(days) = policy.keep_days else { continue };
        let kept = f64::from(days) * DAY_SECONDS;
        for dataset in datasets
            .iter_mut()
            .filter(|dataset| dataset.name == policy.kept.table())
        {
            let promised = &mut dataset.stewardship.promise.retention_seconds;
            if let Some(more) = promised.filter(|promised| *promised > kept) {
                dataset.problems.push(Problem::Stewardship(format!(
                    "it is promised to be kept for {} days, and is deleted after {days} (fieldbook retention)",
                    more / DAY_SECONDS
                )));
            }
            *promised = Some(promised.map_or(kept, |promised| promised.min(kept)));
        }
    }
}
