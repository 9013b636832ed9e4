//! What a process does with its journal, one thing after the other, each until nothing more is under way.

use std::task::Poll;
use std::time::{Duration, UNIX_EPOCH};

use journal::{AppendError, Clock as _, CommitError, ReadError};

use super::Trouble;
use super::ledger::{Invariant, Violation, ensure};
use super::machine::{Halt, Lengths, Machine};
use crate::neglect::Neglect;
use crate::raw::sound_frames;
use crate::rig::{is_pending, within};
use crate::simulated::{Operation, Role, Trip};

impl Machine {
    /// Does something.
    pub(super) async fn act(&mut self) -> Result<(), Halt> {
        let often = if self.neglects(Neglect::Position) { 40 } else { 12 };
        if self.plan.trouble == Trouble::Random && self.random.chance(often) {
            let trip = self.random.pick(&[Trip::Stop, Trip::Stop, Trip::Fail]);
            let after = 1 + self.random.below(30);
            self.plan_trip(after, trip);
        }
        if self.neglects(Neglect::Position) {
            // Groups that fill whole new segments are where blocks are mistaken for each other.
            let count = 20 + self.random.index(40);
            return if self.random.chance(60) {
                self.append(count).await
            } else {
                self.commit().await
            };
        }
        match self.random.below(100) {
            0..40 => {
                let most = self.random.pick(&[12, 12, 12, 48]);
                let count = 1 + self.random.index(most);
                self.append(count).await
            }
            40..58 => self.commit().await,
            58..66 => self.seal().await,
            66..72 => self.grow_old().await,
            72..82 => self.read_somewhere().await,
            82..88 => self.read_sealed(),
            88..92 => self.ask_for_the_impossible().await,
            92..98 => self.close_and_open().await,
            _ => self.fill_the_disk().await,
        }
    }

    fn body(&mut self) -> Vec<u8> {
        self.bodies += 1;
        let length = match self.lengths {
            Lengths::All(length) => length,
            Lengths::Mixed => self.random.pick(&[0, 8, 40, 40, 100, 200, 200, 488, 1000, 1024]),
        };
        let seed = self.bodies.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (0..length as u64)
            .map(|at| (seed.wrapping_add(at).wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56).to_le_bytes()[0])
            .collect()
    }

    /// Appends records: the first as a group, those that come during its way to the disk as the next.
    pub(super) async fn append(&mut self, count: usize) -> Result<(), Halt> {
        let journal = self.journal();
        self.disk.hold(Role::Writer);
        for index in 0..count {
            let body = self.body();
            match journal.try_append(&body) {
                Ok(seq) => {
                    let next = self.ledger.appended() + 1;
                    ensure(seq == next, Invariant::Contiguous, || {
                        format!("given {seq}, {next} is next")
                    })?;
                    self.ledger.bodies.push(body);
                }
                Err(AppendError::Busy { .. } | AppendError::Full(_)) if index > 0 => break,
                Err(error) => {
                    self.disk.release(Role::Writer);
                    return Err(self.halt(Invariant::GoesOn, error));
                }
            }
            if index == 0 {
                self.disk.await_held(Role::Writer, || is_full(&journal));
            }
        }
        if self.random.chance(20) || self.neglects(Neglect::ReaderMark) {
            self.spy().await?;
        }
        self.disk.release(Role::Writer);
        self.await_durable().await?;
        self.settle().await
    }

    /// Reads while a group is written but not synced. There must be nothing to read.
    async fn spy(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        let never = || is_full(&journal);
        let mut operation = self.disk.await_held(Role::Writer, never);
        while operation.is_some_and(|operation| operation != Operation::Sync) {
            operation = self.disk.pass_one(Role::Writer, never);
        }
        if operation.is_none() {
            // Something has gone wrong, or there is no room. Whoever waits for the records will see which.
            return Ok(());
        }
        let durable = self.journal().watch().borrow().durable_seq;
        if self.neglects(Neglect::ReaderMark) {
            let newest = self.journal().watch().borrow().sealed_seq + 1;
            let segment = self.disk.peek(&segment_name(newest)).unwrap_or_default();
            for frame in sound_frames(&segment) {
                self.ledger.check(frame.seq, frame.body(&segment), frame.seq)?;
                self.ledger.read = self.ledger.read.max(frame.seq);
            }
            return Ok(());
        }
        let mut reader = self
            .journal()
            .reader(durable)
            .map_err(|error| self.halt(Invariant::GoesOn, error))?;
        let mut next = std::pin::pin!(reader.next(100, 1 << 20));
        let early = tokio::time::timeout(Duration::from_millis(2), &mut next).await;
        ensure(early.is_err(), Invariant::ReaderBehindMark, || {
            format!("seq {durable} is durable, and a reader gave {early:?}")
        })?;
        Ok(())
    }

