//! Objects of long lists as JSON in one piece: what is selected is looked up once, and then written for each object.
//!
//! The library takes a future, a map and a few copies for each field of each object, which for a thousand readings costs
//! more than reading them. What is written here are the same bytes; `tests/it/fast_lists.rs` and the tests of `flat`
//! compare them. A field that takes a resolver is nothing for a projection: lists with such a field are left to the library.

use std::borrow::Borrow;
use std::sync::Arc;

use async_graphql::Value;
use chrono::{DateTime, Utc};
use serde::Serialize;

use super::error::ApiError;
use super::scalar;
use super::selection::Selected;
use crate::ask::time;

/// Writes one value of an object.
pub(crate) type Write<T> = Box<dyn Fn(&T, &mut Vec<u8>) -> serde_json::Result<()> + Send + Sync>;

/// A type of the schema with fields that need no resolver.
pub(crate) trait Plain: Sized + 'static {
    /// Its name in the schema.
    const TYPE_NAME: &'static str;

    /// How `field` is written; `None` for one that takes a resolver.
    fn field(field: &Selected<'_>) -> Option<Write<Self>>;
}

/// The selected fields of a type.
pub(crate) struct Projection<T> {
    /// What stands before each value: a bracket or a comma, and the key.
    fields: Vec<(Vec<u8>, Write<T>)>,
}

impl<T: Plain> Projection<T> {
    /// The projection to these fields; `None` when one of them takes a resolver.
    pub(crate) fn of(selected: &[Selected<'_>]) -> Option<Self> {
        Self::with(selected, T::field)
    }

    /// The projection to these fields, each written as `write` says; `None` when it does not know one.
    pub(crate) fn with(
        selected: &[Selected<'_>],
        mut write: impl FnMut(&Selected<'_>) -> Option<Write<T>>,
    ) -> Option<Self> {
        let mut fields = Vec::with_capacity(selected.len());
        for field in selected {
            let mut before = vec![if fields.is_empty() { b'{' } else { b',' }];
            serde_json::to_writer(&mut before, field.key()).ok()?;
            before.push(b':');
            let write = match field.name() {
                "__typename" => json(|_| T::TYPE_NAME),
                _ => write(field)?,
            };
            fields.push((before, write));
        }
        Some(Self { fields })
    }

    /// Writes an object.
    pub(crate) fn write(&self, object: &T, out: &mut Vec<u8>) -> serde_json::Result<()> {
        if self.fields.is_empty() {
            out.push(b'{');
        }
        for (before, write) in &self.fields {
            out.extend_from_slice(before);
            write(object, out)?;
        }
        out.push(b'}');
        Ok(())
    }

    /// Writes a list of objects.
    pub(crate) fn write_list(
        &self,
        objects: impl IntoIterator<Item: Borrow<T>>,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        out.push(b'[');
        for (at, object) in objects.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.write(object.borrow(), out)?;
        }
        out.push(b']');
        Ok(())
    }

    /// A list of objects as an answer's value in one piece.
    pub(crate) fn list(&self, objects: impl IntoIterator<Item: Borrow<T>>) -> Result<Value, ApiError> {
        let objects = objects.into_iter();
        // A reading with its time, value and flag takes some 75 bytes.
        let mut out = Vec::with_capacity(objects.size_hint().0 * 80 + 2);
        self.write_list(objects, &mut out)
            .map_err(|error| ApiError::Internal(Arc::new(error)))?;
        scalar::raw_json(out)
    }
}

/// Writes what serde makes of a value.
pub(crate) fn json<T, V: Serialize>(value: impl Fn(&T) -> V + Send + Sync + 'static) -> Write<T> {
    Box::new(move |object, out| serde_json::to_writer(out, &value(object)))
}

/// Writes a text that the object lends, or null.
pub(crate) fn text<T>(value: impl Fn(&T) -> Option<&str> + Send + Sync + 'static) -> Write<T> {
    Box::new(move |object, out| serde_json::to_writer(out, &value(object)))
}

/// Writes an instant, or null.
pub(crate) fn instant<T>(value: impl Fn(&T) -> Option<DateTime<Utc>> + Send + Sync + 'static) -> Write<T> {
    Box::new(move |object, out| match value(object) {
        Some(instant) => {
            write_instant(out, instant);
            Ok(())
        }
        None => serde_json::to_writer(out, &()),
    })
}

/// Writes an instant.
pub(crate) fn write_instant(out: &mut Vec<u8>, instant: DateTime<Utc>) {
    out.push(b'"');
    time::write(out, instant);
    out.push(b'"');
}

/// Writes an object within the object, or null.
pub(crate) fn object<T, P: Plain>(
    field: &Selected<'_>,
    part: impl Fn(&T) -> Option<P> + Send + Sync + 'static,
) -> Option<Write<T>> {
    let projection = Projection::of(&field.below())?;
    Some(Box::new(move |object, out| match part(object) {
        Some(part) => projection.write(&part, out),
        None => serde_json::to_writer(out, &()),
    }))
}
