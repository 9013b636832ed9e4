//! Many from one: what N objects of an answer need is asked of the database once.
//!
//! Batches run inside the request's own task: [`drive`] lets the resolvers go as far as they can, and starts the
//! batches only when all of them wait. So a batch holds everything that was asked for, without a delay and however
//! the threads are scheduled, and a request that is dropped takes its statements with it.

mod loaders;

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_graphql::runtime::Timer;
use futures_util::future::{BoxFuture, FutureExt as _, poll_fn};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use futures_util::task::{FutureObj, Spawn, SpawnError};

pub(crate) use self::loaders::{
    DoubtsKey, FLAGGED_MAX, IncidentsKey, KeptFlags, LatestKey, Loaders, OfSensor, OthersKey, PayloadKey,
    Quality, RangeKey, Raw, ReadingsBuckets, ReadingsColumns, ReadingsCount, ReadingsPage, SensorKey,
    SensorQuality, SeriesColumns, SpanOfReadings, VersionsPage, loaders,
};

/// The batches that wait to be started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Queue {
    fn take(&self) -> Vec<FutureObj<'static, ()>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Spawn for Queue {
    fn spawn_obj(&self, batch: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        Ok(())
    }
}

/// The library waits a while for a batch to fill; ours is full when it starts.
struct Immediately;

impl Timer for Immediately {
    fn delay(&self, _: Duration) -> BoxFuture<'static, ()> {
        std::future::ready(()).boxed()
    }
}

/// Runs `work` with the batches that it queues.
pub(crate) async fn drive<T>(queue: &Queue, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut running = FuturesUnordered::new();
    poll_fn(|context| {
        loop {
            if let Poll::Ready(answer) = work.as_mut().poll(context) {
                return Poll::Ready(answer);
            }
            let queued = queue.take();
            let mut moved = !queued.is_empty();
            running.extend(queued);
            while let Poll::Ready(Some(())) = running.poll_next_unpin(context) {
                moved = true;
            }
            if !moved {
                return Poll::Pending;
            }
        }
    })
    .await
}
