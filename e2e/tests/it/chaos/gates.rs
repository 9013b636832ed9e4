//! What stands between the ingest and each of its neighbours, sees what passes, and cuts lines at chosen instants.

pub(super) mod broker;
pub(super) mod database;
pub(super) mod store;

use std::sync::{Mutex, PoisonError};

use tokio::sync::{oneshot, watch};

/// Something has come to the instant that was waited for, and stays there until this is dropped; then its line is cut.
#[derive(Debug)]
pub(super) struct Held(#[expect(dead_code, reason = "its end is the signal")] oneshot::Sender<()>);

/// An instant that is waited for, once.
#[derive(Debug)]
pub(super) struct Trap<M> {
    armed: Mutex<Option<(M, oneshot::Sender<Held>)>>,
}

impl<M> Trap<M> {
    fn new() -> Self {
        Self {
            armed: Mutex::new(None),
        }
    }

    /// Waits for an instant from now on; whoever waited before waits no longer.
    fn arm(&self, moment: M) -> oneshot::Receiver<Held> {
        let (sprung, held) = oneshot::channel();
        *self.lock() = Some((moment, sprung));
        held
    }

    fn is_for(&self, moment: &M) -> bool
    where
        M: PartialEq,
    {
        self.lock().as_ref().is_some_and(|(armed, _)| armed == moment)
    }

    fn disarm(&self) {
        *self.lock() = None;
    }

    /// At an instant: stays here if it is the one, and then says that the line is to be cut.
    async fn spring(&self, is_it: impl Fn(&M) -> bool) -> bool {
        let armed = {
            let mut armed = self.lock();
            if !armed.as_ref().is_some_and(|(moment, _)| is_it(moment)) {
                return false;
            }
            armed.take()
        };
        let Some((_, sprung)) = armed else { return false };
        let (held, released) = oneshot::channel();
        if sprung.send(Held(held)).is_err() {
            // Nobody waits any more.
            return false;
        }
        let _ = released.await;
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(M, oneshot::Sender<Held>)>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a line is open, and a count that cuts all lines by going up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line {
    open: bool,
    cuts: u64,
}

#[derive(Debug)]
struct Switch(watch::Sender<Line>);

impl Switch {
    fn new() -> Self {
        Self(watch::Sender::new(Line { open: true, cuts: 0 }))
    }

    /// Cuts all connections; new ones are refused until [`Switch::open`].
    fn shut(&self) {
        self.0.send_modify(|line| {
            line.open = false;
            line.cuts += 1;
        });
    }

    fn open(&self) {
        self.0.send_modify(|line| line.open = true);
    }

    /// Cuts all connections; new ones are welcome.
    fn cut(&self) {
        self.0.send_modify(|line| line.cuts += 1);
    }

    fn is_open(&self) -> bool {
        self.0.borrow().open
    }

    /// Completes at the next cut.
    fn next_cut(&self) -> impl Future<Output = ()> + use<> {
        let mut line = self.0.subscribe();
        let cuts = line.borrow().cuts;
        async move {
            let _ = line.wait_for(|line| line.cuts > cuts).await;
        }
    }
}
