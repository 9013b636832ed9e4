//! A process with a journal on a machine with a disk, which both end and begin again.

use std::sync::Arc;
use std::time::Duration;

use journal::{Journal, Options};

use super::ledger::{Committed, Invariant, Ledger, Violation, ensure};
use super::{Plan, Trouble};
use crate::neglect::Neglect;
use crate::random::Random;
use crate::rig::{ManualClock, small, with_consumers, within};
use crate::simulated::{Mood, Role, Simulated, Trip};

/// Why a step was not done.
#[derive(Debug)]
pub(super) enum Halt {
    /// Something went wrong with the disk, as planned.
    Tripped,
    Broken(Violation),
}

impl From<Violation> for Halt {
    fn from(violation: Violation) -> Self {
        Self::Broken(violation)
    }
}

/// What a run has done; the same for the same plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) operations: u64,
    pub(super) records: u64,
    pub(super) processes: u64,
    pub(super) power_losses: u64,
    pub(super) failures: u64,
    pub(super) full: u64,
    trace: u64,
}

impl Summary {
    pub(super) fn add(&mut self, other: Self) {
        self.operations += other.operations;
        self.records += other.records;
        self.processes += other.processes;
        self.power_losses += other.power_losses;
        self.failures += other.failures;
        self.full += other.full;
        self.trace ^= other.trace;
    }
}

/// How long the records of a run are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lengths {
    /// All alike, so that frames of different segments lie at the same places.
    All(usize),
    Mixed,
}

pub(super) struct Machine {
    pub(super) plan: Plan,
    pub(super) random: Random,
    pub(super) disk: Simulated,
    pub(super) clock: Arc<ManualClock>,
    pub(super) options: Options,
    pub(super) lengths: Lengths,
    pub(super) ledger: Ledger,
    /// Counts all bodies ever made, so that no two are alike.
    pub(super) bodies: u64,
    pub(super) summary: Summary,
    journal: Option<Journal>,
    /// What the planned trip is, while one is planned.
    trip: Option<Trip>,
}

impl Machine {
    pub(super) fn new(plan: Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let clock = Arc::new(ManualClock::default());
        let consumers = random.pick(&[
            &["archiver", "loader"][..],
            &["archiver", "loader"],
            &["loader"],
            &[],
        ]);
        let segment_bytes_max = random.pick(&[2048, 4096, 4096, 16_384]);
        // Without consumers nothing is ever deleted.
        let budgets = [8 << 30, 8 << 30, 8 << 30, 8 << 30, 8 << 30, segment_bytes_max * 3];
        let budget_bytes = if consumers.is_empty() {
            budgets[0]
        } else {
            random.pick(&budgets)
        };
        let mut options = Options {
            segment_bytes_max,
            budget_bytes,
            pending_bytes_max: random.pick(&[4096, 1 << 20]),
            linger_max: Duration::ZERO,
            clock: Arc::clone(&clock) as _,
            ..with_consumers(small(), consumers)
        };
        let mut lengths = random.pick(&[
            Lengths::All(40),
            Lengths::All(200),
            Lengths::Mixed,
            Lengths::Mixed,
        ]);
        if plan.neglect == Neglect::Position {
            // Many small segments of frames that lie alike are where blocks are mistaken for each other.
            lengths = Lengths::All(40);
            options.segment_bytes_max = 2048;
            options.consumers = vec!["loader".to_owned()];
        }
        let ledger = Ledger {
            committed: vec![Committed::default(); options.consumers.len()],
            ..Ledger::default()
        };
        let disk = Simulated::new(random.below(u64::MAX));
        Self {
            plan,
            random,
            disk,
            clock,
            options,
            lengths,
            ledger,
            bodies: 0,
            summary: Summary::default(),
            journal: None,
            trip: None,
        }
    }

    pub(super) fn summary(&self) -> Summary {
        Summary {
            operations: self.disk.operations(),
            trace: self.disk.trace(),
            ..self.summary
        }
    }

    pub(super) fn journal(&self) -> Journal {
        self.journal
            .clone()
            .expect("the journal is open between recoveries")
    }

    pub(super) async fn run(&mut self) -> Result<(), Violation> {
        if let Trouble::At { operation, .. } = self.plan.trouble {
            self.plan_trip(operation, Trip::Stop);
        }
        self.begin().await?;
        for _ in 0..self.plan.steps {
            match self.act().await {
                Ok(()) => {}
                Err(Halt::Broken(violation)) => return Err(violation),
                Err(Halt::Tripped) => {
                    self.end().await?;
                    self.begin().await?;
                }
            }
        }
        // The last word is a loss of power, with nothing going wrong after it.
        self.plan.trouble = Trouble::None;
        self.disk.plan(u64::MAX / 2, Trip::Stop);
        self.trip = None;
        self.end_with(Some(Mood::Mixed(50))).await?;
        self.begin().await
    }

