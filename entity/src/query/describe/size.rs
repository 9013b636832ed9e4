//! How much there is of a relation.

use std::collections::HashMap;

use sea_orm::{DatabaseConnection, DbBackend, DbErr, Statement, Value};

use super::{Relation, RelationKind};
use crate::sql;

/// Relations of which the server thinks that they have no more rows than this are counted.
const COUNTED_ROWS_MAX: f64 = 20_000.0;

/// And only when they are no larger than this: without statistics, the size is all there is to go by.
const COUNTED_BYTES_MAX: i64 = 16 * 1024 * 1024;

/// How much there is of a relation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// About how many rows; `None` where nobody has counted yet.
    pub rows: Option<f64>,
    /// How many bytes, indexes included.
    pub bytes: i64,
}

/// How many rows there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// So many.
    Exactly(u64),
    /// About so many.
    About(u64),
}

/// The size of each relation that is stored, by its number.
pub async fn sizes(db: &DatabaseConnection, relations: &[Relation]) -> Result<HashMap<i64, Size>, DbErr> {
    let of = |kinds: fn(RelationKind) -> bool| -> Vec<i64> {
        let relations = relations.iter().filter(|relation| kinds(relation.kind));
        relations.map(|relation| relation.oid).collect()
    };
    let hypertables = of(|kind| kind == RelationKind::Hypertable);
    let others = of(|kind| kind.is_stored() && kind != RelationKind::Hypertable);
    let mut sizes = select(db, include_str!("select_sizes.sql"), others).await?;
    if !hypertables.is_empty() {
        sizes.extend(select(db, include_str!("select_hypertable_sizes.sql"), hypertables).await?);
    }
    Ok(sizes)
}

async fn select(
    db: &DatabaseConnection,
    statement: &'static str,
    oids: Vec<i64>,
) -> Result<HashMap<i64, Size>, DbErr> {
    let values: [Value; 1] = [oids.into()];
    let rows = sql::query(db, statement, values, |row| {
        let size = Size {
            rows: row.get(1)?,
            bytes: row.get::<Option<i64>>(2)?.unwrap_or_default(),
        };
        Ok((row.get(0)?, size))
    })
    .await?;
    Ok(rows.into_iter().collect())
}

/// Whether reading all of it is quick.
pub fn is_small(size: Option<Size>) -> bool {
    size.is_some_and(|size| {
        size.bytes <= COUNTED_BYTES_MAX && size.rows.is_none_or(|rows| rows <= COUNTED_ROWS_MAX)
    })
}

/// How many rows a relation has: counted where that is quick.
pub async fn rows(
    db: &DatabaseConnection,
    relation: &Relation,
    size: Option<Size>,
) -> Result<Option<Rows>, DbErr> {
    let about = size.and_then(|size| size.rows);
    if is_small(size) {
        let select = format!(
            "SELECT count(*) FROM {}.{}",
            sql::identifier(&relation.schema),
            sql::identifier(&relation.name)
        );
        let statement = Statement::from_string(DbBackend::Postgres, select);
        let counted = sql::rows(db, statement, |row| row.get::<i64>(0)).await?;
        return Ok(counted.first().map(|count| Rows::Exactly(count.unsigned_abs())));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate of rows is a whole number, never below 0"
    )]
    Ok(about.map(|about| Rows::About(about as u64)))
}
