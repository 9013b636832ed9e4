//! The scalars that GraphQL does not have, and lists of scalars written at one go.

use std::borrow::Cow;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, InputValueError, InputValueResult, Name, OutputType, Positioned, Scalar, ScalarType,
    ServerResult, Value,
};
use chrono::Utc;
use serde::Serialize;

use crate::ask::time;

/// An instant in questions and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) chrono::DateTime<Utc>);

/// An instant.
///
/// In answers: RFC 3339 in UTC with `Z` and no, three or six digits of a second, such as `2026-11-23T10:00:00.500Z`.
/// In arguments: the same with any offset; without an offset it is UTC; a date alone, which is its midnight in UTC;
/// or milliseconds since 1970-01-01T00:00:00Z as a number or a string. Finer digits than microseconds are cut.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value)
            .map(Self)
            .ok_or_else(|| InputValueError::expected_type(value))
    }

    fn is_valid(value: &Value) -> bool {
        read(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(time::format(self.0))
    }
}

fn read(value: &Value) -> Option<chrono::DateTime<Utc>> {
    match value {
        Value::String(text) => time::parse(text),
        Value::Number(millis) => time::from_millis(millis.as_i64()?),
        _ => None,
    }
}

/// A list of scalars in the schema, written as JSON in one piece: the library takes a future for each item of a list.
/// `T` is what the list looks like in the schema, `J` how it is written.
pub(crate) struct Column<T, J> {
    json: J,
    schema: std::marker::PhantomData<fn() -> T>,
}

/// An object with this one key stands for the JSON in its value (the library's feature `raw_value`).
const RAW_JSON: &str = "$serde_json::private::RawValue";

impl<T, J> Column<T, J> {
    pub(crate) fn new(json: J) -> Self {
        Self {
            json,
            schema: std::marker::PhantomData,
        }
    }
}

impl<T: OutputType, J: Serialize + Send + Sync> OutputType for Column<T, J> {
    fn type_name() -> Cow<'static, str> {
        Vec::<T>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<T>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<T>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let json = serde_json::to_string(&self.json).map_err(|error| {
            let error = crate::graphql::error::ApiError::Internal(std::sync::Arc::new(error));
            ctx.set_error_path(async_graphql::Error::from(error).into_server_error(field.pos))
        })?;
        let raw = IndexMap::from([(Name::new(RAW_JSON), Value::String(json))]);
        Ok(Value::Object(raw))
    }
}