    pub(super) fn plan_trip(&mut self, after: u64, trip: Trip) {
        self.disk.plan(after, trip);
        self.trip = Some(trip);
    }

    /// An error is right when something has gone wrong with the disk, and else it is not.
    pub(super) fn halt(&self, invariant: Invariant, error: impl std::error::Error) -> Halt {
        if self.disk.tripped() {
            return Halt::Tripped;
        }
        let source = error
            .source()
            .map(|source| format!(": {source}"))
            .unwrap_or_default();
        Halt::Broken(Violation::new(invariant, format!("{error}{source}")))
    }

    /// Starts processes until one runs.
    pub(super) async fn begin(&mut self) -> Result<(), Violation> {
        loop {
            match self.open().await {
                Ok(()) => return Ok(()),
                Err(Halt::Broken(violation)) => return Err(violation),
                Err(Halt::Tripped) => self.end().await?,
            }
        }
    }

    async fn open(&mut self) -> Result<(), Halt> {
        self.summary.processes += 1;
        if self.plan.trouble == Trouble::Random && self.random.chance(20) {
            let trip = self.random.pick(&[Trip::Stop, Trip::Stop, Trip::Fail]);
            let after = 1 + self.random.below(12);
            self.plan_trip(after, trip);
        }
        self.disk.hold(Role::Keeper);
        let opened = Journal::open_on(self.plan.neglect.on(&self.disk), self.options.clone());
        let (journal, recovery) = opened.map_err(|error| self.halt(Invariant::Opens, error))?;
        if self.disk.tripped_by() == Some(Role::Opener) {
            let what = "the journal opened on a failing disk";
            return Err(Violation::new(Invariant::FailureEnds, what).into());
        }
        let checkpoints: Vec<u64> = self
            .options
            .consumers
            .iter()
            .filter_map(|consumer| journal.checkpoint(consumer))
            .collect();
        let sealed_seq = journal.watch().borrow().sealed_seq;
        self.journal = Some(journal);
        self.ledger.check_recovery(&recovery, sealed_seq, &checkpoints)?;
        self.check_seals(recovery.first_retained - 1).await?;
        self.await_old_seal().await?;
        self.read_all(recovery.first_retained - 1, 1000).await?;
        // It goes on. The record wakes the writer, too, which else makes a missing next segment in its own time.
        self.append(1).await
    }

    /// Ends the process after something has gone wrong with the disk; the power may go with it.
    pub(super) async fn end(&mut self) -> Result<(), Violation> {
        let power = match self.plan.trouble {
            Trouble::At { power, .. } => power,
            _ => self.random.chance(60).then(|| Mood::draw(&mut self.random)),
        };
        self.end_with(power).await
    }

    async fn end_with(&mut self, power: Option<Mood>) -> Result<(), Violation> {
        if self.trip.take() == Some(Trip::Fail) {
            self.summary.failures += 1;
            self.check_failure_ended().await?;
        }
        let next = match power {
            Some(mood) => {
                self.summary.power_losses += 1;
                self.disk.crash(&mut self.random, mood)
            }
            None => self.disk.restart(),
        };
        // Its disk is stopped now, whatever it still tries.
        self.disk.release(Role::Writer);
        self.disk.release(Role::Keeper);
        if let Some(journal) = self.journal.take() {
            let _ = within(journal.close()).await;
        }
        self.disk = next;
        self.disk.limit_room(None, false);
        if power.is_some() {
            self.plan.neglect.understand(&self.disk);
        }
        Ok(())
    }

    /// A journal whose disk has failed says so and acknowledges nothing more.
    async fn check_failure_ended(&mut self) -> Result<(), Violation> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        self.disk.release(Role::Writer);
        self.disk.release(Role::Keeper);
        let mut state = journal.watch();
        let ended = within(state.wait_for(|state| state.ended().is_some())).await;
        let poisoned = ended.is_ok_and(|state| state.poison.is_some());
        ensure(poisoned, Invariant::FailureEnds, || {
            "the journal is not poisoned".to_owned()
        })?;
        let refused = journal.try_append(b"more").is_err();
        ensure(refused, Invariant::FailureEnds, || {
            "a record was taken after the failure".to_owned()
        })
    }

    /// Ends the process as it should, and starts the next.
    pub(super) async fn close_and_open(&mut self) -> Result<(), Halt> {
        self.disk.release(Role::Keeper);
        let journal = self.journal();
        within(journal.close())
            .await
            .map_err(|ended| self.halt(Invariant::GoesOn, ended))?;
        self.ledger.durable = self.ledger.appended();
        self.journal = None;
        if self.disk.tripped() {
            return Err(Halt::Tripped);
        }
        self.disk = self.disk.restart();
        self.trip = None;
        self.begin().await.map_err(Halt::Broken)
    }

    pub(super) fn neglects(&self, neglect: Neglect) -> bool {
        self.plan.neglect == neglect
    }
}
