//! How buckets without values are filled from those around them, also where a sensor's range is read in parts.

use chrono::{DateTime, Utc};

use super::{Fill, Levels, SensorBuckets, View, enough};

/// A bucket with values, in the sensor's own unit, by which others are filled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Landmark {
    pub(crate) start: DateTime<Utc>,
    pub(crate) end: DateTime<Utc>,
    pub(crate) levels: Levels,
}

/// What is known of the same sensor outside of a part of its range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Outside {
    /// The last bucket with values before the part.
    pub(crate) behind: Option<Landmark>,
    /// The first one after it.
    pub(crate) ahead: Option<Landmark>,
}

impl SensorBuckets {
    /// The first bucket that shows values of readings of its own.
    pub(crate) fn first_landmark(&self, view: &View) -> Option<Landmark> {
        (0..self.found.len()).find_map(|place| self.landmark(place, view))
    }

    /// The last one.
    pub(crate) fn last_landmark(&self, view: &View) -> Option<Landmark> {
        (0..self.found.len())
            .rev()
            .find_map(|place| self.landmark(place, view))
    }

    /// The bucket at `place` in `found`, if it shows values.
    fn landmark(&self, place: usize, view: &View) -> Option<Landmark> {
        let (number, aggregate) = &self.found[place];
        let levels = Levels::of(aggregate)?;
        enough(self.completeness(*number, Some(place), view), view).then(|| Landmark {
            start: self.grid.start(*number),
            end: self.grid.end(*number),
            levels,
        })
    }

    /// The middle of a bucket that may lie outside, in seconds since the first edge.
    fn middle(&self, landmark: &Landmark) -> f64 {
        self.grid.middle_of(landmark.start, landmark.end)
    }
}

/// Fills buckets in ascending order.
pub(super) struct Filler<'a> {
    of: &'a SensorBuckets,
    view: &'a View,
    /// The last bucket with values so far: its middle and its levels.
    behind: Option<(f64, Levels)>,
    /// Where in `found` to look for the next one.
    next: usize,
}

impl<'a> Filler<'a> {
    pub(super) fn new(of: &'a SensorBuckets, view: &'a View) -> Self {
        let behind = of.outside.behind;
        Self {
            of,
            view,
            behind: behind.map(|landmark| (of.middle(&landmark), landmark.levels)),
            next: 0,
        }
    }

    /// Goes past a bucket with values.
    pub(super) fn pass(&mut self, number: usize, levels: Levels) {
        self.behind = Some((self.of.grid.middle(number), levels));
    }

    /// What a bucket without values shows.
    pub(super) fn at(&mut self, number: usize) -> Option<Levels> {
        match self.view.fill {
            Fill::None | Fill::Null => None,
            Fill::Previous => {
                let last = self.behind.map(|(_, levels)| levels.last);
                last.or(self.of.before).map(Levels::all)
            }
            Fill::Linear => {
                let (behind, from) = self.behind?;
                let (ahead, to) = self.ahead(number)?;
                let part = (self.of.grid.middle(number) - behind) / (ahead - behind);
                Some(from.towards(&to, part))
            }
        }
    }

    /// The next bucket with values after `number`.
    fn ahead(&mut self, number: usize) -> Option<(f64, Levels)> {
        while let Some((at, _)) = self.of.found.get(self.next) {
            if *at > number
                && let Some(landmark) = self.of.landmark(self.next, self.view)
            {
                return Some((self.of.grid.middle(*at), landmark.levels));
            }
            self.next += 1;
        }
        let outside = self.of.outside.ahead?;
        Some((self.of.middle(&outside), outside.levels))
    }
}

impl Levels {
    pub(super) fn all(value: f64) -> Self {
        Self {
            avg: value,
            min: value,
            max: value,
            first: value,
            last: value,
        }
    }

    /// On the way from `self` to `other`, `part` of it gone.
    fn towards(&self, other: &Self, part: f64) -> Self {
        let between = |from: f64, to: f64| from * (1.0 - part) + to * part;
        Self {
            avg: between(self.avg, other.avg),
            min: between(self.min, other.min),
            max: between(self.max, other.max),
            first: between(self.first, other.first),
            last: between(self.last, other.last),
        }
    }
}
