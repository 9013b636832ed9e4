//! The imagined plant's history: sent once, and announced for what it is.

use catalogue::stewardship::{NewAnnouncement, StewardError, announce as write};
use chrono::{DateTime, TimeDelta, Utc};
use entity::DatabaseConnection;
use entity::announcements::AnnouncementKind;
use entity::stewardship::Steward;
use tokio_util::task::AbortOnDropHandle;

use super::screen::Screen;
use crate::simulator::History;

/// The dataset that it goes into.
const DATASET: &str = "readings";

/// Sends it beside everything else, and says then what it is.
pub(super) fn send(history: History, screen: &Screen, db: DatabaseConnection) -> AbortOnDropHandle<()> {
    let bar = screen.bar("Sending 30 days of simulated history", history.messages());
    let mut progress = history.progress();
    AbortOnDropHandle::new(tokio::spawn(async move {
        let show = async {
            loop {
                bar.set_position(progress.borrow_and_update().delivered);
                if progress.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            }
        };
        tokio::select! {
            sent = history.send() => match sent {
                Ok(sent) => {
                    bar.finish_with_message(format!("Sent 30 days of simulated history, {sent} messages"));
                    if let Err(error) = announce(&db, chrono::Utc::now()).await {
                        tracing::warn!("nobody is told that the history is simulated: {error}");
                    }
                }
                Err(error) => tracing::warn!("the history stays unsent: {error:#}"),
            },
            () = show => {}
        }
    }))
}

/// Announces why the quality of those days fails: whoever looks for the first time would take it for a fault.
async fn announce(db: &DatabaseConnection, now: DateTime<Utc>) -> Result<(), StewardError> {
    let steward = Steward {
        name: "fieldbook up".to_owned(),
        credential: "this machine".to_owned(),
    };
    let new = NewAnnouncement {
        kind: AnnouncementKind::KnownError,
        title: "The first 30 days are simulated".to_owned(),
        text: format!(
            "What is older than {} is of an imagined plant: one reading a minute, sent at once at the first start. By the \
             terms of sensors that send each second it is incomplete and late, so the quality of those days fails.",
            now.format("%-d %B %Y, %H:%M UTC")
        ),
        starts_at: now - TimeDelta::days(30),
        ends_at: Some(now + TimeDelta::days(30)),
    };
    write(db, steward, DATASET, new, now).await?;
    Ok(())
}