    /// Waits until everything appended is durable, making room where there is none.
    async fn await_durable(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        let last = self.ledger.appended();
        let mut state = journal.watch();
        let mut aged = false;
        loop {
            let met = within(state.wait_for(|state| {
                state.durable_seq >= last || state.full.is_some() || state.ended().is_some()
            }))
            .await
            .map(|state| state.clone());
            let met = met.expect("the journal is held");
            self.ledger.durable = self.ledger.durable.max(met.durable_seq);
            if met.durable_seq >= last {
                break;
            }
            if let Some(ended) = met.ended() {
                return Err(self.halt(Invariant::GoesOn, ended));
            }
            self.make_room().await?;
            aged = true;
        }
        if aged {
            // The newest segment may be sealed by its age at any time now; it is sealed before that matters.
            within(journal.seal_now())
                .await
                .map_err(|ended| self.halt(Invariant::GoesOn, ended))?;
        }
        Ok(())
    }

    /// Waits until the segment that the process before has left is sealed, if it is old enough for that.
    pub(super) async fn await_old_seal(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        let mut state = journal.watch();
        let (sealed, durable) = (state.borrow().sealed_seq, self.ledger.durable);
        let header = self.disk.peek(&segment_name(sealed + 1)).unwrap_or_default();
        let created = header
            .get(40..48)
            .map(|micros| u64::from_le_bytes(micros.try_into().unwrap()));
        let created = created.map_or(UNIX_EPOCH, |micros| UNIX_EPOCH + Duration::from_micros(micros));
        let age = self.clock.now().duration_since(created).unwrap_or_default();
        if sealed < durable && age >= self.options.segment_age_max {
            let _ =
                within(state.wait_for(|state| state.sealed_seq >= durable || state.ended().is_some())).await;
            self.settle().await?;
        }
        Ok(())
    }

    /// Lets consumers pass all, and segments grow old, until there is room for what waits.
    async fn make_room(&mut self) -> Result<(), Halt> {
        self.summary.full += 1;
        let journal = self.journal();
        let mut state = journal.watch();
        let waiting = self.ledger.appended();
        let full = |state: &journal::State| state.full.is_some() && state.ended().is_none();
        while full(&state.borrow()) && state.borrow().durable_seq < waiting {
            ensure(
                is_pending(journal.wait_durable(waiting)).await,
                Invariant::FullIsTold,
                || "a record was acknowledged on a full journal".to_owned(),
            )?;
            self.clock.advance(Duration::from_mins(2));
            // What is sealed can be passed and deleted; what is not is sealed by its age first.
            let before = state.borrow().clone();
            if before.sealed_seq < before.durable_seq {
                let sealed = |state: &journal::State| state.sealed_seq >= before.durable_seq || !full(state);
                let _ = within(state.wait_for(sealed)).await;
            }
            // Nothing is deleted unseen: the newest segment stays until the writer makes the next one.
            self.disk.hold(Role::Writer);
            self.check_new_seals().await?;
            for index in 0..self.options.consumers.len() {
                let durable = state.borrow().durable_seq;
                self.commit_to(index, durable).await?;
                // The same again returns when the deletions after the first are done.
                self.commit_to(index, durable).await?;
            }
            self.disk.hold(Role::Keeper);
            self.disk.release(Role::Writer);
            let _ =
                within(state.wait_for(|state| !full(state) || state.durable_seq > before.durable_seq)).await;
        }
        Ok(())
    }

    /// Waits until nothing is under way: the next segment is made, what all have passed is deleted.
    pub(super) async fn settle(&mut self) -> Result<(), Halt> {
        if self.disk.tripped() {
            return Err(Halt::Tripped);
        }
        self.check_new_seals().await?;
        let passed = self.ledger.passed().unwrap_or_default();
        let newest = self.ledger.sealed_seq + 1;
        let kept = self
            .ledger
            .sealed
            .values()
            .filter(|segment| segment.last_seq > passed);
        let firsts = kept.map(|segment| segment.first_seq).chain([newest]);
        let expected: Vec<String> = firsts.map(segment_name).collect();
        self.disk.release(Role::Keeper);
        let syncs_names = !self.neglects(Neglect::DirectorySync);
        self.disk.await_segments(&expected, syncs_names);
        self.disk.hold(Role::Keeper);
        self.ledger.sealed.retain(|_, segment| segment.last_seq > passed);
        self.summary.records = self.ledger.appended();
        if self.disk.tripped() {
            return Err(Halt::Tripped);
        }
        Ok(())
    }

    async fn check_new_seals(&mut self) -> Result<(), Halt> {
        self.check_seals(self.ledger.sealed_seq).await
    }

