//! Tables, views and types of rows, with their columns.

use std::collections::HashMap;

use sea_orm::{DatabaseConnection, DbErr, Value};

use crate::sql;

/// A table, or what reads like one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    /// Its number in the database.
    pub oid: i64,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: RelationKind,
    /// Its comment.
    pub comment: Option<String>,
    /// The column by which it is cut into chunks of time, where it is.
    pub time_dimension: Option<String>,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A table.
    Table,
    /// A table that TimescaleDB cuts by time.
    Hypertable,
    /// A view.
    View,
    /// A view whose rows are kept.
    MaterializedView,
    /// A continuous aggregate of TimescaleDB.
    ContinuousAggregate,
    /// A table that lies elsewhere.
    ForeignTable,
    /// A type of rows that no table has.
    Type,
}

impl RelationKind {
    /// Whether it has rows of its own that lie in the database.
    pub fn is_stored(self) -> bool {
        matches!(self, Self::Table | Self::Hypertable | Self::MaterializedView)
    }

    fn of(letter: &str) -> Result<Self, DbErr> {
        match letter {
            "r" | "p" => Ok(Self::Table),
            "v" => Ok(Self::View),
            "m" => Ok(Self::MaterializedView),
            "f" => Ok(Self::ForeignTable),
            "c" => Ok(Self::Type),
            _ => Err(DbErr::Type(format!("{letter} is no kind of relation"))),
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, such as `timestamp with time zone`.
    pub sql_type: String,
    /// Whether it may be empty.
    pub is_nullable: bool,
    /// Whether it is part of the primary key.
    pub is_key: bool,
    /// The table and column that it refers to.
    pub references: Option<(String, String)>,
    /// Its comment.
    pub comment: Option<String>,
    /// What the database holds each of its values to, as SQL says it.
    pub checks: Vec<String>,
    /// Whether an index finds its lowest and highest value.
    pub is_indexed: bool,
}

/// Every relation that is somebody's: the server's own are left out, and those of extensions.
pub async fn relations(db: &DatabaseConnection) -> Result<Vec<Relation>, DbErr> {
    let mut relations = sql::query(db, include_str!("select_relations.sql"), [], |row| {
        Ok(Relation {
            oid: row.get(0)?,
            schema: row.get(1)?,
            name: row.get(2)?,
            kind: RelationKind::of(row.get(3)?)?,
            comment: row.get(4)?,
            time_dimension: None,
            columns: Vec::new(),
        })
    })
    .await?;
    let mut columns = columns(db, relations.iter().map(|relation| relation.oid).collect()).await?;
    let mut hypertables = hypertables(db).await?;
    for relation in &mut relations {
        relation.columns = columns.remove(&relation.oid).unwrap_or_default();
        let named = (relation.schema.clone(), relation.name.clone());
        if let Some((kind, dimension)) = hypertables.remove(&named) {
            relation.kind = kind;
            relation.time_dimension = dimension;
        }
    }
    Ok(relations)
}

async fn columns(db: &DatabaseConnection, oids: Vec<i64>) -> Result<HashMap<i64, Vec<Column>>, DbErr> {
    let values: [Value; 1] = [oids.into()];
    let rows = sql::query(db, include_str!("select_columns.sql"), values, |row| {
        let table: Option<String> = row.get(5)?;
        let column: Option<String> = row.get(6)?;
        let column = Column {
            name: row.get(1)?,
            sql_type: row.get(2)?,
            is_nullable: row.get(3)?,
            is_key: row.get(4)?,
            references: table.zip(column),
            comment: row.get(7)?,
            checks: row.get(8)?,
            is_indexed: row.get(9)?,
        };
        Ok((row.get(0)?, column))
    })
    .await?;
    let mut columns: HashMap<i64, Vec<Column>> = HashMap::new();
    for (oid, column) in rows {
        columns.entry(oid).or_default().push(column);
    }
    Ok(columns)
}

type Named = (String, String);

async fn hypertables(
    db: &DatabaseConnection,
) -> Result<HashMap<Named, (RelationKind, Option<String>)>, DbErr> {
    if !has_timescaledb(db).await? {
        return Ok(HashMap::new());
    }
    let rows = sql::query(db, include_str!("select_hypertables.sql"), [], |row| {
        let kind = if row.get(3)? {
            RelationKind::ContinuousAggregate
        } else {
            RelationKind::Hypertable
        };
        Ok(((row.get(0)?, row.get(1)?), (kind, row.get(2)?)))
    })
    .await?;
    Ok(rows.into_iter().collect())
}

/// Whether this database uses TimescaleDB.
async fn has_timescaledb(db: &DatabaseConnection) -> Result<bool, DbErr> {
    let select = "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')";
    let rows = sql::query(db, select, [], |row| row.get(0)).await?;
    Ok(rows.contains(&true))
}
