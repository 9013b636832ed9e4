//! The functions of a filter.

use chrono::{DateTime, Datelike as _, NaiveTime, Timelike as _, Utc};

use crate::odata::value::{Kind, Value};

/// A function of a filter. Those of times are about UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Contains,
    StartsWith,
    EndsWith,
    ToLower,
    ToUpper,
    Trim,
    Length,
    IndexOf,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Date,
    Round,
    Floor,
    Ceiling,
}

/// The names of all functions, of which `now` is a value rather than one of them.
pub(crate) const NAMES: [&str; Function::ALL.len() + 1] = {
    let mut names = ["now"; Function::ALL.len() + 1];
    let mut at = 0;
    while at < Function::ALL.len() {
        names[at] = Function::ALL[at].0;
        at += 1;
    }
    names
};

impl Function {
    /// Every function with its name.
    pub(crate) const ALL: [(&str, Self); 18] = [
        ("contains", Self::Contains),
        ("startswith", Self::StartsWith),
        ("endswith", Self::EndsWith),
        ("tolower", Self::ToLower),
        ("toupper", Self::ToUpper),
        ("trim", Self::Trim),
        ("length", Self::Length),
        ("indexof", Self::IndexOf),
        ("year", Self::Year),
        ("month", Self::Month),
        ("day", Self::Day),
        ("hour", Self::Hour),
        ("minute", Self::Minute),
        ("second", Self::Second),
        ("date", Self::Date),
        ("round", Self::Round),
        ("floor", Self::Floor),
        ("ceiling", Self::Ceiling),
    ];

    /// The function of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(each, _)| *each == name)
            .map(|(_, function)| *function)
    }

    /// The kinds of its arguments.
    pub(crate) fn takes(self) -> &'static [Kind] {
        match self {
            Self::Contains | Self::StartsWith | Self::EndsWith | Self::IndexOf => &[Kind::Text, Kind::Text],
            Self::ToLower | Self::ToUpper | Self::Trim | Self::Length => &[Kind::Text],
            Self::Year | Self::Month | Self::Day | Self::Hour | Self::Minute | Self::Second | Self::Date => {
                &[Kind::Time]
            }
            Self::Round | Self::Floor | Self::Ceiling => &[Kind::Number],
        }
    }

    /// The kind of what it gives.
    pub(crate) fn gives(self) -> Kind {
        match self {
            Self::Contains | Self::StartsWith | Self::EndsWith => Kind::Bool,
            Self::ToLower | Self::ToUpper | Self::Trim => Kind::Text,
            Self::Date => Kind::Time,
            _ => Kind::Number,
        }
    }

    /// What it gives; null of null, and `None` of what is not known.
    pub(super) fn call<'a>(
        self,
        mut arguments: impl Iterator<Item = Option<Value<'a>>>,
    ) -> Option<Value<'a>> {
        let first = arguments.next()??;
        let value = match (&first, self.takes().len()) {
            (_, 2) => {
                let second = arguments.next()??;
                let (Value::Text(text), Value::Text(part)) = (&first, &second) else {
                    return Some(Value::Null);
                };
                self.of_texts(text, part)
            }
            (Value::Text(text), _) => self.of_text(text),
            (Value::Time(time), _) => self.of_time(*time),
            (number, _) => match number.number() {
                Some(number) => Value::Double(self.of_number(number)),
                None => Value::Null,
            },
        };
        Some(value)
    }

    fn of_texts(self, text: &str, part: &str) -> Value<'static> {
        match self {
            Self::StartsWith => Value::Bool(text.starts_with(part)),
            Self::EndsWith => Value::Bool(text.ends_with(part)),
            // Counted in characters, from 0; -1 for nowhere.
            Self::IndexOf => Value::Int(
                text.find(part)
                    .and_then(|at| i64::try_from(text[..at].chars().count()).ok())
                    .unwrap_or(-1),
            ),
            _ => Value::Bool(text.contains(part)),
        }
    }

    fn of_text(self, text: &str) -> Value<'static> {
        match self {
            Self::ToLower => Value::Text(text.to_lowercase().into()),
            Self::ToUpper => Value::Text(text.to_uppercase().into()),
            Self::Trim => Value::Text(text.trim().to_owned().into()),
            _ => Value::Int(i64::try_from(text.chars().count()).unwrap_or(i64::MAX)),
        }
    }

    fn of_time(self, time: DateTime<Utc>) -> Value<'static> {
        let number = match self {
            Self::Year => return Value::Int(time.year().into()),
            Self::Month => time.month(),
            Self::Day => time.day(),
            Self::Hour => time.hour(),
            Self::Minute => time.minute(),
            Self::Second => time.second(),
            _ => return Value::Time(time.date_naive().and_time(NaiveTime::MIN).and_utc()),
        };
        Value::Int(number.into())
    }

    fn of_number(self, number: f64) -> f64 {
        match self {
            Self::Floor => number.floor(),
            Self::Ceiling => number.ceil(),
            // Halves away from zero.
            _ => number.round(),
        }
    }
}
