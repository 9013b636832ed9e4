//! The thread that writes: takes what was appended, writes it as one group, fsyncs once, publishes, and again.
//!
//! It alone touches the newest segment. It never acts on what is not durable, and it ends at the first error.

mod active;
mod linger;

use std::sync::{Arc, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

pub(crate) use self::active::Active;
use self::linger::Linger;
use crate::format::SealReason;
use crate::front::{Front, Group, held_bytes};
use crate::keeper::{Command, Keeper, PoisonOnPanic};
use crate::poison::Poison;
use crate::shared::{Full, Shared};
use crate::storage::DirectoryLock;

/// How often the writer looks at the clock while a segment may grow old, and for room while there is none.
const TICK: Duration = Duration::from_millis(250);

/// Why a step was not done.
#[derive(Debug)]
pub(crate) enum Fault {
    /// There is no room; nothing has changed and the step may be tried again.
    Full(Full),
    /// The disk failed.
    Poison(Poison),
}

impl From<Poison> for Fault {
    fn from(poison: Poison) -> Self {
        Self::Poison(poison)
    }
}

/// What the writer wakes up for.
enum Work {
    Write(Group),
    Look,
    End,
}

#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
    /// `None` after a seal until there is room for the next segment's header.
    active: Option<Active>,
    durable_seq: u64,
    sealed_seq: u64,
    linger: Linger,
    /// The other of the two buffers that appenders and writer swap.
    spare: Option<Group>,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, commands: mpsc::Sender<Command>, active: Option<Active>) -> Self {
        let state = shared.subscribe().borrow().clone();
        let linger = Linger::new(shared.options.linger_max);
        let (durable_seq, sealed_seq) = (state.durable_seq, state.sealed_seq);
        Self {
            shared,
            commands,
            active,
            durable_seq,
            sealed_seq,
            linger,
            spare: None,
        }
    }

    /// The thread's body. Whatever ends it, the journal is closed afterwards.
    pub(crate) fn run(mut self, keeper: Keeper, lock: Box<dyn DirectoryLock>) {
        let shared = Arc::clone(&self.shared);
        let mut ending = Ending {
            shared: Arc::clone(&shared),
            keeper: None,
            commands: self.commands.clone(),
            lock: Some(lock),
        };
        let _on_panic = PoisonOnPanic(Arc::clone(&shared));
        let keeper = std::thread::Builder::new()
            .name("journal-keeper".to_owned())
            .spawn(|| keeper.run());
        let outcome = match keeper {
            Ok(keeper) => {
                ending.keeper = Some(keeper);
                self.serve()
            }
            Err(source) => Err(Poison::Io {
                doing: "start a thread for",
                path: shared.storage.path(""),
                source,
            }),
        };
        if let Err(poison) = outcome {
            shared.poison(poison);
        }
    }

    fn serve(&mut self) -> Result<(), Poison> {
        loop {
            match self.wait_for_work() {
                Work::Write(group) => {
                    if !self.write(&group)? {
                        return Ok(());
                    }
                    self.spare = Some(group);
                }
                Work::Look => {}
                Work::End => return Ok(()),
            }
            self.look_after_segment()?;
        }
    }

    /// Sleeps until there is something to do, and lingers when that makes a better group.
    fn wait_for_work(&mut self) -> Work {
        let shared = Arc::clone(&self.shared);
        let mut front = shared.front();
        let mut slept = false;
        loop {
            if front.poison.is_some() {
                return Work::End;
            }
            if !front.pending().is_empty() {
                break;
            }
            if front.closing {
                return Work::End;
            }
            if self.seal_due(&front).is_some() {
                return Work::Look;
            }
            front.writer_sleeps = true;
            let may_sleep_long = self.active.as_ref().is_some_and(Active::is_empty);
            if may_sleep_long {
                front = wait(&shared, front);
            } else {
                front = wait_at_most(&shared, front, TICK);
                if self.active.is_none() {
                    front.writer_sleeps = false;
                    return Work::Look;
                }
            }
            front.writer_sleeps = false;
            slept = true;
        }
        if !slept {
            front = self.linger.wait(&shared, front);
        }
        let spare = self.spare.take().unwrap_or_else(Front::spare);
        Work::Write(front.take(spare))
    }

    /// Writes a whole group, waiting for room where there is none. Returns `false` when the journal was closed first.
    fn write(&mut self, group: &Group) -> Result<bool, Poison> {
        let mut done = Progress::default();
        while done.records < group.lengths().len() {
            match self.write_some(group, done) {
                Ok(progress) => done = progress,
                Err(Fault::Poison(poison)) => return Err(poison),
                Err(Fault::Full(full)) => {
                    if self.evict() {
                        continue;
                    }
                    if !self.wait_for_room(full)? {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    /// Writes, fsyncs and publishes as much of a group as fits into the active segment and on the disk.
    fn write_some(&mut self, group: &Group, done: Progress) -> Result<Progress, Fault> {
        self.open_next()?;
        let active = self.active.as_mut().expect("opened just now");
        let wanted = active.fit(group.lengths(), done, self.shared.options.segment_bytes_max);
        if wanted.records == done.records {
            assert!(!active.is_empty(), "an empty segment holds the largest record");
            self.seal(SealReason::Size)?;
            return Ok(done);
        }
        let progress = active.make_room(&self.shared, group.lengths(), done, wanted)?;
        active.write(&self.shared, group, done, progress, self.durable_seq)?;
        self.linger.sync_begins();
        active.sync()?;

        let records = progress.records - done.records;
        self.durable_seq += records as u64;
        let held: usize = group.lengths()[done.records..progress.records]
            .iter()
            .map(|length| held_bytes(*length as usize))
            .sum();
        active.advance(&self.shared, records, progress.bytes - done.bytes, progress.end);
        self.shared.publish_durable(self.durable_seq, held);
        Ok(progress)
    }

    /// Has the keeper delete a segment for want of room, where that is allowed; `false` where it is not. An error of the
    /// disk has poisoned the journal by then, which is met at once.
    fn evict(&self) -> bool {
        if self.shared.options.evict_behind.is_empty() {
            return false;
        }
        let (reply, answer) = oneshot::channel();
        let asked = self.commands.blocking_send(Command::Evict { reply });
        asked.is_ok() && answer.blocking_recv().unwrap_or_default()
    }

    /// Waits until it is worth trying again. Returns `false` when the journal is being closed.
    fn wait_for_room(&mut self, full: Full) -> Result<bool, Poison> {
        let shared = Arc::clone(&self.shared);
        {
            let mut front = shared.front();
            if front.closing {
                drop(front);
                shared.publish_full(full);
                return Ok(false);
            }
            if front.poison.is_some() {
                return Ok(false);
            }
            let known = front.full == Some(full);
            if !known {
                drop(front);
                tracing::warn!(journal.id = %shared.id, "journal full: {full}");
                shared.publish_full(full);
                front = shared.front();
            }
            if !front.room_freed && !front.closing {
                front = wait_at_most(&shared, front, TICK);
            }
            front.room_freed = false;
        }
        // Consumers free room by passing sealed segments, so sealing goes on.
        self.look_after_segment()?;
        Ok(true)
    }

    /// Seals the active segment when that is due, and opens the next one as soon as there is room for its header.
    fn look_after_segment(&mut self) -> Result<(), Poison> {
        let due = self.seal_due(&self.shared.front());
        if let Some(reason) = due {
            match self.seal(reason) {
                Err(Fault::Poison(poison)) => return Err(poison),
                Ok(()) | Err(Fault::Full(_)) => {}
            }
        }
        match self.open_next() {
            Err(Fault::Poison(poison)) => Err(poison),
            Ok(()) | Err(Fault::Full(_)) => Ok(()),
        }
    }

    fn seal_due(&self, front: &Front) -> Option<SealReason> {
        let active = self.active.as_ref().filter(|active| !active.is_empty())?;
        let asked = front.seal_through;
        if asked > self.sealed_seq && asked <= self.durable_seq {
            return Some(SealReason::Asked);
        }
        let age = active.age(&*self.shared.options.clock);
        (age >= self.shared.options.segment_age_max).then_some(SealReason::Age)
    }

    /// Seals the active segment and publishes the seal. The next segment is opened by whoever needs it.
    fn seal(&mut self, reason: SealReason) -> Result<(), Fault> {
        let active = self.active.as_mut().expect("only an active segment is sealed");
        assert_eq!(
            active.last_seq(),
            self.durable_seq,
            "a segment is sealed when all of it is durable"
        );
        active.seal(&self.shared, reason)?;
        self.active = None;
        self.sealed_seq = self.durable_seq;
        self.shared.publish_sealed(self.sealed_seq);
        tracing::debug!(
            journal.id = %self.shared.id,
            journal.seq = self.sealed_seq,
            "sealed a segment up to {}: {reason:?}",
            self.sealed_seq,
        );
        Ok(())
    }

    fn open_next(&mut self) -> Result<(), Fault> {
        if self.active.is_some() {
            return Ok(());
        }
        let active = Active::create(&self.shared, self.durable_seq + 1)?;
        self.active = Some(active);
        // The segment before was kept because it was the newest; now it may go if all have passed it.
        // When the queue is full, one of the commits in it will lead to the same.
        let _ = self.commands.try_send(Command::Retire);
        Ok(())
    }
}

/// How far a group has come.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Progress {
    /// Records done.
    pub(crate) records: usize,
    /// Bytes of the group's memory done.
    pub(crate) bytes: usize,
    /// Where their frames end in the file; of no meaning while nothing is done.
    pub(crate) end: u64,
}

/// What is left to do when the writer has ended, in whatever way: end the keeper, free the lock, tell all who wait.
#[derive(Debug)]
struct Ending {
    shared: Arc<Shared>,
    keeper: Option<JoinHandle<()>>,
    commands: mpsc::Sender<Command>,
    lock: Option<Box<dyn DirectoryLock>>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        // Fails only when the keeper has ended already.
        let _ = self.commands.blocking_send(Command::Stop);
        if let Some(keeper) = self.keeper.take() {
            // A panicking keeper has poisoned the journal, which says it all.
            let _ = keeper.join();
        }
        self.lock = None;
        self.shared.publish_closed();
    }
}

fn wait<'a>(shared: &Shared, front: MutexGuard<'a, Front>) -> MutexGuard<'a, Front> {
    shared
        .writer_wake()
        .wait(front)
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn wait_at_most<'a>(
    shared: &Shared,
    front: MutexGuard<'a, Front>,
    at_most: Duration,
) -> MutexGuard<'a, Front> {
    let woken = shared.writer_wake().wait_timeout(front, at_most);
    woken.unwrap_or_else(std::sync::PoisonError::into_inner).0
}
