//! What those see of a dataset who may not see its data. A dataset of which nobody said anything is listed.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, DatabaseConnection, DbErr, EntityTrait};

use crate::table::dataset;

/// What those see of a dataset who may not see its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Visibility {
    /// Its name and description.
    #[default]
    Listed,
    /// Nothing: for them there is no such dataset.
    Hidden,
}

/// Neither `listed` nor `hidden`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a dataset is listed or hidden, not {0:?}")]
pub struct UnknownVisibility(String);

impl FromStr for Visibility {
    type Err = UnknownVisibility;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "listed" => Ok(Self::Listed),
            "hidden" => Ok(Self::Hidden),
            _ => Err(UnknownVisibility(word.to_owned())),
        }
    }
}

impl Visibility {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Hidden => "hidden",
        }
    }
}

impl fmt::Display for Visibility {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The visibility of each dataset of which something was said, by slug.
pub async fn of_datasets(db: &DatabaseConnection) -> Result<HashMap<String, Visibility>, DbErr> {
    let rows = dataset::Entity::find().all(db).await?;
    rows.into_iter()
        .map(|row| {
            let visibility = row.visibility.parse();
            let visibility = visibility.map_err(|error: UnknownVisibility| DbErr::Type(error.to_string()))?;
            Ok((row.slug, visibility))
        })
        .collect()
}

/// Says what those see of a dataset who may not see its data.
pub async fn set(db: &DatabaseConnection, slug: &str, visibility: Visibility) -> Result<(), DbErr> {
    let row = dataset::ActiveModel {
        slug: ActiveValue::Set(slug.to_owned()),
        visibility: ActiveValue::Set(visibility.as_str().to_owned()),
    };
    let on_conflict = OnConflict::column(dataset::Column::Slug)
        .update_column(dataset::Column::Visibility)
        .to_owned();
    dataset::Entity::insert(row)
        .on_conflict(on_conflict)
        .exec_without_returning(db)
        .await?;
    Ok(())
}
