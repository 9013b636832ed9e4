//! What an operation may cost, as every answer tells it: `extensions.cost`.

use async_graphql::indexmap::IndexMap;
use async_graphql::{Name, Value};

/// What an operation may cost, by kind, reckoned before anything of it runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Values that the answer may have to hold.
    pub(crate) values: Share,
    /// Stored rows that the answer may have to be taken from.
    pub(crate) rows: Share,
    /// Raw messages that may have to be fetched.
    pub(crate) raw_messages: Share,
}

/// One kind of cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// What the question may cost.
    pub(crate) asked: u64,
    /// What one question may cost at most.
    pub(crate) limit: u64,
}

impl Cost {
    /// As it stands in an answer.
    pub(crate) fn to_value(self) -> Value {
        object([
            ("values", self.values.to_value()),
            ("rows", self.rows.to_value()),
            ("rawMessages", self.raw_messages.to_value()),
        ])
    }
}

impl Share {
    fn to_value(self) -> Value {
        object([("asked", self.asked.into()), ("limit", self.limit.into())])
    }
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (Name::new(name), value));
    Value::Object(fields.collect::<IndexMap<_, _>>())
}
