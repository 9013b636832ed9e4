//! The sender: takes what waits, posts it, and tries again what did not arrive.
//!
//! Of many processes each may run one: a delivery is leased to one of them at a time. A message is tried at once, then after
//! 5 s, twice as long each time up to 2 hours, until a day has passed since what it tells of; then it is given up. Younger
//! messages about the same wait for it.
//!
//! | metric | meaning |
//! |---|---|
//! | `fieldbook_webhook_attempts_total{result}` | posts: delivered, failed, `given_up` |
//! | `fieldbook_webhook_waiting` | messages that wait |

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::webhooks::{self, Claimed};
use entity::{DatabaseConnection, DbErr};
use metrics::{counter, gauge};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::client::{Client, PostError};
use super::target::Reach;

/// A delivery goes back to the others after this, whatever became of its sender. Longer than a post and its note may take.
const LEASE: TimeDelta = TimeDelta::seconds(60);

/// The longest pause between two tries.
const BACKOFF_MAX: TimeDelta = TimeDelta::hours(2);

/// After this a message is given up.
const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(24);

/// Characters kept of why a try failed.
const ERROR_CHARS_MAX: usize = 500;

/// How messages are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SenderOptions {
    /// Which addresses may be reached; public ones by default.
    pub reach: Reach,
    /// Between two looks for what waits, 2 s by default.
    pub every: Duration,
    /// How long a receiver may take to answer, 10 s by default.
    pub timeout: Duration,
    /// Posts under way at once, 8 by default.
    pub posts_max: u32,
    /// Before the first new try of a message, 5 s by default.
    pub backoff_min: TimeDelta,
}

impl Default for SenderOptions {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            every: Duration::from_secs(2),
            timeout: Duration::from_secs(10),
            posts_max: 8,
            backoff_min: TimeDelta::seconds(5),
        }
    }
}

/// Sends what waits for webhooks.
pub struct Sender {
    db: DatabaseConnection,
    client: Client,
    options: SenderOptions,
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sender")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Sender {
    /// One that sends nothing yet. Without certificates that this system trusts it says so, and every message fails.
    pub fn new(db: DatabaseConnection, options: SenderOptions) -> Self {
        let client = Client::new(options.reach, options.timeout);
        if let Some(problem) = client.problem() {
            tracing::warn!(
                "webhooks can't be told anything: find the certificates that this system trusts: {problem}"
            );
        }
        Self { db, client, options }
    }

    /// Sends until `shutdown`; posts under way then are given up, and their messages come again.
    pub async fn run(self, shutdown: CancellationToken, now: impl Fn() -> DateTime<Utc> + Send + Sync) {
        loop {
            let step = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                step = self.step(&now) => step,
            };
            let pause = match step {
                // There may be more.
                Ok(sent) if sent > 0 => Duration::ZERO,
                Ok(_) => self.options.every,
                Err(error) => {
                    tracing::warn!("messages to webhooks wait: {error}");
                    self.options.every * 5
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Posts what is due now, up to `posts_max` messages, and notes what became of them; gives how many there were.
    pub async fn step(&self, now: impl Fn() -> DateTime<Utc>) -> Result<u32, DbErr> {
        let claimed = webhooks::claim(&self.db, now(), LEASE, self.options.posts_max).await?;
        let mut noted = 0;
        let mut posts = JoinSet::new();
        for delivery in claimed {
            let client = self.client.clone();
            let timestamp = now().timestamp();
            posts.spawn(async move {
                let result = client.post(&delivery, timestamp).await;
                (delivery, result)
            });
        }
        while let Some(post) = posts.join_next().await {
            // A post that broke off comes again when its lease is over.
            let Ok((delivery, result)) = post else { continue };
            self.note(&delivery, result, now()).await?;
            noted += 1;
        }
        #[expect(clippy::cast_precision_loss, reason = "they are fewer than 2^53")]
        gauge!("fieldbook_webhook_waiting").set(webhooks::waiting(&self.db).await? as f64);
        Ok(noted)
    }

    /// Notes what became of a post.
    async fn note(
        &self,
        delivery: &Claimed,
        result: Result<(), PostError>,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        let count = |result: &'static str| {
            counter!("fieldbook_webhook_attempts_total", "result" => result).increment(1);
        };
        let Err(error) = result else {
            webhooks::delivered(&self.db, delivery, now).await?;
            count("delivered");
            return Ok(());
        };
        let why: String = error.to_string().chars().take(ERROR_CHARS_MAX).collect();
        if error.is_gone() {
            webhooks::disable(
                &self.db,
                delivery.webhook_id,
                "The receiver answers 410 Gone.",
                now,
            )
            .await?;
            tracing::warn!(webhook.id = %delivery.webhook_id, "switched a webhook off: its receiver answers 410");
            count("given_up");
            return Ok(());
        }
        let next = now + backoff(delivery, self.options.backoff_min);
        if next - delivery.created_at > GIVEN_UP_AFTER {
            webhooks::given_up(&self.db, delivery, &why, now).await?;
            tracing::warn!(
                webhook.id = %delivery.webhook_id, message.id = %delivery.message_id,
                "gave a message to a webhook up after {} tries: {why}", delivery.attempts
            );
            count("given_up");
        } else {
            webhooks::failed(&self.db, delivery, &why, next).await?;
            tracing::debug!(webhook.id = %delivery.webhook_id, "a webhook was not told: {why}");
            count("failed");
        }
        Ok(())
    }
}

/// How long a message waits after it failed: twice as long each time, and up to a tenth longer, by its number, so that what
/// failed together does not come together.
fn backoff(delivery: &Claimed, min: TimeDelta) -> TimeDelta {
    let doublings = delivery.attempts.saturating_sub(1).min(20);
    let wait = (min * (1 << doublings)).min(BACKOFF_MAX);
    wait + wait * i32::try_from(delivery.id.rem_euclid(100)).unwrap_or(0) / 1_000
}

#[cfg(test)]
mod tests {
    use entity::webhooks::Secret;
    use uuid::Uuid;

    use super::*;

    fn delivery(id: i64, attempts: u32) -> Claimed {
        Claimed {
            id,
            webhook_id: Uuid::nil(),
            message_id: Uuid::nil(),
            created_at: DateTime::UNIX_EPOCH,
            attempts,
            payload: "{}".to_owned(),
            url: "https://example.org/".to_owned(),
            secret: Secret::of_stored("whsec_x".to_owned()),
        }
    }

    #[test]
    fn pauses_double_up_to_two_hours_and_differ_a_little() {
        let min = TimeDelta::seconds(5);
        for (attempts, seconds) in [
            (1, 5),
            (2, 10),
            (3, 20),
            (10, 2_560),
            (12, 7_200),
            (1_000_000, 7_200),
        ] {
            assert_eq!(
                backoff(&delivery(100, attempts), min),
                TimeDelta::seconds(seconds)
            );
            let later = backoff(&delivery(199, attempts), min).as_seconds_f64();
            let expected = TimeDelta::seconds(seconds).as_seconds_f64() * 1.099;
            assert!((later - expected).abs() < 1e-6, "{later} {expected}");
        }
        // A day has room for the doublings and then some.
        let mut tries = 1;
        let mut waited = TimeDelta::zero();
        while waited + backoff(&delivery(0, tries), min) <= GIVEN_UP_AFTER {
            waited += backoff(&delivery(0, tries), min);
            tries += 1;
        }
        assert_eq!(tries, 22);
    }

    #[test]
    fn a_secret_shows_nowhere() {
        let shown = format!("{:?}", delivery(1, 1));
        assert!(!shown.contains("whsec"), "{shown}");
    }
}
