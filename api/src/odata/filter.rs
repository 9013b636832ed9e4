//! `$filter`: what it says, and what that is of a row.
//!
//! A filter is read once into a checked tree ([`parse`]). The tree answers two questions. Of a whole row: does it match?
//! Of a row of which only a part is known, such as its sensor: can it match? The second narrows what is read from the
//! database ([`narrow`]), and the first decides about every row that was read. So any filter is answered exactly, however
//! little of it the database can use.

mod function;
pub(crate) mod narrow;
pub(crate) mod parse;
mod scan;

use std::cmp::Ordering;

use self::function::Function;
pub(crate) use self::function::NAMES as FUNCTIONS;
use super::model::{Property, Role};
use super::row::Row;
use super::value::{Kind, Value};

/// A filter, or a part of it. Its types are right: [`parse`] makes nothing else.
#[derive(Debug)]
pub(crate) enum Expr {
    Literal(Value<'static>),
    Property(&'static Property),
    /// `and` between all of them.
    All(Vec<Expr>),
    /// `or` between all of them.
    Any(Vec<Expr>),
    Not(Box<Expr>),
    Compare(Operator, Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Value<'static>>),
    Call(Function, Vec<Expr>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Operator {
    /// The operator that holds where this one does not, of values that are neither null nor NaN.
    pub(crate) fn negated(self) -> Self {
        match self {
            Self::Eq => Self::Ne,
            Self::Ne => Self::Eq,
            Self::Gt => Self::Le,
            Self::Ge => Self::Lt,
            Self::Lt => Self::Ge,
            Self::Le => Self::Gt,
        }
    }

    /// The operator that says the same with its sides exchanged.
    pub(crate) fn turned(self) -> Self {
        match self {
            Self::Eq | Self::Ne => self,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
        }
    }

    /// OData's comparison: never null, and only `eq` and `ne` know what to do with one.
    fn holds(self, left: &Value<'_>, right: &Value<'_>) -> bool {
        let order = || left.compare(right);
        match self {
            Self::Eq => left.equals(right),
            Self::Ne => !left.equals(right),
            Self::Gt => order() == Some(Ordering::Greater),
            Self::Ge => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
            Self::Lt => order() == Some(Ordering::Less),
            Self::Le => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        }
    }
}

impl Expr {
    /// Whether a row with these parts can match: for a whole row, whether it does.
    pub(crate) fn admits(&self, row: &Row<'_>) -> bool {
        // Each by itself: one that is null makes the whole not true, whatever the unknown ones are.
        let mut parts = self.conjuncts().iter();
        parts.all(|part| matches!(part.of(row), None | Some(Value::Bool(true))))
    }

    /// What it is of a row; `None` when that depends on a part that is not known. Logic is that of OData, where null is
    /// neither true nor false.
    fn of<'a>(&'a self, row: &Row<'a>) -> Option<Value<'a>> {
        match self {
            Self::Literal(value) => Some(value.borrowed()),
            Self::Property(property) => property.get(row),
            Self::All(parts) => connect(parts, row, false),
            Self::Any(parts) => connect(parts, row, true),
            Self::Not(part) => Some(match part.of(row)? {
                Value::Bool(value) => Value::Bool(!value),
                _ => Value::Null,
            }),
            Self::Compare(operator, left, right) => {
                let (left, right) = (left.of(row)?, right.of(row)?);
                Some(Value::Bool(operator.holds(&left, &right)))
            }
            Self::In(part, list) => {
                let value = part.of(row)?;
                Some(Value::Bool(list.iter().any(|each| value.equals(each))))
            }
            Self::Call(function, arguments) => function.call(arguments.iter().map(|each| each.of(row))),
        }
    }

    /// The kind of its values; `None` for null.
    pub(crate) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Literal(value) => value.kind(),
            Self::Property(property) => Some(property.edm.kind()),
            Self::Call(function, _) => Some(function.gives()),
            Self::All(_) | Self::Any(_) | Self::Not(_) | Self::Compare(..) | Self::In(..) => Some(Kind::Bool),
        }
    }

    /// Whether a property in it is such a one.
    pub(crate) fn mentions(&self, such: &dyn Fn(&Property) -> bool) -> bool {
        match self {
            Self::Literal(_) => false,
            Self::Property(property) => such(property),
            Self::All(parts) | Self::Any(parts) | Self::Call(_, parts) => {
                parts.iter().any(|part| part.mentions(such))
            }
            Self::Not(part) | Self::In(part, _) => part.mentions(such),
            Self::Compare(_, left, right) => left.mentions(such) || right.mentions(such),
        }
    }

    /// Whether it is about nothing else than properties of this role.
    pub(crate) fn keeps_to(&self, role: Role) -> bool {
        !self.mentions(&|property| property.role != role)
    }

    /// The parts that must all hold.
    pub(crate) fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            other => std::slice::from_ref(other),
        }
    }
}

/// `or` when `decisive` is true, `and` when it is false: one such part decides, whatever the others are.
fn connect<'a>(parts: &'a [Expr], row: &Row<'a>, decisive: bool) -> Option<Value<'a>> {
    let mut known = true;
    let mut null = false;
    for part in parts {
        match part.of(row) {
            None => known = false,
            Some(Value::Bool(value)) if value == decisive => return Some(Value::Bool(decisive)),
            Some(Value::Bool(_)) => {}
            Some(_) => null = true,
        }
    }
    known.then_some(if null { Value::Null } else { Value::Bool(!decisive) })
}

#[cfg(test)]
mod tests;
