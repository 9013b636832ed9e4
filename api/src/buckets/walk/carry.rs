//! What the parts of one sensor's range need of each other, so that they are filled as if they were read as one.
//!
//! Backwards that is what the parts before had. Forwards it is looked for, in ever longer parts, and remembered as long as
//! the gap goes on: however long a gap is, it is looked through once.

use chrono::{DateTime, Utc};
use entity::query::aggregates::Numbers;

use super::{BucketsIn, Fill, GROWTH, Reader, SensorBuckets, View};
use crate::buckets::fill::{Landmark, Outside};
use crate::buckets::{Before, BucketsOf, Details};
use crate::graphql::error::ApiError;
use crate::graphql::request::Asked;

/// What is known of a sensor when a part of its range is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Carry {
    /// The last value before all of its parts.
    before: Option<f64>,
    behind: Option<Landmark>,
    ahead: Ahead,
}

/// The first bucket with values after a part.
#[derive(Debug, Clone, Copy, Default)]
enum Ahead {
    #[default]
    Unknown,
    /// There is none up to the end of the range.
    None,
    At(Landmark),
}

impl Carry {
    /// Forgets what a part goes past.
    pub(super) fn pass(&mut self, part: &SensorBuckets) {
        let end = part.grid.edges().last();
        if let Ahead::At(landmark) = self.ahead
            && end.is_some_and(|end| landmark.start < *end)
        {
            self.ahead = Ahead::Unknown;
        }
    }

    /// Whether a part ends in a gap behind which nobody has looked yet.
    pub(super) fn needs_ahead(&self, view: &View, part: &SensorBuckets) -> bool {
        if view.fill != Fill::Linear || !matches!(self.ahead, Ahead::Unknown) {
            return false;
        }
        let Some(last) = part.grid.edges().last() else {
            return false;
        };
        match part.last_landmark(view).or(self.behind) {
            Some(landmark) => landmark.end < *last,
            // Without a bucket on this side there is no line.
            None => false,
        }
    }

    pub(super) fn know_ahead(&mut self, landmark: Option<Landmark>) {
        self.ahead = landmark.map_or(Ahead::None, Ahead::At);
    }

    /// Gives a part what it needs, and takes from it what the next one does.
    pub(super) fn hand_over(&mut self, view: &View, part: &mut SensorBuckets) {
        if matches!(view.fill, Fill::None | Fill::Null) {
            return;
        }
        self.before = self.before.or(part.before);
        part.before = self.before;
        let ahead = match self.ahead {
            Ahead::At(landmark) => Some(landmark),
            Ahead::None | Ahead::Unknown => None,
        };
        part.outside = Outside {
            behind: self.behind,
            ahead,
        };
        self.behind = part.last_landmark(view).or(self.behind);
    }
}

impl BucketsIn {
    /// The first bucket of a sensor that shows values, from `from` on.
    pub(super) async fn ahead(
        &self,
        reader: &Reader<'_>,
        sensor: i32,
        view: &View,
        mut from: DateTime<Utc>,
        mut size: u64,
    ) -> Result<Option<Landmark>, ApiError> {
        let of = &self.question.of;
        let max = self.buckets_max(reader.limits);
        while from < of.range.to {
            size = size.saturating_mul(GROWTH).min(max);
            let slice = self.slice(from, size)?;
            let of = BucketsOf {
                range: slice,
                before: Before::Unneeded,
                details: Details {
                    numbers: Numbers {
                        lines: false,
                        ..of.details.numbers
                    },
                    crossed: false,
                    ..of.details.clone()
                },
                ..of.clone()
            };
            // Each part is read by itself, within the budgets of an answer.
            let asked = Asked::new(reader.asked.at, reader.asked.access.clone());
            let found = of
                .read(reader.db, reader.scope, &[sensor], &asked, reader.limits)
                .await?;
            let landmark = found.iter().find_map(|(_, part)| part.first_landmark(view));
            if landmark.is_some() {
                return Ok(landmark);
            }
            from = slice.to;
        }
        Ok(None)
    }
}
