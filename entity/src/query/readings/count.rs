//! How many readings there are: counted up to a bound, estimated beyond.

use std::collections::HashMap;

use sea_orm::{DatabaseConnection, DbErr, Value};

use super::page::Sensors;
use super::{ReadingsOf, TimeRange, page, within};
use crate::Scope;
use crate::sql;

/// A count, and whether it was counted or estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub value: u64,
    /// Whether they were counted.
    pub exact: bool,
}

/// How many readings match: counted up to `exact_up_to`, beyond it the planner's estimate.
pub async fn count(
    db: &DatabaseConnection,
    scope: &Scope,
    of: &ReadingsOf<'_>,
    exact_up_to: u64,
) -> Result<Count, DbErr> {
    let Some((values, sensors)) = page::restrictions(scope, of) else {
        return Ok(Count {
            value: 0,
            exact: true,
        });
    };
    let bound = i64::try_from(exact_up_to).unwrap_or(i64::MAX).saturating_add(1);
    let select = match sensors {
        Sensors::These => (
            include_str!("count_readings_of.sql"),
            include_str!("explain_readings_of.sql"),
        ),
        Sensors::All => (
            include_str!("count_readings.sql"),
            include_str!("explain_readings.sql"),
        ),
    };
    let counted: Vec<i64> = {
        let mut values = values.clone();
        values.push(Value::from(bound));
        sql::query(db, select.0, values, |row| row.get(0)).await?
    };
    let counted = counted.first().copied().unwrap_or_default().unsigned_abs();
    if counted <= exact_up_to {
        return Ok(Count {
            value: counted,
            exact: true,
        });
    }
    let plans: Vec<serde_json::Value> = sql::query(db, select.1, values, |row| row.get(0)).await?;
    let estimate = plans
        .first()
        .and_then(|plan| plan[0]["Plan"]["Plan Rows"].as_f64())
        .unwrap_or_default();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a row count; the cast saturates"
    )]
    let estimate = estimate as u64;
    // What was seen is certain.
    Ok(Count {
        value: estimate.max(counted),
        exact: false,
    })
}

/// How many readings each of many sensors has in a range, in one statement: counted up to `exact_up_to` of each; one
/// that has more says that number with `exact: false`.
pub async fn count_of_each(
    db: &DatabaseConnection,
    scope: &Scope,
    sensors: &[i32],
    range: TimeRange,
    exact_up_to: u64,
) -> Result<HashMap<i32, Count>, DbErr> {
    let Some(sensors) = within(scope, sensors) else {
        return Ok(HashMap::new());
    };
    let bound = i64::try_from(exact_up_to).unwrap_or(i64::MAX).saturating_add(1);
    let values: [Value; 4] = [sensors.into(), range.from.into(), range.to.into(), bound.into()];
    let rows: Vec<(i32, i64)> = sql::query(db, include_str!("count_readings_of_each.sql"), values, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
    .await?;
    let count = |counted: i64| {
        let counted = counted.unsigned_abs();
        Count {
            value: counted.min(exact_up_to),
            exact: counted <= exact_up_to,
        }
    };
    Ok(rows
        .into_iter()
        .map(|(sensor, counted)| (sensor, count(counted)))
        .collect())
}
