//! Statements from files, and rows read by position: what every query here is made of.

pub(crate) mod packed;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, RuntimeErr, Statement, Value};
use sqlx::Row as _;

use crate::QualityFlag;

/// A statement with its parameters.
pub(crate) fn statement<I: IntoIterator<Item = Value>>(sql: &'static str, values: I) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// Runs a statement and gives how many rows it wrote.
pub(crate) async fn execute<C, I>(db: &C, sql: &'static str, values: I) -> Result<u64, DbErr>
where
    C: ConnectionTrait,
    I: IntoIterator<Item = Value>,
{
    Ok(db.execute_raw(statement(sql, values)).await?.rows_affected())
}

/// Runs a query and reads each row of it.
pub(crate) async fn query<C, I, T>(
    db: &C,
    sql: &'static str,
    values: I,
    read: impl Fn(&Row<'_>) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr>
where
    C: ConnectionTrait,
    I: IntoIterator<Item = Value>,
{
    rows(db, statement(sql, values), read).await
}

/// Runs a query that was built and reads each row of it.
pub(crate) async fn rows<C: ConnectionTrait, T>(
    db: &C,
    statement: Statement,
    read: impl Fn(&Row<'_>) -> Result<T, DbErr>,
) -> Result<Vec<T>, DbErr> {
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| read(&Row::of(row)?)).collect()
}

/// A row whose columns are read by position, which spares a look-up by name for each value.
pub(crate) struct Row<'r>(&'r sqlx::postgres::PgRow);

impl<'r> Row<'r> {
    fn of(row: &'r QueryResult) -> Result<Self, DbErr> {
        row.try_as_pg_row()
            .map(Row)
            .ok_or_else(|| DbErr::Type("a row of another database than PostgreSQL".to_owned()))
    }

    /// A row of the driver's own.
    pub(crate) fn of_driver(row: &'r sqlx::postgres::PgRow) -> Self {
        Self(row)
    }

    /// The column at `position`, from 0.
    pub(crate) fn get<T>(&self, position: usize) -> Result<T, DbErr>
    where
        T: sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        self.0
            .try_get(position)
            .map_err(|error| DbErr::Query(RuntimeErr::SqlxError(error.into())))
    }

    /// The flag at `position`.
    pub(crate) fn flag(&self, position: usize) -> Result<QualityFlag, DbErr> {
        flag(self.get(position)?)
    }
}

/// The flag with this number.
pub(crate) fn flag(number: i16) -> Result<QualityFlag, DbErr> {
    QualityFlag::try_from(number).map_err(|error| DbErr::Type(error.to_string()))
}

/// The times as a parameter.
pub(crate) fn times(times: impl Iterator<Item = DateTime<Utc>>) -> Value {
    times.collect::<Vec<_>>().into()
}

/// A name as an identifier: the one thing of a statement that cannot be a parameter.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Whether PostgreSQL can hold this text: its texts have no NUL, so one with NUL equals none of them.
pub(crate) fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}
