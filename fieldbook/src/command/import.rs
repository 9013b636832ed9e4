//! `fieldbook import`: history from files.

use std::sync::Arc;

use anyhow::Context as _;
use entity::load::SegmentSums;
use indicatif::{ProgressBar, ProgressStyle};
use ingestor::archiver::ArchiverOptions;
use ingestor::clock::SystemClock;
use ingestor::history::{HistoryImport, HistoryOptions, HistoryProgress, Imported, Layout, SensorFrom};
use ingestor::loader::LoaderOptions;
use tokio::sync::watch;

use super::answer;
use super::count::counted;
use crate::cli::ImportArgs;
use crate::{signals, wiring};

pub(crate) async fn run(args: ImportArgs) -> anyhow::Result<()> {
    if let (Some(earliest), Some(latest)) = (args.earliest, args.latest) {
        anyhow::ensure!(
            earliest < latest,
            "--earliest {earliest} is not before --latest {latest}"
        );
    }
    anyhow::ensure!(
        (1..=200).contains(&args.source.len()),
        "--source {:?} has not between 1 and 200 bytes",
        args.source
    );
    let shutdown = signals::shutdown()?;
    let store = wiring::store_now(&args.store, &args.database.data).await?;
    let db = wiring::database_of(&args.database, "fieldbook-import").await?;
    let options = HistoryOptions {
        dir: args.database.data.data_dir.join("import"),
        files: args.files,
        layout: Layout {
            format: args.format.map(Into::into),
            sensor: match args.sensor {
                Some(name) => SensorFrom::Fixed(name),
                None => SensorFrom::Column(args.sensor_column),
            },
            time_column: args.time_column,
            value_column: args.value_column,
            time: args.time_format,
            delimiter: args.delimiter,
            skip_empty: args.skip_empty,
            earliest: args.earliest,
            latest: args.latest,
        },
        source: args.source,
        on_conflict: args.on_conflict.into(),
        journal: journal::Options {
            budget_bytes: args.journal_mb * 1_000_000,
            ..journal::Options::default()
        },
        loader: LoaderOptions {
            auto_sensors_max: args.auto_sensors_max,
            batch_records_max: 20_000,
            bulk: true,
            ..LoaderOptions::default()
        },
        archiver: ArchiverOptions::default(),
        again: args.again,
        abandon: args.abandon,
    };
    let import = HistoryImport::new(options, db, store, Arc::new(SystemClock), shutdown);
    let bytes = import.bytes()?;
    let shown = tokio::spawn(show(import.progress(), bytes));
    let imported = import.run().await;
    // Its end is that of what it watches.
    let _ = shown.await;
    match imported.context("import the history")? {
        Imported::Done(sums) => answer::line(outcome(&sums))?,
        Imported::Before(at) => answer::line(format_args!(
            "these files were imported at {at}, as they are now; --again imports them once more"
        ))?,
    }
    Ok(())
}

/// Draws how far it is, until it ends.
async fn show(mut progress: watch::Receiver<HistoryProgress>, bytes: u64) -> anyhow::Result<()> {
    let bar = ProgressBar::new(bytes).with_style(
        ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} to go; {msg}")
            .context("draw the progress")?,
    );
    loop {
        let now = *progress.borrow_and_update();
        bar.set_position(now.bytes);
        bar.set_message(format!(
            "{} rows taken, {} in the database, {} on S3",
            now.rows, now.loaded, now.archived
        ));
        if progress.changed().await.is_err() {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

fn outcome(sums: &SegmentSums) -> String {
    let SegmentSums {
        decoded,
        quarantined,
        readings_new,
        readings_duplicate,
        readings_conflicting,
        readings_refused,
    } = sums;
    let rows = counted((decoded + quarantined).unsigned_abs(), "row");
    let aside = quarantined + readings_refused;
    let why = match aside {
        0 => "",
        _ => ": fieldbook quarantine list shows why",
    };
    format!(
        "{rows}: {readings_new} readings new, {readings_duplicate} duplicate, {readings_conflicting} conflicting; {aside} set aside{why}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_says_what_came_of_the_rows() {
        let mut sums = SegmentSums {
            decoded: 9,
            quarantined: 0,
            readings_new: 7,
            readings_duplicate: 2,
            ..SegmentSums::default()
        };
        assert_eq!(
            outcome(&sums),
            "9 rows: 7 readings new, 2 duplicate, 0 conflicting; 0 set aside"
        );
        sums.quarantined = 1;
        assert!(outcome(&sums).ends_with("1 set aside: fieldbook quarantine list shows why"));
    }
}
