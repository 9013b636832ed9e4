//! `fieldbook datasets`: which there are, and which of them show that they are there to those who may not see their data.

use anyhow::Context as _;
use catalogue::model::Dataset;
use entity::DatabaseConnection;
use entity::visibility::{self, Visibility};

use super::{answer, table};
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
    let rows: Vec<[String; 3]> = datasets(&db)
        .await?
        .into_iter()
        .map(|dataset| {
            let visibility = visibilities.get(&dataset.slug).copied().unwrap_or_default();
            [
                dataset.slug,
                visibility.to_string(),
                dataset.description.unwrap_or_default(),
            ]
        })
        .collect();
    table::answer(["DATASET", "VISIBILITY", "DESCRIPTION"], &rows)
}

async fn set(slug: &str, visibility: VisibilityArg, database: &DatabaseArgs) -> anyhow::Result<()> {
    let db = wiring::database_of(database, "fieldbook-datasets").await?;
    check_slugs(&db, [slug]).await?;
    let visibility = match visibility {
        VisibilityArg::Listed => Visibility::Listed,
        VisibilityArg::Hidden => Visibility::Hidden,
    };
    visibility::set(&db, slug, visibility)
        .await
        .context("write the dataset's visibility")?;
    answer::line(format_args!("{slug} is {visibility}"))
}

/// Refuses slugs that no dataset has, and says which there are.
pub(super) async fn check_slugs(
    db: &DatabaseConnection,
    slugs: impl IntoIterator<Item = &str>,
) -> anyhow::Result<()> {
    let mut slugs = slugs.into_iter().peekable();
    if slugs.peek().is_none() {
        return Ok(());
    }
    let datasets = datasets(db).await?;
    for slug in slugs {
        if !datasets.iter().any(|dataset| dataset.slug == slug) {
            let there: Vec<&str> = datasets.iter().map(|dataset| dataset.slug.as_str()).collect();
            anyhow::bail!("there is no dataset {slug:?}: there are {}", there.join(", "));
        }
    }
    Ok(())
}

async fn datasets(db: &DatabaseConnection) -> anyhow::Result<Vec<Dataset>> {
    catalogue::discover::all(db).await.context("look for datasets")
}
