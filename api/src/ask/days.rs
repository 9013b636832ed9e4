//! What is kept of the days of all sensors together. With many sensors it takes a while to sum, so the last sum stays at hand
//! until something was measured anew.

use std::sync::Arc;

use entity::measurements::{self, Progress, SummedWindow};
use entity::query::readings::TimeRange;
use entity::rollup::Level;
use entity::{DatabaseConnection, DbErr, Scope};
use tokio::sync::Mutex;

/// The last sum; who comes while it is made waits for it.
#[derive(Debug, Default)]
pub(crate) struct Days(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    as_of: Option<Progress>,
    range: TimeRange,
    days: Arc<[SummedWindow]>,
}

impl Days {
    /// The days that begin in this range.
    pub(crate) async fn of(
        &self,
        db: &DatabaseConnection,
        range: TimeRange,
    ) -> Result<Arc<[SummedWindow]>, DbErr> {
        let mut kept = self.0.lock().await;
        // Read before the days are: what is measured meanwhile has them summed again.
        let as_of = measurements::progress(db, Level::Day).await?;
        if let Some(kept) = kept
            .as_ref()
            .filter(|kept| kept.as_of == as_of && kept.range == range)
        {
            return Ok(Arc::clone(&kept.days));
        }
        let everything = Scope::Everything;
        let days = measurements::summed_history(db, &everything, Level::Day, range.from, range.to).await?;
        let days: Arc<[SummedWindow]> = days.into();
        *kept = Some(Kept {
            as_of,
            range,
            days: Arc::clone(&days),
        });
        Ok(days)
    }
}
