//! The flat line test: how often a value was there before.
//!
//! As the manuals' instructions have it: reading n is suspect when `|v[n] - v[n-i]| < EPS` for each i from 1 to
//! `REP_CNT_SUSPECT`, and fails when that holds up to `REP_CNT_FAIL`. So with 3 and 5 the fourth of equal readings is suspect
//! and the sixth fails; earlier ones keep their flags. (Their prose, "when the five most recent observations are equal",
//! counts one less.) With an EPS of 0 those instructions would never find anything; here a value always equals itself.

use std::collections::VecDeque;

use entity::QualityFlag;

use crate::quality::rules::FlatRule;

/// The last values, as far as the test looks back.
#[derive(Debug)]
pub(super) struct Repeats {
    rule: FlatRule,
    /// How many values there were since the last break.
    seen: u64,
    suspect: Extremes,
    fail: Extremes,
}

impl Repeats {
    pub(super) fn new(rule: FlatRule) -> Self {
        Self {
            rule,
            seen: 0,
            suspect: Extremes::new(rule.suspect_count),
            fail: Extremes::new(rule.fail_count),
        }
    }

    /// Forgets all: what comes next has no neighbour before.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.rule);
    }

    /// Judges the next value, and remembers it.
    pub(super) fn next(&mut self, value: f64) -> QualityFlag {
        let verdict = if self.seen < u64::from(self.rule.suspect_count) {
            QualityFlag::NotEvaluated
        } else if self.seen >= u64::from(self.rule.fail_count) && self.is_same(value, &self.fail) {
            QualityFlag::Fail
        } else if self.is_same(value, &self.suspect) {
            QualityFlag::Suspect
        } else {
            QualityFlag::Pass
        };
        self.suspect.push(self.seen, value);
        self.fail.push(self.seen, value);
        self.seen += 1;
        verdict
    }

    /// A value is near to all of some when it is near to the least and to the greatest of them: rounding keeps the order
    /// of differences.
    fn is_same(&self, value: f64, before: &Extremes) -> bool {
        let is_near = |other: f64| {
            let difference = (value - other).abs();
            difference < self.rule.tolerance || difference == 0.0
        };
        before.least().is_some_and(&is_near) && before.greatest().is_some_and(is_near)
    }
}

/// The least and the greatest of the last values: of those that a later one makes irrelevant nothing is kept, so that each
/// value costs the same however far back the test looks.
#[derive(Debug)]
struct Extremes {
    /// How many values.
    length: u64,
    falling: VecDeque<(u64, f64)>,
    rising: VecDeque<(u64, f64)>,
}

impl Extremes {
    fn new(length: u32) -> Self {
        Self {
            length: u64::from(length),
            falling: VecDeque::new(),
            rising: VecDeque::new(),
        }
    }

    fn push(&mut self, position: u64, value: f64) {
        while self.falling.pop_back_if(|(_, other)| *other <= value).is_some() {}
        while self.rising.pop_back_if(|(_, other)| *other >= value).is_some() {}
        for queue in [&mut self.falling, &mut self.rising] {
            queue.push_back((position, value));
            while queue
                .pop_front_if(|(other, _)| position - *other >= self.length)
                .is_some()
            {}
        }
    }

    fn greatest(&self) -> Option<f64> {
        self.falling.front().map(|(_, value)| *value)
    }

    fn least(&self) -> Option<f64> {
        self.rising.front().map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The manual's words, reading by reading.
    fn by_the_book(values: &[f64], position: usize, rule: FlatRule) -> QualityFlag {
        let repeats = |count: u32| {
            let count = usize::try_from(count).unwrap();
            position >= count
                && (1..=count).all(|back| {
                    let difference = (values[position] - values[position - back]).abs();
                    difference < rule.tolerance || difference == 0.0
                })
        };
        if position < usize::try_from(rule.suspect_count).unwrap() {
            QualityFlag::NotEvaluated
        } else if repeats(rule.fail_count) {
            QualityFlag::Fail
        } else if repeats(rule.suspect_count) {
            QualityFlag::Suspect
        } else {
            QualityFlag::Pass
        }
    }

    proptest! {
        #[test]
        fn the_least_and_the_greatest_stand_for_all_values_between(
            values in prop::collection::vec((0..6_i8).prop_map(f64::from), 0..60),
            tolerance in prop_oneof![Just(0.0), Just(1.0), Just(1.5), Just(2.0)],
            suspect_count in 1..5_u32,
            more in 0..6_u32,
        ) {
            let rule = FlatRule { tolerance, suspect_count, fail_count: suspect_count + more };
            let mut repeats = Repeats::new(rule);
            for (position, value) in values.iter().enumerate() {
                prop_assert_eq!(repeats.next(*value), by_the_book(&values, position, rule), "{}", position);
            }
        }
    }
}
