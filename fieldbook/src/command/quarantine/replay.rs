//! Requesting a replay, and waiting until an ingestor has done it.

use std::time::Duration;

use anyhow::Context as _;
use chrono::Utc;
use entity::quarantine::{
    self, NewReplay, OPEN_REPLAYS_MAX, QuarantineFilter, Replay, ReplayState, request_replay,
};
use entity::{DatabaseConnection, Scope};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::time::Instant;

use super::{open, place, unknown};
use crate::cli::QuarantineReplayArgs;
use crate::command::answer;

/// Between two looks at how far it is.
const EVERY: Duration = Duration::from_millis(200);

/// Characters of who requests it.
const BY_CHARS_MAX: usize = 200;

pub(super) async fn run(args: QuarantineReplayArgs) -> anyhow::Result<()> {
    let mut of = args.which.filter()?;
    let db = open(&args.database).await?;
    if let Some(message) = &args.message {
        of.place = Some(place(&db, message).await?);
        let alone = QuarantineFilter {
            place: of.place,
            ..QuarantineFilter::default()
        };
        let count = quarantine::count(&db, &Scope::Everything, &alone)
            .await
            .context("find the message")?;
        anyhow::ensure!(count > 0, unknown(message));
    }
    let by: String = args
        .by
        .chars()
        .filter(|char| !char.is_control())
        .take(BY_CHARS_MAX)
        .collect();
    anyhow::ensure!(!by.trim().is_empty(), "--by needs a name");
    let new = NewReplay {
        of,
        requested_by: by,
        requested_at: Utc::now(),
    };
    let replay = request_replay(&db, &new).await.context("request the replay")?;
    let replay = replay.with_context(|| {
        format!(
            "{OPEN_REPLAYS_MAX} replays wait already: see that an ingestor runs, and request this one again"
        )
    })?;
    if replay.requested == 0 {
        return answer::line("nothing that is set aside matches");
    }
    if args.no_wait {
        return answer::line(format_args!(
            "replay {} of {} is requested",
            replay.id,
            messages(replay.requested)
        ));
    }
    let done = wait(&db, replay, Duration::from_secs(args.patience.into())).await?;
    answer::line(outcome(&done))
}

/// Waits until it is done, as long as it gets on.
async fn wait(db: &DatabaseConnection, requested: Replay, patience: Duration) -> anyhow::Result<Replay> {
    let bar = ProgressBar::new(requested.requested).with_style(
        ProgressStyle::with_template("{wide_bar} {pos} of {len} messages, {msg}")
            .context("draw the progress")?,
    );
    let mut last = requested;
    let mut moved_at = Instant::now();
    loop {
        let id = last.id;
        let now = quarantine::replay(db, id)
            .await
            .context("see how far the replay is")?
            .with_context(|| format!("replay {id} is gone: somebody removed it"))?;
        bar.set_position(now.replayed + now.failed);
        bar.set_message(format!("{} used", now.replayed));
        if now.state() == ReplayState::Done {
            bar.finish_and_clear();
            return Ok(now);
        }
        if now != last {
            moved_at = Instant::now();
        }
        last = now;
        if moved_at.elapsed() > patience {
            bar.abandon();
            anyhow::bail!(stuck(&last, patience));
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Why it does not get on, as far as that can be known.
fn stuck(replay: &Replay, patience: Duration) -> String {
    let seconds = patience.as_secs();
    let id = replay.id;
    match replay.state() {
        ReplayState::Waiting => format!(
            "no ingestor took up replay {id} within {seconds} s: none runs on this database that has the source of these \
             messages; the request stays, and is done when one runs"
        ),
        ReplayState::Running | ReplayState::Done => format!(
            "replay {id} stands still since {seconds} s, with {} to go: their payloads can't be read from the object store now, \
             or no ingestor runs that has their source; its log says more, and the request stays",
            messages(replay.waiting())
        ),
    }
}

fn outcome(replay: &Replay) -> String {
    let failed = match replay.failed {
        0 => String::new(),
        failed => format!(
            "; {} still can't be used: fieldbook quarantine list shows why",
            messages(failed)
        ),
    };
    format!(
        "{} of {} used now{failed}",
        replay.replayed,
        messages(replay.requested)
    )
}

fn messages(count: u64) -> String {
    if count == 1 {
        "1 message".to_owned()
    } else {
        format!("{count} messages")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_says_what_is_left() {
        let mut replay = Replay {
            id: 7,
            of: QuarantineFilter::default(),
            requested_by: "ada".to_owned(),
            requested_at: Utc::now(),
            taken_at: None,
            finished_at: None,
            requested: 3,
            replayed: 3,
            failed: 0,
        };
        assert_eq!(outcome(&replay), "3 of 3 messages used now");
        (replay.replayed, replay.failed) = (2, 1);
        assert_eq!(
            outcome(&replay),
            "2 of 3 messages used now; 1 message still can't be used: fieldbook quarantine list shows why"
        );
        assert!(
            stuck(&replay, Duration::from_secs(5)).starts_with("no ingestor took up replay 7 within 5 s")
        );
        replay.taken_at = Some(Utc::now());
        replay.failed = 0;
        assert!(stuck(&replay, Duration::from_secs(5)).contains("with 1 message to go"));
    }
}
