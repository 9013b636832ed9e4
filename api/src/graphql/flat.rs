//! Lists of flat rows as JSON in one piece: the library takes a future and a map for each object of a list, and tools
//! that ask for flat rows ask for many.

use std::borrow::Cow;
use std::io;
use std::sync::Arc;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContextSelectionSet, OutputType, Positioned, ServerResult, Value};
use serde::Serialize;

use super::error::ApiError;
use super::model::PageInfo;
use super::scalar;
use super::selection::{self, Selected};

/// Writes one field of a row.
pub(crate) type Write<R> = fn(&R, &mut Vec<u8>) -> serde_json::Result<()>;

/// A row of scalars.
pub(crate) trait FlatRow: OutputType + Sized {
    /// How the field of this name in the schema is written.
    fn field(name: &str) -> Option<Write<Self>>;
}

/// The rows of an answer.
pub(crate) trait FlatRows: Send + Sync + 'static {
    /// What they look like.
    type Row<'a>: FlatRow
    where
        Self: 'a;
    /// What an edge to one looks like in the schema: `cursor` and `node`.
    type Edge: OutputType;

    fn len(&self) -> usize;
    fn row(&self, at: usize) -> Self::Row<'_>;
    /// The place of a row.
    fn cursor(&self, at: usize) -> String;
    fn page_info(&self) -> PageInfo;
}

/// Writes a value.
pub(crate) fn json(out: &mut Vec<u8>, value: impl Serialize) -> serde_json::Result<()> {
    serde_json::to_writer(out, &value)
}

/// `[Row!]!` in the schema.
pub(crate) struct Nodes<P>(pub(crate) Arc<P>);

impl<P: FlatRows> OutputType for Nodes<P> {
    fn type_name() -> Cow<'static, str> {
        Vec::<P::Row<'static>>::type_name()
    }

    fn qualified_type_name() -> String {
        Vec::<P::Row<'static>>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Vec::<P::Row<'static>>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        written(ctx, field, nodes(&*self.0, &selection::selected(ctx)))
    }
}

/// `[Edge]` in the schema: nullable both ways, which is the one shape that BI drivers read.
pub(crate) struct Edges<P>(pub(crate) Arc<P>);

impl<P: FlatRows> OutputType for Edges<P> {
    fn type_name() -> Cow<'static, str> {
        Option::<Vec<Option<P::Edge>>>::type_name()
    }

    fn qualified_type_name() -> String {
        Option::<Vec<Option<P::Edge>>>::qualified_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        Option::<Vec<Option<P::Edge>>>::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        written(ctx, field, edges(&*self.0, ctx))
    }
}

fn written(
    ctx: &ContextSelectionSet<'_>,
    field: &Positioned<Field>,
    json: io::Result<Vec<u8>>,
) -> ServerResult<Value> {
    json.map_err(|error| ApiError::Internal(Arc::new(error)))
        .and_then(scalar::raw_json)
        .map_err(|error| ctx.set_error_path(async_graphql::Error::from(error).into_server_error(field.pos)))
}

fn nodes<P: FlatRows>(rows: &P, fields: &[Selected<'_>]) -> io::Result<Vec<u8>> {
    let object = Object::<P::Row<'_>>::of(fields)?;
    list(rows.len(), object.0.len(), |at, out| {
        object.write(&rows.row(at), out)
    })
}

fn edges<P: FlatRows>(rows: &P, ctx: &ContextSelectionSet<'_>) -> io::Result<Vec<u8>> {
    enum What<R> {
        TypeName,
        Cursor,
        Node(Object<R>),
    }

    let mut keys = Vec::new();
    let mut values = 0;
    for field in selection::selected(ctx) {
        let what = match field.name() {
            "__typename" => What::TypeName,
            "cursor" => What::Cursor,
            "node" => {
                let object = Object::<P::Row<'_>>::of(&field.below())?;
                values += object.0.len();
                What::Node(object)
            }
            other => return Err(unknown::<P::Edge>(other)),
        };
        values += 1;
        keys.push((key(&field)?, what));
    }
    list(rows.len(), values, |at, out| {
        let mut before = b'{';
        for (key, what) in &keys {
            out.push(before);
            before = b',';
            out.extend_from_slice(key);
            match what {
                What::TypeName => json(out, P::Edge::type_name())?,
                What::Cursor => json(out, rows.cursor(at))?,
                What::Node(object) => object.write(&rows.row(at), out)?,
            }
        }
        out.push(b'}');
        Ok(())
    })
}

/// A list of `count` objects with some `values` each.
fn list(
    count: usize,
    values: usize,
    mut write: impl FnMut(usize, &mut Vec<u8>) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let mut out = Vec::with_capacity(count * values * 24 + 2);
    out.push(b'[');
    for at in 0..count {
        if at > 0 {
            out.push(b',');
        }
        write(at, &mut out)?;
    }
    out.push(b']');
    Ok(out)
}

/// The selected fields of a row, each with its key as it is written; `None` is the name of its type.
struct Object<R>(Vec<(Vec<u8>, Option<Write<R>>)>);

impl<R: FlatRow> Object<R> {
    fn of(fields: &[Selected<'_>]) -> io::Result<Self> {
        let mut written = Vec::with_capacity(fields.len());
        for field in fields {
            let write = match field.name() {
                "__typename" => None,
                // A test writes every field of the schema.
                name => Some(R::field(name).ok_or_else(|| unknown::<R>(name))?),
            };
            written.push((key(field)?, write));
        }
        Ok(Self(written))
    }

    fn write(&self, row: &R, out: &mut Vec<u8>) -> io::Result<()> {
        let mut before = b'{';
        for (key, write) in &self.0 {
            out.push(before);
            before = b',';
            out.extend_from_slice(key);
            match write {
                Some(write) => write(row, out)?,
                None => json(out, R::type_name())?,
            }
        }
        out.push(b'}');
        Ok(())
    }
}

fn key(field: &Selected<'_>) -> io::Result<Vec<u8>> {
    let mut key = serde_json::to_vec(field.key())?;
    key.push(b':');
    Ok(key)
}

fn unknown<T: OutputType>(field: &str) -> io::Error {
    io::Error::other(format!("write the field {field} of {}", T::type_name()))
}
