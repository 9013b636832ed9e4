//! What is to be told of quality: what fails now, and what was judged otherwise in the hour before.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::DbErr;
use entity::freshness::{self, SensorName};
use entity::incidents::{IncidentKind, IncidentOf};
use entity::keeping::Keeping;
use entity::measurements;
use entity::rollup::Level;
use entity::webhooks;

use super::{Lately, SensorsQuality};
use crate::freshness::Finding;
use crate::model::{Dimension, Verdict};
use crate::quality::{Figure, Thresholds};
use crate::webhook::message::{self, QualityChange};

/// What fails of a dataset of sensors' readings, and of each sensor, in the last hour that was measured.
pub(in crate::keeper) fn findings(
    hour: &SensorsQuality,
    dataset: &str,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let of = |sensor_id| IncidentOf {
        kind: IncidentKind::QualityFailing,
        dataset: dataset.to_owned(),
        sensor_id,
    };
    let finding = |sensor_id, figures: &[Figure]| {
        Some(Finding {
            of: of(sensor_id),
            since: hour.window().from(),
            detail: detail(hour, figures)?,
        })
    };
    let together: Vec<Figure> = hour
        .together(thresholds, |_| true)
        .iter()
        .map(|rolled| rolled.figure)
        .collect();
    let sensors = hour
        .sensors()
        .filter_map(|(id, figures)| finding(Some(id), &figures));
    finding(None, &together).into_iter().chain(sensors).collect()
}

/// What fails, as a sentence; `None`: nothing does.
fn detail(hour: &SensorsQuality, figures: &[Figure]) -> Option<String> {
    let failing: Vec<String> = figures
        .iter()
        .filter(|figure| figure.verdict == Verdict::Fail)
        .map(|figure| {
            format!(
                "{} was {:.4} ({} of {}; failing below {})",
                figure.dimension.as_str(),
                figure.value().unwrap_or_default(),
                figure.ratio.numerator,
                figure.ratio.denominator,
                figure.bounds.fail_below
            )
        })
        .collect();
    if failing.is_empty() {
        return None;
    }
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let window = hour.window();
    Some(format!(
        "From {} to {}, {}.",
        time(window.from()),
        time(window.to()),
        failing.join(", ")
    ))
}

impl Lately {
    /// Has webhooks told of what is judged otherwise in the last hour than in the last one of which they were told. In the
    /// keeper's transaction: each hour is told once, by whichever process.
    pub(in crate::keeper) async fn tell(
        &mut self,
        keeping: &Keeping,
        dataset: &str,
        thresholds: &Thresholds,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let Some(hour) = self.hour.clone() else {
            return Ok(());
        };
        let until = hour.window().to();
        // Another process may have told it.
        let progress = measurements::progress(keeping.transaction(), Level::Hour).await?;
        let told_until = progress.and_then(|progress| progress.told_until);
        if told_until.is_some_and(|told_until| told_until >= until) {
            return Ok(());
        }
        if let Some(told_until) = told_until
            && webhooks::any(keeping).await?
            && let Some(before) = self.read(keeping.transaction(), told_until, 1, now).await?
        {
            let messages = messages(keeping, &before, &hour, dataset, thresholds, now).await?;
            webhooks::enqueue(keeping, &messages, now).await?;
        }
        measurements::told(keeping, Level::Hour, until).await
    }
}

async fn messages(
    keeping: &Keeping,
    before: &SensorsQuality,
    hour: &SensorsQuality,
    dataset: &str,
    thresholds: &Thresholds,
    now: DateTime<Utc>,
) -> Result<Vec<webhooks::Message>, DbErr> {
    let figures = |of: &SensorsQuality| -> Vec<Figure> {
        let together = of.together(thresholds, |_| true);
        together.iter().map(|rolled| rolled.figure).collect()
    };
    let mut changed: Vec<(Option<i32>, Dimension, Verdict, Figure)> =
        otherwise(&figures(before), &figures(hour))
            .map(|(from, to)| (None, to.dimension, from, to))
            .collect();
    for (id, now_figures) in hour.sensors() {
        let was = before.sensor(id).unwrap_or_default();
        changed.extend(otherwise(&was, &now_figures).map(|(from, to)| (Some(id), to.dimension, from, to)));
    }
    let mut ids: Vec<i32> = changed.iter().filter_map(|(id, ..)| *id).collect();
    ids.dedup();
    let names = freshness::names(keeping.transaction(), &ids).await?;
    let window = hour.window();
    let changes: Vec<QualityChange<'_>> = changed
        .iter()
        .filter_map(|(id, dimension, from, to)| {
            let sensor: Option<&SensorName> = match id {
                Some(id) => Some(names.get(id)?),
                None => None,
            };
            Some(QualityChange {
                dataset,
                sensor,
                dimension: *dimension,
                from: *from,
                to: to.verdict,
                value: to.value(),
                window_from: window.from(),
                window_to: window.to(),
            })
        })
        .collect();
    Ok(message::quality(&changes, now))
}

/// The figures that are judged otherwise than before, with what they were judged then.
fn otherwise(before: &[Figure], now: &[Figure]) -> impl Iterator<Item = (Verdict, Figure)> {
    now.iter().filter_map(|figure| {
        let was = before.iter().find(|one| one.dimension == figure.dimension);
        let was = was.map_or(Verdict::NotApplicable, |one| one.verdict);
        (was != figure.verdict).then_some((was, *figure))
    })
}
