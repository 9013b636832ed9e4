//! What the journal has promised so far, and the comparison with what it gives.

use std::collections::BTreeMap;
use std::fmt;

use journal::{Record, Recovery, SealedSegment};

/// What must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// What was reported durable is there after any crash.
    DurableStays,
    /// What a reader gave is there after any crash.
    ReadStays,
    /// A record has the bytes that were appended at its position; nothing is invented.
    BytesStay,
    /// Positions follow on each other.
    Contiguous,
    /// A reader gives nothing that is not durable.
    ReaderBehindMark,
    /// A sealed segment has the same boundaries for ever.
    SealStays,
    /// A checkpoint never goes back behind what was committed, nor further than was asked for.
    CheckpointStays,
    /// Nothing is deleted that a consumer has not passed.
    Retention,
    /// A journal opens after any crash.
    Opens,
    /// A journal goes on while the disk does, and after every recovery.
    GoesOn,
    /// A failing disk ends the journal.
    FailureEnds,
    /// Without room nothing is acknowledged, and the journal says so.
    FullIsTold,
}

/// A broken promise.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    what: String,
}

impl Violation {
    pub(crate) fn new(invariant: Invariant, what: impl fmt::Display) -> Self {
        let what = what.to_string();
        Self { invariant, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} is violated: {}", self.invariant, self.what)
    }
}

pub(crate) fn ensure(
    holds: bool,
    invariant: Invariant,
    what: impl FnOnce() -> String,
) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(invariant, what()))
    }
}

/// A checkpoint: what `commit` has reported, and what was asked for last.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Committed {
    pub(crate) told: u64,
    pub(crate) asked: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The bodies appended in this history; a crash may take back the end of it.
    pub(crate) bodies: Vec<Vec<u8>>,
    /// Reported durable.
    pub(crate) durable: u64,
    /// Given by a reader.
    pub(crate) read: u64,
    pub(crate) committed: Vec<Committed>,
    pub(crate) sealed: BTreeMap<u64, SealedSegment>,
    pub(crate) sealed_seq: u64,
}

impl Ledger {
    pub(crate) fn appended(&self) -> u64 {
        self.bodies.len() as u64
    }

    /// What may be deleted; `None` without consumers.
    pub(crate) fn passed(&self) -> Option<u64> {
        self.committed.iter().map(|committed| committed.told).min()
    }

    /// Compares a record with what was appended.
    pub(crate) fn check(&self, seq: u64, body: &[u8], expected_seq: u64) -> Result<(), Violation> {
        ensure(seq == expected_seq, Invariant::Contiguous, || {
            format!("seq {seq} was given, {expected_seq} is next")
        })?;
        let appended = usize::try_from(seq - 1)
            .ok()
            .and_then(|index| self.bodies.get(index));
        let Some(appended) = appended else {
            let what = format!("seq {seq} was given, {} are appended", self.appended());
            return Err(Violation::new(Invariant::BytesStay, what));
        };
        ensure(appended == body, Invariant::BytesStay, || {
            format!(
                "seq {seq} has {} other bytes, {} were appended",
                body.len(),
                appended.len()
            )
        })
    }

    /// Compares a record and remembers that it was given.
    pub(crate) fn check_read(&mut self, record: &Record, expected_seq: u64) -> Result<(), Violation> {
        self.check(record.seq, &record.body, expected_seq)?;
        self.read = self.read.max(record.seq);
        Ok(())
    }

    /// Compares a sealed segment with what was told of it before.
    pub(crate) fn check_sealed(&mut self, segment: SealedSegment) -> Result<(), Violation> {
        let last = segment.last_seq;
        let told = self.sealed.range(..=last).next_back().map(|(_, told)| told);
        let overlap = told.filter(|told| told.last_seq >= segment.first_seq);
        ensure(
            overlap.is_none_or(|told| *told == segment),
            Invariant::SealStays,
            || format!("told {overlap:?}, now {segment:?}"),
        )?;
        self.sealed_seq = self.sealed_seq.max(last);
        self.sealed.insert(segment.first_seq, segment);
        Ok(())
    }

    /// Compares what a recovery reports, and begins anew from there.
    pub(crate) fn check_recovery(
        &mut self,
        recovery: &Recovery,
        sealed_seq: u64,
        checkpoints: &[u64],
    ) -> Result<(), Violation> {
        let found = recovery.durable_seq;
        ensure(found >= self.durable, Invariant::DurableStays, || {
            format!(
                "seq {} was reported durable, {found} is the last now",
                self.durable
            )
        })?;
        ensure(found >= self.read, Invariant::ReadStays, || {
            format!("seq {} was read, {found} is the last now", self.read)
        })?;
        ensure(found <= self.appended(), Invariant::BytesStay, || {
            format!("{} were appended, {found} is the last", self.appended())
        })?;
        ensure(sealed_seq >= self.sealed_seq, Invariant::SealStays, || {
            format!("sealed up to {} before, up to {sealed_seq} now", self.sealed_seq)
        })?;
        for (committed, found) in self.committed.iter_mut().zip(checkpoints) {
            let either = *found == committed.told || *found == committed.asked;
            ensure(either, Invariant::CheckpointStays, || {
                format!("{committed:?} before, {found} now")
            })?;
            *committed = Committed {
                told: *found,
                asked: *found,
            };
        }
        let passed = self.passed().unwrap_or_default();
        ensure(
            recovery.first_retained <= passed + 1,
            Invariant::Retention,
            || {
                format!(
                    "consumers have passed {passed}, {} is the first kept",
                    recovery.first_retained
                )
            },
        )?;
        self.bodies.truncate(usize::try_from(found).unwrap());
        self.durable = found;
        self.read = self.read.min(found);
        Ok(())
    }
}
