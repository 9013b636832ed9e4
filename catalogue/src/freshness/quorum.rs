//! How fresh a dataset is whose items are those of many sensors.

use crate::model::{FreshnessStatus, SensorsFresh};

/// Which share of a dataset's sensors makes it what; of those of which something is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quorum {
    /// At least this share must be fresh for the dataset to be; from 0 to 1, 1 by default: one dead sensor shows.
    pub fresh: f64,
    /// At least this share must be fresh or late, or the dataset is stale; from 0 to 1, 0.5 by default.
    pub not_stale: f64,
}

impl Default for Quorum {
    fn default() -> Self {
        Self {
            fresh: 1.0,
            not_stale: 0.5,
        }
    }
}

/// A share that is none.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("the quorum {field} is {said}: give a share from 0 to 1")]
pub struct QuorumError {
    field: &'static str,
    said: f64,
}

impl Quorum {
    /// Both shares, if they are shares.
    pub fn new(fresh: f64, not_stale: f64) -> Result<Self, QuorumError> {
        for (field, said) in [("fresh", fresh), ("not_stale", not_stale)] {
            if !(0.0..=1.0).contains(&said) {
                return Err(QuorumError { field, said });
            }
        }
        Ok(Self { fresh, not_stale })
    }

    /// The verdict on a dataset with these sensors.
    pub fn status(&self, sensors: &SensorsFresh) -> FreshnessStatus {
        if sensors.unknown > 0 {
            return FreshnessStatus::Unknown;
        }
        let has_data = sensors.fresh + sensors.late + sensors.stale + sensors.no_expectation > 0;
        if !has_data {
            return FreshnessStatus::NoData;
        }
        if sensors.expected == 0 {
            return FreshnessStatus::NoExpectation;
        }
        if meets(sensors.fresh, sensors.expected, self.fresh) {
            FreshnessStatus::Fresh
        } else if meets(sensors.fresh + sensors.late, sensors.expected, self.not_stale) {
            FreshnessStatus::Late
        } else {
            FreshnessStatus::Stale
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "sensors are fewer than 2^53")]
fn meets(some: u64, all: u64, share: f64) -> bool {
    some as f64 >= all as f64 * share
}

impl SensorsFresh {
    /// Counts a sensor.
    pub fn add(&mut self, status: FreshnessStatus, is_expected: bool) {
        let count = match status {
            FreshnessStatus::Fresh => &mut self.fresh,
            FreshnessStatus::Late => &mut self.late,
            FreshnessStatus::Stale => &mut self.stale,
            FreshnessStatus::NoData => &mut self.no_data,
            FreshnessStatus::NoExpectation => &mut self.no_expectation,
            FreshnessStatus::Unknown => &mut self.unknown,
        };
        *count += 1;
        self.expected += u64::from(is_expected);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensors(fresh: u64, late: u64, stale: u64, no_data: u64) -> SensorsFresh {
        SensorsFresh {
            fresh,
            late,
            stale,
            no_data,
            expected: fresh + late + stale + no_data,
            ..SensorsFresh::default()
        }
    }

    #[test]
    fn one_sensor_that_is_not_fresh_shows_and_half_of_them_make_it_stale() {
        use FreshnessStatus::{Fresh, Late, NoData, Stale};
        for (of, expected) in [
            (sensors(0, 0, 0, 0), NoData),
            (sensors(0, 0, 0, 7), NoData),
            (sensors(5, 0, 0, 0), Fresh),
            (sensors(4, 1, 0, 0), Late),
            (sensors(4, 0, 1, 0), Late),
            (sensors(4, 0, 0, 1), Late),
            (sensors(9_999, 0, 1, 0), Late),
            (sensors(0, 5, 0, 0), Late),
            (sensors(1, 0, 1, 0), Late),
            (sensors(1, 0, 2, 0), Stale),
            (sensors(1, 0, 0, 2), Stale),
            (sensors(0, 0, 1, 0), Stale),
        ] {
            assert_eq!(Quorum::default().status(&of), expected, "{of:?}");
        }
    }

    #[test]
    fn sensors_of_which_nothing_is_expected_decide_nothing() {
        let mut of = sensors(0, 0, 0, 0);
        of.no_expectation = 3;
        assert_eq!(Quorum::default().status(&of), FreshnessStatus::NoExpectation);
        of.add(FreshnessStatus::Fresh, true);
        assert_eq!(Quorum::default().status(&of), FreshnessStatus::Fresh);
        of.add(FreshnessStatus::NoData, false);
        assert_eq!(Quorum::default().status(&of), FreshnessStatus::Fresh);
        of.add(FreshnessStatus::NoData, true);
        assert_eq!(Quorum::default().status(&of), FreshnessStatus::Late);
    }

    #[test]
    fn what_could_not_be_looked_at_leaves_the_dataset_unknown() {
        let mut of = sensors(4, 0, 0, 0);
        of.add(FreshnessStatus::Unknown, true);
        assert_eq!(Quorum::default().status(&of), FreshnessStatus::Unknown);
    }

    #[test]
    fn a_quorum_is_what_somebody_says() {
        let nine_of_ten = Quorum::new(0.9, 0.2).unwrap();
        for (of, expected) in [
            (sensors(9, 0, 1, 0), FreshnessStatus::Fresh),
            (sensors(8, 0, 2, 0), FreshnessStatus::Late),
            (sensors(2, 0, 8, 0), FreshnessStatus::Late),
            (sensors(1, 0, 9, 0), FreshnessStatus::Stale),
        ] {
            assert_eq!(nine_of_ten.status(&of), expected, "{of:?}");
        }
        for (fresh, not_stale, said) in [
            (1.1, 0.5, "the quorum fresh is 1.1: give a share from 0 to 1"),
            (
                1.0,
                -0.1,
                "the quorum not_stale is -0.1: give a share from 0 to 1",
            ),
            (f64::NAN, 0.5, "the quorum fresh is NaN: give a share from 0 to 1"),
        ] {
            assert_eq!(Quorum::new(fresh, not_stale).unwrap_err().to_string(), said);
        }
    }
}
