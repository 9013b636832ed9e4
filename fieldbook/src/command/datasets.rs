//! `fieldbook datasets`: which of them show that they are there to those who may not see their data.

use anyhow::Context as _;
use catalogue::{DATASETS, Dataset};
use entity::visibility::{self, Visibility};

use super::table;
use crate::cli::{DatabaseArgs, DatasetsAction, DatasetsArgs, VisibilityArg};
use crate::wiring;

pub(crate) async fn run(args: DatasetsArgs) -> anyhow::Result<()> {
    match args.action {
        DatasetsAction::List(database) => list(&database).await,
        DatasetsAction::Set {
            slug,
            visibility,
            database,
        } => set(&slug, visibility, &database).await,
    }
}

async fn list(database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = wiring::database_of(database, "fieldbook-datasets").await?;
    let visibilities = visibility::of_datasets(&db).await.context("read the datasets")?;
    let rows: Vec<[String; 3]> = DATASETS
        .iter()
        .map(|dataset| {
            let visibility = visibilities.get(dataset.slug).copied().unwrap_or_default();
            [
                dataset.slug.to_owned(),
                visibility.to_string(),
                dataset.description.to_owned(),
            ]
        })
        .collect();
    table::print(["DATASET", "VISIBILITY", "DESCRIPTION"], &rows);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "it is the answer")]
async fn set(slug: &str, visibility: VisibilityArg, database: &DatabaseArgs) -> anyhow::Result<()> {
    let dataset = known_dataset(slug)?;
    let visibility = match visibility {
        VisibilityArg::Listed => Visibility::Listed,
        VisibilityArg::Hidden => Visibility::Hidden,
    };
    let db = wiring::database_of(database, "fieldbook-datasets").await?;
    visibility::set(&db, dataset.slug, visibility)
        .await
        .context("write the dataset's visibility")?;
    println!("{} is {visibility}", dataset.slug);
    Ok(())
}

/// The dataset with this slug, or which there are.
pub(super) fn known_dataset(slug: &str) -> anyhow::Result<&'static Dataset> {
    Dataset::by_slug(slug).with_context(|| {
        let slugs: Vec<&str> = DATASETS.iter().map(|dataset| dataset.slug).collect();
        format!("there is no dataset {slug:?}: there are {}", slugs.join(", "))
    })
}
