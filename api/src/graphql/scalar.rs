//! The scalars that GraphQL does not have, and lists of scalars written at one go.

use std::borrow::Cow;
use std::sync::Arc;

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, InputValueError, InputValueResult, Name, OutputType, Positioned, Scalar, ScalarType,
    ServerError, ServerResult, Value,
};
use chrono::Utc;
use serde::Serialize;

use crate::ask::time;
use crate::graphql::error::ApiError;

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
        read_time(&value)
            .map(Self)
            .ok_or_else(|| InputValueError::expected_type(value))
    }

    fn is_valid(value: &Value) -> bool {
        read_time(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(time::format(self.0))
    }
}

/// The instant that a value of `DateTime` means.
pub(crate) fn read_time(value: &Value) -> Option<chrono::DateTime<Utc>> {
    match value {
        Value::String(text) => time::parse(text),
        Value::Number(millis) => time::from_millis(millis.as_i64()?),
        _ => None,
    }
}

/// The length of a bucket, as written; what it means is for whoever needs it to say, who knows the argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Duration(pub(crate) String);

/// A length of time in ISO 8601, of whole seconds: `PT1S`, `PT15M`, `PT1H`, `PT1H30M`, `P1D`, `P1W`, `P1M`, `P1Y`, `P1DT12H`.
/// Years and months stand alone, and so do weeks.
///
/// Where buckets of such a length begin: months and years with the first of a month, counted from January 2000; weeks on
/// Mondays, counted from 2000-01-03; days at local midnight, counted from 2000-01-01 (a day in Europe/Zurich has 23, 24
/// or 25 hours, and one without a midnight begins with its first instant); what is shorter than a day and divides 24 hours
/// at the marks of the local clock, beginning with midnight; anything else (`PT7H`, `PT36H`) every so many elapsed hours
/// since the local midnight of 2000-01-01. `PT24H` is `P1D`, but `P7D` is not `P1W`.
///
/// When the clock is put forward over a mark, a bucket begins at the change; when it is put back to or over one, a bucket
/// begins there again. So where 03:00 becomes 02:00, `PT1H` has 25 buckets of an hour, and `PT6H` one of 7 hours and three
/// of 6.
#[Scalar(
    name = "Duration",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#appendix-A"
)]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A list of scalars in the schema, written as JSON in one piece: the library takes a future for each item of a list.
/// `T` is what the list looks like in the schema, `J` how it is written.
pub(crate) struct Column<T, J> {
    json: J,
    schema: std::marker::PhantomData<fn() -> T>,
}

/// What writes itself as JSON.
pub(crate) trait Json {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()>;
}

impl<T: Serialize> Json for T {
    fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        serde_json::to_writer(out, self)
    }
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

impl<T: OutputType, J: Json + Send + Sync> OutputType for Column<T, J> {
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
        let mut json = Vec::new();
        self.json
            .write(&mut json)
            .map_err(|error| ApiError::Internal(Arc::new(error)))
            .and_then(|()| raw_json(json))
            .map_err(|error| failed(ctx, field, error))
    }
}

/// The error of a field whose value could not be written.
pub(crate) fn failed(
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
    error: ApiError,
) -> ServerError {
    ctx.set_error_path(async_graphql::Error::from(error).into_server_error(field.pos))
}

/// The JSON that a value of an answer stands for, when it is [`raw_json`]. No response key has a `$`, so nothing else looks
/// like it.
pub(crate) fn as_raw_json(object: &IndexMap<Name, Value>) -> Option<&str> {
    match object.get(RAW_JSON)? {
        Value::String(json) if object.len() == 1 => Some(json),
        _ => None,
    }
}

/// JSON that stands for itself in an answer.
pub(crate) fn raw_json(json: Vec<u8>) -> Result<Value, ApiError> {
    let json = String::from_utf8(json).map_err(|error| ApiError::Internal(Arc::new(error)))?;
    Ok(Value::Object(IndexMap::from([(
        Name::new(RAW_JSON),
        Value::String(json),
    )])))
}