    /// Compares the sealed segments behind a position with what was told of them before.
    pub(super) async fn check_seals(&mut self, mut after: u64) -> Result<(), Halt> {
        let journal = self.journal();
        let sealed_seq = journal.watch().borrow().sealed_seq;
        while after < sealed_seq {
            match within(journal.next_sealed(after)).await {
                Ok(segment) => {
                    after = segment.last_seq;
                    self.ledger.check_sealed(segment)?;
                }
                Err(ReadError::Retired { first_retained, .. }) => {
                    self.check_retired(first_retained)?;
                    after = first_retained - 1;
                    self.ledger.sealed_seq = self.ledger.sealed_seq.max(after);
                }
                Err(error) => return Err(self.halt(Invariant::SealStays, error)),
            }
        }
        Ok(())
    }

    fn check_retired(&self, first_retained: u64) -> Result<(), Violation> {
        let passed = self.ledger.passed().unwrap_or_default();
        ensure(first_retained <= passed + 1, Invariant::Retention, || {
            format!("{first_retained} is the first kept, {passed} is passed")
        })
    }

    async fn commit(&mut self) -> Result<(), Halt> {
        if self.options.consumers.is_empty() {
            return Ok(());
        }
        let index = self.random.index(self.options.consumers.len());
        let told = self.ledger.committed[index].told;
        let ahead = self.ledger.durable - told;
        let seq = if self.random.chance(30) {
            self.ledger.durable
        } else {
            told + self.random.below(ahead + 1)
        };
        self.commit_to(index, seq).await?;
        self.settle().await
    }

    async fn commit_to(&mut self, index: usize, seq: u64) -> Result<(), Halt> {
        let journal = self.journal();
        self.ledger.committed[index].asked = seq;
        self.disk.release(Role::Keeper);
        within(journal.commit(&self.options.consumers[index], seq))
            .await
            .map_err(|error| self.halt(Invariant::GoesOn, error))?;
        self.ledger.committed[index].told = seq;
        let found = journal.checkpoint(&self.options.consumers[index]);
        ensure(found == Some(seq), Invariant::CheckpointStays, || {
            format!("committed {seq}, {found:?} is told")
        })?;
        Ok(())
    }

    async fn seal(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        within(journal.seal_now())
            .await
            .map_err(|ended| self.halt(Invariant::GoesOn, ended))?;
        let sealed_seq = journal.watch().borrow().sealed_seq;
        let appended = self.ledger.appended();
        ensure(sealed_seq == appended, Invariant::SealStays, || {
            format!("sealed up to {sealed_seq} when {appended} was asked for")
        })?;
        self.settle().await
    }

    /// Lets time pass while a record is on its way, so that its segment is old when it is written.
    async fn grow_old(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        let mut state = journal.watch();
        let was_empty = state.borrow().sealed_seq == self.ledger.durable;
        let body = self.body();
        self.disk.hold(Role::Writer);
        let appended = journal.try_append(&body);
        let seq = appended.map_err(|error| self.halt(Invariant::GoesOn, error))?;
        self.ledger.bodies.push(body);
        self.disk.await_held(Role::Writer, || is_full(&journal));
        self.clock.advance(Duration::from_mins(2));
        self.disk.release(Role::Writer);
        self.await_durable().await?;
        // The record began a new segment, and that one is young, or it is in one that is sealed by its age now.
        let young = was_empty || state.borrow().sealed_seq == seq - 1;
        if !young {
            let _ = within(state.wait_for(|state| state.sealed_seq >= seq || state.ended().is_some())).await;
        }
        self.settle().await
    }

    async fn read_somewhere(&mut self) -> Result<(), Halt> {
        let after = self.random.below(self.ledger.durable + 1);
        let max_records = self.random.pick(&[1, 3, 1000]);
        self.read_all(after, max_records).await
    }

    /// Reads from a position to the durable end.
    pub(super) async fn read_all(&mut self, after: u64, max_records: usize) -> Result<(), Halt> {
        let journal = self.journal();
        let max_bytes = self.random.pick(&[0, 500, 1 << 20]);
        let mut reader = match journal.reader(after) {
            Ok(reader) => reader,
            Err(ReadError::Retired { first_retained, .. }) => {
                self.check_retired(first_retained)?;
                return Ok(());
            }
            Err(error) => return Err(self.halt(Invariant::GoesOn, error)),
        };
        let mut seq = after;
        let end = self.ledger.durable;
        while seq < end {
            let batch = within(reader.next(max_records, max_bytes))
                .await
                .map_err(|error| self.halt(Invariant::BytesStay, error))?;
            ensure(batch.records.len() <= max_records, Invariant::Contiguous, || {
                "a batch is larger than asked for".to_owned()
            })?;
            for record in &batch.records {
                seq += 1;
                self.ledger.check_read(record, seq)?;
            }
        }
        ensure(seq == end, Invariant::ReaderBehindMark, || {
            format!("read {seq}, {end} is durable")
        })?;
        let mut next = std::pin::pin!(reader.next(1, 0));
        let polled = std::future::poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await;
        match polled {
            Poll::Pending => Ok(()),
            Poll::Ready(Err(error)) => Err(self.halt(Invariant::GoesOn, error)),
            Poll::Ready(Ok(batch)) => {
                let what = format!("{end} is durable, and a reader gave {batch:?}");
                Err(Violation::new(Invariant::ReaderBehindMark, what).into())
            }
        }
    }

