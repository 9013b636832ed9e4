//! `dataset`: what the operator has decided about datasets.

use sea_orm::entity::prelude::*;

/// A row of `dataset`.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "dataset")]
pub struct Model {
    /// The dataset's part of an address, such as readings; it never changes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub slug: String,
    /// What those see of it who may not see its data: listed for its name and description, hidden for nothing at all.
    pub visibility: String,
}

/// No relations: keys lead from table to table.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
