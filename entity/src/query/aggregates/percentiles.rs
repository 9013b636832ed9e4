//! Percentiles of readings in buckets: exact, and so from the readings themselves, all that are wanted in one statement.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Value};

use super::{TimeRange, within};
use crate::unit::Conversion;
use crate::{FlagSet, Scope, sql};

/// A fraction of readings: 0 is the lowest, 0.5 the median, 1 the highest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fraction(f64);

impl Fraction {
    /// `None` where it is not from 0 to 1.
    pub fn new(fraction: f64) -> Option<Self> {
        // Zero has one way to be written.
        (0.0..=1.0).contains(&fraction).then_some(Self(fraction + 0.0))
    }

    /// As a number.
    pub fn number(self) -> f64 {
        self.0
    }
}

// Never NaN, and zero is always positive: equal numbers have equal bits.
impl Eq for Fraction {}

impl std::hash::Hash for Fraction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A sensor, and whose percentiles its readings belong to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The sensor.
    pub sensor: i32,
    /// The number of the group.
    pub group: i32,
    /// Into the group's unit.
    pub conversion: Conversion,
}

impl Member {
    /// A sensor that is a group of its own, under its own number, in its own unit.
    pub fn alone(sensor: i32) -> Self {
        Self {
            sensor,
            group: sensor,
            conversion: Conversion::IDENTITY,
        }
    }
}

/// Which percentiles of which buckets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PercentilesOf<'a> {
    /// These sensors in their groups.
    pub members: &'a [Member],
    /// Ascending; bucket `i` goes from edge `i` up to, but not including, edge `i + 1`.
    pub edges: &'a [DateTime<Utc>],
    /// Only readings of this time.
    pub range: TimeRange,
    /// The flags of the readings that belong to it.
    pub flags: FlagSet,
    /// These percentiles.
    pub fractions: &'a [Fraction],
}

/// The percentiles of each bucket that holds readings, by group and number of the bucket, in the order of `fractions`: as
/// SQL's `percentile_cont`, which interpolates between the two values around a fraction.
pub async fn percentiles<C: ConnectionTrait>(
    db: &C,
    scope: &Scope,
    of: &PercentilesOf<'_>,
) -> Result<HashMap<(i32, usize), Vec<f64>>, DbErr> {
    let (Some(first), Some(last)) = (of.edges.first(), of.edges.last()) else {
        return Ok(HashMap::new());
    };
    let asked: Vec<i32> = of.members.iter().map(|member| member.sensor).collect();
    let Some(sensors) = within(scope, &asked) else {
        return Ok(HashMap::new());
    };
    let sensors: HashSet<i32> = sensors.into_iter().collect();
    let members: Vec<&Member> = of
        .members
        .iter()
        .filter(|member| sensors.contains(&member.sensor))
        .collect();
    let numbers = |number: fn(&Conversion) -> f64| -> Value {
        let numbers = members.iter().map(|member| number(&member.conversion));
        numbers.collect::<Vec<f64>>().into()
    };
    let values: [Value; 10] = [
        members
            .iter()
            .map(|member| member.sensor)
            .collect::<Vec<_>>()
            .into(),
        members
            .iter()
            .map(|member| member.group)
            .collect::<Vec<_>>()
            .into(),
        numbers(Conversion::scale),
        numbers(Conversion::offset),
        numbers(Conversion::divisor),
        sql::times(of.edges.iter().copied()),
        of.range.from.max(*first).into(),
        of.range.to.min(*last).into(),
        of.flags.numbers().into(),
        of.fractions
            .iter()
            .map(|fraction| fraction.0)
            .collect::<Vec<_>>()
            .into(),
    ];
    let rows = sql::query(db, include_str!("select_percentiles.sql"), values, |row| {
        let bucket: i32 = row.get(1)?;
        let values: Vec<Option<f64>> = row.get(2)?;
        let number = usize::try_from(bucket).map_err(|error| DbErr::Type(error.to_string()))?;
        let values = values.into_iter().map(|value| value.unwrap_or(f64::NAN));
        Ok(((row.get(0)?, number), values.collect()))
    })
    .await?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_from_0_to_1() {
        for fraction in [-0.1, 1.000_000_1, 99.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Fraction::new(fraction), None, "{fraction}");
        }
        assert_eq!(Fraction::new(-0.0).map(|zero| zero.0.to_bits()), Some(0));
        assert_eq!(Fraction::new(1.0), Some(Fraction(1.0)));
    }
}
