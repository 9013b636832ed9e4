//! `fieldbook replay`: the archive into a database again.

use std::sync::Arc;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use ingestor::clock::SystemClock;
use ingestor::loader::LoaderOptions;
use ingestor::restore::{Restore, RestoreOptions, RestoreProgress, Restored, Survey};
use tokio::sync::watch;

use super::answer;
use super::count::counted;
use crate::cli::ReplayArgs;
use crate::{signals, sources, wiring};

pub(crate) async fn run(args: ReplayArgs) -> anyhow::Result<()> {
    if let (Some(from), Some(to)) = (args.from, args.to) {
        anyhow::ensure!(from < to, "--from {from} is not before --to {to}");
    }
    let shutdown = signals::shutdown()?;
    let store = wiring::store_now(&args.store, &args.database.data).await?;
    let db = wiring::database_of(&args.database, "fieldbook-replay").await?;
    let defaults = RestoreOptions::default();
    let options = RestoreOptions {
        manners: sources::manners(args.sources.as_deref(), &args.source, args.on_conflict)?,
        loader: LoaderOptions {
            auto_sensors_max: args.auto_sensors_max,
            ..defaults.loader
        },
        from: args.from,
        to: args.to,
        skip_damaged: args.skip_damaged,
        anew: args.restart,
        ..defaults
    };
    let restore = Restore::new(options, db, store, Arc::new(SystemClock), shutdown);
    let survey = restore.survey().await.context("look through the archive")?;
    if args.survey {
        answer::line(found(&survey))?;
        for lack in survey.lacks() {
            answer::line(lack)?;
        }
        anyhow::ensure!(survey.lacks().is_empty(), "the archive is not whole");
        return Ok(());
    }
    let progress = restore.progress();
    let shown = tokio::spawn(show(progress, survey.messages));
    let restored = restore.run(&survey).await;
    // Its end is that of what it watches.
    let _ = shown.await;
    let restored = restored.context("replay the archive")?;
    for lack in &restored.skipped {
        answer::line(format_args!("skipped: {lack}"))?;
    }
    answer::line(outcome(&restored))
}

/// Draws how far it is, until it ends.
async fn show(mut progress: watch::Receiver<RestoreProgress>, messages: u64) -> anyhow::Result<()> {
    let bar = ProgressBar::new(messages).with_style(
        ProgressStyle::with_template("{wide_bar} {pos} of {len} messages, {per_sec}, {eta} to go{msg}")
            .context("draw the progress")?,
    );
    loop {
        let now = *progress.borrow_and_update();
        bar.set_position(now.messages);
        if now.messages == 0 && now.lists > 0 {
            bar.set_message(format!(", {} sensor lists", now.lists));
        } else {
            bar.set_message("");
        }
        if progress.changed().await.is_err() {
            bar.finish_and_clear();
            return Ok(());
        }
    }
}

fn found(survey: &Survey) -> String {
    let foreign = match survey.foreign {
        0 => String::new(),
        keys => format!(
            "; {} that {} not the archive's",
            counted(keys, "key"),
            if keys == 1 { "is" } else { "are" }
        ),
    };
    format!(
        "{} with {} in {:.1} MB{foreign}",
        counted(survey.segments, "object"),
        counted(survey.messages, "message"),
        megabytes(survey.bytes)
    )
}

fn outcome(restored: &Restored) -> String {
    let Restored {
        segments,
        messages,
        known,
        mended,
        quarantined,
        readings_new,
        readings_duplicate,
        readings_conflicting,
        readings_refused,
        skipped,
        ..
    } = restored;
    let mut text = format!(
        "{} in {}: {readings_new} readings new, {readings_duplicate} duplicate, {readings_conflicting} conflicting; {} set aside",
        counted(*messages, "message"),
        counted(*segments, "segment"),
        counted(quarantined + readings_refused, "message"),
    );
    if *known > 0 {
        text = format!(
            "{text}; {known} were known already, of which {} came back",
            counted(*mended, "reading")
        );
    }
    if !skipped.is_empty() {
        text = format!(
            "{text}; went on without {}",
            counted(skipped.len() as u64, "piece")
        );
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "told with one digit")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_says_what_is_new_what_was_known_and_what_is_missing() {
        let mut restored = Restored {
            segments: 1,
            messages: 12,
            decoded: 11,
            quarantined: 1,
            readings_new: 9,
            readings_duplicate: 1,
            readings_conflicting: 1,
            ..Restored::default()
        };
        assert_eq!(
            outcome(&restored),
            "12 messages in 1 segment: 9 readings new, 1 duplicate, 1 conflicting; 1 message set aside"
        );
        (restored.known, restored.mended) = (5, 1);
        assert!(outcome(&restored).ends_with("; 5 were known already, of which 1 reading came back"));
    }
}
