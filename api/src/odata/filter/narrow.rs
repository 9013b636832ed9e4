//! What a filter lets through at most: bounds and lists that the database can use. Each is implied by the filter, so that
//! no row that matches is lost; the filter itself is asked about the rest.

use chrono::{DateTime, TimeDelta, Utc};
use entity::QualityFlag;

use super::{Expr, Operator};
use crate::odata::model::{Property, Role};
use crate::odata::row::Row;
use crate::odata::value::Value;

/// Both ends belong to it; where `min` is above `max`, nothing does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bounds<T> {
    pub(crate) min: Option<T>,
    pub(crate) max: Option<T>,
}

/// What bounds are made of: its neighbours make `gt` of `ge`.
pub(crate) trait Bound: Copy + PartialOrd {
    fn read(value: &Value<'_>) -> Option<Self>;
    fn next(self) -> Option<Self>;
    fn previous(self) -> Option<Self>;
}

impl Bound for DateTime<Utc> {
    fn read(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Time(time) => Some(*time),
            _ => None,
        }
    }

    fn next(self) -> Option<Self> {
        self.checked_add_signed(TimeDelta::microseconds(1))
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub_signed(TimeDelta::microseconds(1))
    }
}

impl Bound for f64 {
    fn read(value: &Value<'_>) -> Option<Self> {
        value.number().filter(|number| !number.is_nan())
    }

    fn next(self) -> Option<Self> {
        Some(self.next_up())
    }

    fn previous(self) -> Option<Self> {
        Some(self.next_down())
    }
}

impl<T: Bound> Bounds<T> {
    /// No bounds.
    pub(crate) const ALL: Self = Self { min: None, max: None };

    /// The bounds of a property that is never null.
    pub(crate) fn of(filter: &Expr, role: Role) -> Self {
        Self::under(filter, role, false)
    }

    /// Those of the opposite when `negated`.
    fn under(filter: &Expr, role: Role, negated: bool) -> Self {
        let parts = |parts: &[Expr], both: fn(Self, Self) -> Self| {
            parts
                .iter()
                .map(|part| Self::under(part, role, negated))
                .reduce(both)
                .unwrap_or(Self::ALL)
        };
        match filter {
            Expr::All(all) if negated => parts(all, Self::hull),
            Expr::All(all) => parts(all, Self::common),
            Expr::Any(any) if negated => parts(any, Self::common),
            Expr::Any(any) => parts(any, Self::hull),
            Expr::Not(part) => Self::under(part, role, !negated),
            Expr::Compare(operator, left, right) => {
                let (operator, value) = match (&**left, &**right) {
                    (Expr::Property(property), Expr::Literal(value)) if property.role == role => {
                        (*operator, value)
                    }
                    (Expr::Literal(value), Expr::Property(property)) if property.role == role => {
                        (operator.turned(), value)
                    }
                    _ => return Self::ALL,
                };
                let operator = if negated { operator.negated() } else { operator };
                T::read(value).map_or(Self::ALL, |value| Self::compared(operator, value))
            }
            Expr::In(part, list) if !negated => match &**part {
                Expr::Property(property) if property.role == role => Self::one_of(list),
                _ => Self::ALL,
            },
            _ => Self::ALL,
        }
    }

    fn compared(operator: Operator, value: T) -> Self {
        let (min, max) = match operator {
            Operator::Eq => (Some(value), Some(value)),
            Operator::Ne => (None, None),
            Operator::Gt => (value.next(), None),
            Operator::Ge => (Some(value), None),
            Operator::Lt => (None, value.previous()),
            Operator::Le => (None, Some(value)),
        };
        Self { min, max }
    }

    fn one_of(list: &[Value<'_>]) -> Self {
        list.iter()
            .map(|value| T::read(value).map_or(Self::ALL, |value| Self::compared(Operator::Eq, value)))
            .reduce(Self::hull)
            .unwrap_or(Self::ALL)
    }

    fn common(self, other: Self) -> Self {
        let of = |a: Option<T>, b: Option<T>, pick: fn(T, T) -> T| match (a, b) {
            (Some(a), Some(b)) => Some(pick(a, b)),
            (a, b) => a.or(b),
        };
        Self {
            min: of(self.min, other.min, |a, b| if a > b { a } else { b }),
            max: of(self.max, other.max, |a, b| if a < b { a } else { b }),
        }
    }

    fn hull(self, other: Self) -> Self {
        let of = |a: Option<T>, b: Option<T>, pick: fn(T, T) -> T| Some(pick(a?, b?));
        Self {
            min: of(self.min, other.min, |a, b| if a < b { a } else { b }),
            max: of(self.max, other.max, |a, b| if a > b { a } else { b }),
        }
    }
}

/// The only values that a property may have; `None` when the filter does not list them.
pub(crate) fn values_of(filter: &Expr, is: &dyn Fn(&Property) -> bool) -> Option<Vec<Value<'static>>> {
    let is_it = |expr: &Expr| matches!(expr, Expr::Property(property) if is(property));
    match filter {
        Expr::All(parts) => {
            let lists = parts.iter().filter_map(|part| values_of(part, is));
            lists.reduce(|mut kept, other| {
                kept.retain(|value| other.iter().any(|each| each.equals(value)));
                kept
            })
        }
        Expr::Any(parts) => {
            let lists: Option<Vec<_>> = parts.iter().map(|part| values_of(part, is)).collect();
            let mut values: Vec<Value<'static>> = Vec::new();
            for value in lists?.into_iter().flatten() {
                if !values.iter().any(|each| each.equals(&value)) {
                    values.push(value);
                }
            }
            Some(values)
        }
        Expr::Compare(Operator::Eq, left, right) => match (&**left, &**right) {
            (left, Expr::Literal(value)) if is_it(left) => Some(vec![value.clone()]),
            (Expr::Literal(value), right) if is_it(right) => Some(vec![value.clone()]),
            _ => None,
        },
        Expr::In(part, list) if is_it(part) => Some(list.clone()),
        _ => None,
    }
}

/// The flags that rows may have; `None` for any.
pub(crate) fn flags(filter: &Expr) -> Option<Vec<QualityFlag>> {
    const ALL: [QualityFlag; 5] = [
        QualityFlag::Pass,
        QualityFlag::NotEvaluated,
        QualityFlag::Suspect,
        QualityFlag::Fail,
        QualityFlag::Missing,
    ];
    let admitted: Vec<_> = ALL
        .into_iter()
        .filter(|flag| {
            filter.admits(&Row {
                flag: Some(*flag),
                ..Row::default()
            })
        })
        .collect();
    (admitted.len() < ALL.len()).then_some(admitted)
}

/// Whether the narrowing of readings by sensors, time, value and flag says all that the filter says.
pub(crate) fn is_all(filter: &Expr) -> bool {
    let is_bound = |part: &Expr| {
        let Expr::Compare(operator, left, right) = part else {
            return false;
        };
        let (Expr::Property(property), Expr::Literal(value)) = (&**left, &**right) else {
            return false;
        };
        let bounded = match property.role {
            Role::Time => <DateTime<Utc>>::read(value).is_some(),
            Role::Value => f64::read(value).is_some(),
            _ => false,
        };
        bounded && *operator != Operator::Ne
    };
    filter
        .conjuncts()
        .iter()
        .all(|part| part.keeps_to(Role::Sensor) || part.keeps_to(Role::Flag) || is_bound(part))
}
