//! The replayer: messages that were set aside, tried again when somebody requests it.
//!
//! It looks for requests, and takes messages of its own sources alone: how those are read, and which of two values is served,
//! is known here and nowhere else. A batch is one transaction of the loader's kind (`batch.rs`): its readings come in under
//! their own positions, receipts and flags, so that the database ends as if they had come well in the first place
//! (docs/adr/0018).
//!
//! Nothing that happens here ends the ingestor: it tries again. Many ingestors may try at once; a row is the lock.

mod batch;
mod reading;
mod whole;

use std::sync::Arc;
use std::time::Duration;

use archive::Store;
use entity::DatabaseConnection;
use entity::load::{self, LoadError, WaitingMessage};
use journal::Journal;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::events;
use crate::loader::LoaderOptions;
use crate::receiver::Manners;

/// The replayer's pace.
#[derive(Debug, Clone)]
pub struct ReplayerOptions {
    /// Messages in a transaction at most, 200 by default: they may lie in as many segments, each of which is counted.
    pub batch_messages_max: u32,
    /// Between two looks for requests, 1 s by default.
    pub every: Duration,
    /// Before the first new try after a failure, 1 s by default; doubles up to `backoff_max`.
    pub backoff_min: Duration,
    /// 1 minute by default.
    pub backoff_max: Duration,
}

impl Default for ReplayerOptions {
    fn default() -> Self {
        Self {
            batch_messages_max: 200,
            every: Duration::from_secs(1),
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_mins(1),
        }
    }
}

/// Tries messages of one ingestor's sources again.
#[derive(Debug)]
pub(crate) struct Replayer {
    pub(crate) options: ReplayerOptions,
    /// What a message must keep to is what the loader has it keep to.
    pub(crate) loader: LoaderOptions,
    pub(crate) manners: Manners,
    /// For payloads that are not archived yet.
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    pub(crate) db: DatabaseConnection,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What a look amounted to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Looked {
    /// Messages that are used now.
    replayed: u64,
    /// Messages that still can't be used.
    failed: u64,
    /// Messages whose payloads could not be read at this moment.
    left: u64,
}

impl Looked {
    fn add(&mut self, other: Self) {
        self.replayed += other.replayed;
        self.failed += other.failed;
        self.left += other.left;
    }
}

impl Replayer {
    /// Replays until `shutdown`; a batch that is under way then is given up and leaves nothing.
    pub(crate) async fn run(self, shutdown: CancellationToken) {
        let mut backoff = self.options.backoff_min;
        loop {
            let looked = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                looked = self.look() => looked,
            };
            let pause = match looked {
                Ok(Looked { left: 0, .. }) => {
                    backoff = self.options.backoff_min;
                    self.options.every
                }
                Ok(_) => later(&mut backoff, self.options.backoff_max),
                Err(error) => {
                    events::retry("replayer", &error, backoff);
                    later(&mut backoff, self.options.backoff_max)
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Goes once through all requests.
    async fn look(&self) -> Result<Looked, LoadError> {
        let mut looked = Looked::default();
        for replay in load::open_replays(&self.db).await? {
            looked.add(self.replay(replay).await?);
        }
        Ok(looked)
    }

    /// Goes once through what waits of a request.
    async fn replay(&self, replay: i64) -> Result<Looked, LoadError> {
        let names: Vec<String> = self.manners.names().map(str::to_owned).collect();
        let mut looked = Looked::default();
        let mut after = None;
        loop {
            let max = self.options.batch_messages_max;
            let mut messages = load::waiting(&self.db, replay, &names, after, max).await?;
            self.bound(&mut messages);
            let Some(last) = messages.last() else { break };
            if after.is_none() {
                load::take_replay(&self.db, replay, self.clock.now()).await?;
            }
            after = Some(last.place);
            looked.add(self.attempt(replay, &messages).await?);
        }
        if looked.left == 0 && load::finish_replay(&self.db, replay, self.clock.now()).await? {
            tracing::info!(replay, "what was set aside has been replayed");
        }
        Ok(looked)
    }

    /// Leaves what would be too many bytes at once to the next batch.
    fn bound(&self, messages: &mut Vec<WaitingMessage>) {
        let mut bytes = 0_usize;
        let fits = |message: &WaitingMessage| {
            bytes = bytes.saturating_add(self.bytes_of(message));
            bytes <= self.loader.batch_bytes_max
        };
        let fitting = messages.iter().map(fits).take_while(|fits| *fits).count();
        messages.truncate(fitting.max(1));
    }

    /// Bytes that are needed to try a message.
    fn bytes_of(&self, message: &WaitingMessage) -> usize {
        if self.is_whole_needed(message) {
            usize::try_from(message.payload_size).unwrap_or(usize::MAX)
        } else {
            message.payload.len()
        }
    }

    /// Whether the database has too little of the payload to try it. One over the bound is refused for its size.
    fn is_whole_needed(&self, message: &WaitingMessage) -> bool {
        let size = usize::try_from(message.payload_size).unwrap_or(usize::MAX);
        message.payload.len() < size && size <= self.loader.bounds.payload_bytes_max
    }
}

fn later(backoff: &mut Duration, max: Duration) -> Duration {
    let pause = *backoff;
    *backoff = (*backoff * 2).min(max);
    pause
}
