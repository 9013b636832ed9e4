//! Which datasets are hidden, so that not every request asks the database for it.
//!
//! Hiding and listing hold after [`MOMENT`] at the latest, in every process. While the database does not answer, nobody is
//! told of datasets: what was hidden meanwhile is not known.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use entity::visibility::{self, Visibility};
use entity::{DatabaseConnection, DbErr};

use crate::at_hand::AtHand;

/// How long what was read is taken without another look.
const MOMENT: Duration = Duration::from_secs(1);

/// The hidden datasets.
#[derive(Debug)]
pub(crate) struct Hidden(AtHand<HashSet<String>>);

impl Default for Hidden {
    fn default() -> Self {
        Self(AtHand::new(MOMENT))
    }
}

impl Hidden {
    /// Their slugs.
    pub(super) async fn slugs(&self, db: &DatabaseConnection) -> Result<Arc<HashSet<String>>, DbErr> {
        self.0.get(read(db)).await
    }
}

async fn read(db: &DatabaseConnection) -> Result<HashSet<String>, DbErr> {
    let visibilities = visibility::of_datasets(db).await?.into_iter();
    let hidden = visibilities.filter(|(_, visibility)| *visibility == Visibility::Hidden);
    Ok(hidden.map(|(slug, _)| slug).collect())
}
