//! The orders of a list of sensors, and where a page of it begins.
//!
//! An order compares by up to three columns, all in the same direction, with the key last; where the first of them is
//! null, the row stands at the end in either direction.

use chrono::{DateTime, Datelike as _};
use sea_orm::sea_query::{Expr, ExprTrait, NullOrdering, Order, SimpleExpr};
use sea_orm::{Condition, DbErr, QueryOrder, Select, Value};

use super::{Sensor, SensorKey, SensorOrder};
use crate::sql;
use crate::table::sensor::{self, Column};

/// The columns before the internal key, and the direction.
struct Columns {
    first: Column,
    second: Column,
    direction: Order,
}

/// Whether rows lie after a key or before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    After,
    Before,
}

impl Sensor {
    /// The key of this sensor in `order`.
    pub fn key(&self, order: SensorOrder) -> SensorKey {
        let sort = match order {
            SensorOrder::NameAsc | SensorOrder::NameDesc => Some(self.source.clone()),
            SensorOrder::TypeAsc | SensorOrder::TypeDesc => self.kind.clone(),
            SensorOrder::ActiveSinceAsc | SensorOrder::ActiveSinceDesc => {
                self.active_since.map(|time| time.timestamp_micros().to_string())
            }
        };
        SensorKey {
            sort,
            name: self.name.clone(),
            id: self.id,
        }
    }
}

impl SensorOrder {
    /// Whether `key` can be one of this order: a key may come from outside, in a cursor.
    pub fn accepts(self, key: &SensorKey) -> bool {
        self.values(key).is_some()
    }

    pub(super) fn sort(self, select: Select<sensor::Entity>, from_end: bool) -> Select<sensor::Entity> {
        let Columns {
            first,
            second,
            direction,
        } = self.columns();
        let (direction, nulls) = if from_end {
            (reversed(&direction), NullOrdering::First)
        } else {
            (direction, NullOrdering::Last)
        };
        select
            .order_by_with_nulls(first, direction.clone(), nulls)
            .order_by(second, direction.clone())
            .order_by(Column::Id, direction)
    }

    /// The rows after `key`, or before it when a page is read from the end.
    pub(super) fn beyond(self, key: &SensorKey, from_end: bool) -> Result<Condition, DbErr> {
        let Columns {
            first,
            second,
            direction,
        } = self.columns();
        let (first_value, second_value) = self
            .values(key)
            .ok_or_else(|| DbErr::Type(format!("a key of another order than {self:?}")))?;
        let side = if from_end { Side::Before } else { Side::After };
        let greater = (direction == Order::Asc) == (side == Side::After);
        let past = |column: Column, value: Value| -> SimpleExpr {
            let column = Expr::col(column);
            if greater {
                column.gt(value)
            } else {
                column.lt(value)
            }
        };
        let ties = Condition::any().add(past(second, second_value.clone())).add(
            Condition::all()
                .add(Expr::col(second).eq(second_value))
                .add(past(Column::Id, key.id.into())),
        );
        let is_null = || Expr::col(first).is_null();
        let Some(value) = first_value else {
            // Of rows without it, those further on; before them come all that have it.
            let beyond = Condition::all().add(is_null()).add(ties);
            return Ok(match side {
                Side::After => beyond,
                Side::Before => Condition::any().add(Expr::col(first).is_not_null()).add(beyond),
            });
        };
        let same = Condition::all().add(Expr::col(first).eq(value.clone())).add(ties);
        let beyond = Condition::any().add(past(first, value)).add(same);
        Ok(match side {
            Side::After => beyond.add(is_null()),
            Side::Before => beyond,
        })
    }

    fn columns(self) -> Columns {
        let (first, second, direction) = match self {
            Self::NameAsc => (Column::Name, Column::Source, Order::Asc),
            Self::NameDesc => (Column::Name, Column::Source, Order::Desc),
            Self::TypeAsc => (Column::Kind, Column::Name, Order::Asc),
            Self::TypeDesc => (Column::Kind, Column::Name, Order::Desc),
            Self::ActiveSinceAsc => (Column::ActiveSince, Column::Name, Order::Asc),
            Self::ActiveSinceDesc => (Column::ActiveSince, Column::Name, Order::Desc),
        };
        Columns {
            first,
            second,
            direction,
        }
    }

    /// A key's values for the columns, the first of which may be null; `None` when it is no key of this order.
    fn values(self, key: &SensorKey) -> Option<(Option<Value>, Value)> {
        let texts = [Some(&key.name), key.sort.as_ref()];
        if !texts.into_iter().flatten().all(|text| sql::is_storable(text)) {
            return None;
        }
        let name = Value::from(key.name.as_str());
        let sort = key.sort.as_deref();
        match self {
            Self::NameAsc | Self::NameDesc => Some((Some(name), sort?.into())),
            Self::TypeAsc | Self::TypeDesc => Some((sort.map(Value::from), name)),
            Self::ActiveSinceAsc | Self::ActiveSinceDesc => match sort {
                Some(micros) => {
                    let time = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
                    // The database's calendar ends; four digits of a year are within it.
                    if !(1..=9999).contains(&time.year()) {
                        return None;
                    }
                    Some((Some(time.into()), name))
                }
                None => Some((None, name)),
            },
        }
    }
}

fn reversed(direction: &Order) -> Order {
    if *direction == Order::Asc {
        Order::Desc
    } else {
        Order::Asc
    }
}
