//! Sensor lists before anything else, in the order of their receipt: what sensors are, and by which ranges readings are
//! flagged, is then the same in whatever order segments come.

use archive::{SensorList, StoreError};
use chrono::{DateTime, NaiveDate, Utc};
use entity::load::{self, LoadTransaction, NewSensorList, ReplayStep};
use sha2::{Digest as _, Sha256};

use super::survey::day;
use super::{Restore, RestoreError};
use crate::archived::patiently;
use crate::sensor_list;

impl Restore {
    /// Applies each list of the archive that was received before the end of the time asked for. Gives how many transactions
    /// the replay has committed by then.
    ///
    /// A list whose object can't be read, or which can't be used, is left to its record among the messages.
    pub(super) async fn apply_lists(&self, replay: i64, mut transactions: i64) -> Result<i64, RestoreError> {
        let end = self.options.to.and_then(|to| day(to).succ_opt());
        let mut listing = self.store.list_sensor_lists(end);
        let mut of_day: (Option<NaiveDate>, Vec<String>) = (None, Vec::new());
        loop {
            let page = patiently(self.patience(), async || listing.next_page().await).await?;
            let is_last = page.is_none();
            for (key, list) in page.into_iter().flatten() {
                if of_day.0 != Some(list.date()) {
                    self.apply_day(&of_day.1, replay, &mut transactions).await?;
                    of_day = (Some(list.date()), Vec::new());
                }
                of_day.1.push(key);
            }
            if is_last {
                self.apply_day(&of_day.1, replay, &mut transactions).await?;
                return Ok(transactions);
            }
        }
    }

    /// Keys sort by journal within a day: each list is looked at for its receipt, and read again in its turn.
    async fn apply_day(
        &self,
        keys: &[String],
        replay: i64,
        transactions: &mut i64,
    ) -> Result<(), RestoreError> {
        let mut order: Vec<(DateTime<Utc>, uuid::Uuid, u64, &String)> = Vec::with_capacity(keys.len());
        for key in keys {
            self.is_stopped()?;
            let Some(list) = self.read_list(key).await? else {
                continue;
            };
            if self.options.to.is_none_or(|to| list.received_at < to) {
                order.push((list.received_at, list.journal, list.seq, key));
            }
        }
        order.sort_unstable();
        for (.., key) in order {
            self.is_stopped()?;
            if let Some(list) = self.read_list(key).await? {
                self.apply(&list, replay, transactions).await?;
            }
        }
        Ok(())
    }

    async fn read_list(&self, key: &str) -> Result<Option<SensorList>, RestoreError> {
        match patiently(self.patience(), async || self.store.sensor_list(key).await).await {
            Ok(list) => Ok(Some(list)),
            Err(
                error @ (StoreError::Metadata { .. }
                | StoreError::NotFound { .. }
                | StoreError::TooLarge { .. }),
            ) => {
                tracing::warn!(
                    "the sensor list {key} is left to its record among the messages: {}",
                    crate::chain(&error)
                );
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn apply(
        &self,
        list: &SensorList,
        replay: i64,
        transactions: &mut i64,
    ) -> Result<(), RestoreError> {
        let Ok(parsed) = sensor_list::parse(&list.body) else {
            return Ok(());
        };
        let new = NewSensorList {
            source: list.source.clone(),
            received_at: list.received_at,
            seq: list.seq.cast_signed(),
            sha256: Sha256::digest(&list.body).into(),
            sensors: parsed.sensors,
        };
        let now = self.clock.now();
        let journal_id = self
            .insist(async || load::journal_id(&self.db, list.journal, now).await)
            .await?;
        *transactions = self
            .insist(async || {
                // Whether a commit whose answer was lost has happened.
                let before = load::replay_transactions(&self.db, replay).await?;
                let mut transaction = LoadTransaction::begin(&self.db, journal_id).await?;
                transaction.apply_sensor_list(&new).await?;
                let step = ReplayStep {
                    id: replay,
                    transactions: before,
                    messages: 0,
                    through: None,
                };
                transaction.step(&step).await?;
                transaction.commit().await?;
                Ok(before + 1)
            })
            .await?;
        self.progress.send_modify(|progress| progress.lists += 1);
        Ok(())
    }
}