    fn read_sealed(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        let segments: Vec<_> = self.ledger.sealed.values().cloned().collect();
        for segment in segments {
            let records = journal
                .read_sealed(&segment)
                .map_err(|error| self.halt(Invariant::SealStays, error))?;
            let mut seq = segment.first_seq;
            for record in records {
                let record = record.map_err(|error| self.halt(Invariant::BytesStay, error))?;
                self.ledger.check_read(&record, seq)?;
                seq += 1;
            }
            ensure(seq == segment.last_seq + 1, Invariant::SealStays, || {
                format!("{segment:?} ends before {seq}")
            })?;
        }
        Ok(())
    }

    async fn ask_for_the_impossible(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        let durable = self.ledger.durable;
        let ahead = journal.reader(durable + 1);
        ensure(
            matches!(ahead, Err(ReadError::Ahead { .. })),
            Invariant::ReaderBehindMark,
            || format!("a reader began after {}, {durable} is durable", durable + 1),
        )?;
        let large = journal.try_append(&[0; 1025]);
        ensure(
            matches!(large, Err(AppendError::TooLarge { .. })),
            Invariant::GoesOn,
            || format!("a record that is too large: {large:?}"),
        )?;
        if self.options.consumers.is_empty() {
            return Ok(());
        }
        let index = self.random.index(self.options.consumers.len());
        let name = &self.options.consumers[index];
        let told = self.ledger.committed[index].told;
        let beyond = within(journal.commit(name, durable + 1)).await;
        let back = if told == 0 {
            None
        } else {
            Some(within(journal.commit(name, told - 1)).await)
        };
        let right = matches!(beyond, Err(CommitError::BeyondDurable { .. }))
            && back
                .as_ref()
                .is_none_or(|back| matches!(back, Err(CommitError::Backwards { .. })));
        ensure(right, Invariant::CheckpointStays, || {
            format!("{beyond:?}, {back:?}")
        })?;
        Ok(())
    }

    /// Others fill the disk; later they make room again.
    async fn fill_the_disk(&mut self) -> Result<(), Halt> {
        let journal = self.journal();
        let tells = self.random.chance(50);
        // A disk that tells what is free has a reserve that the journal leaves alone.
        let reserve = if tells { 256 << 10 } else { 4096 };
        self.disk
            .limit_room(Some(reserve + self.random.below(12_000)), tells);
        let mut state = journal.watch();
        for _ in 0..400 {
            let body = self.body();
            match journal.try_append(&body) {
                Ok(_) => self.ledger.bodies.push(body),
                Err(AppendError::Full(_)) => break,
                Err(AppendError::Busy { .. }) => {}
                Err(error) => return Err(self.halt(Invariant::GoesOn, error)),
            }
            let last = self.ledger.appended();
            let come = |state: &journal::State| {
                state.durable_seq >= last || state.full.is_some() || state.ended().is_some()
            };
            let met = within(state.wait_for(come)).await.map(|state| state.clone());
            let met = met.expect("the journal is held");
            self.ledger.durable = self.ledger.durable.max(met.durable_seq);
            if let Some(ended) = met.ended() {
                return Err(self.halt(Invariant::GoesOn, ended));
            }
            self.check_new_seals().await?;
        }
        if state.borrow().full.is_some() {
            self.summary.full += 1;
            let waits = is_pending(journal.wait_durable(self.ledger.appended())).await;
            let refuses = matches!(journal.try_append(&[]), Err(AppendError::Full(_)));
            ensure(waits && refuses, Invariant::FullIsTold, || {
                format!("waits {waits}, refuses {refuses}, {:?}", state.borrow())
            })?;
        }
        self.disk.limit_room(None, false);
        let last = self.ledger.appended();
        let on =
            |state: &journal::State| state.durable_seq >= last || state.ended().is_some() || is_budget(state);
        let _ = within(state.wait_for(on)).await;
        self.await_durable().await?;
        self.settle().await
    }
}

fn is_full(journal: &journal::Journal) -> bool {
    journal.watch().borrow().full.is_some()
}

fn is_budget(state: &journal::State) -> bool {
    state
        .full
        .is_some_and(|full| full.shortage == journal::Shortage::Budget)
}

fn segment_name(first_seq: u64) -> String {
    format!("{first_seq:020}.fbj")
}
