//! The newest segment, the only one that is written to.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Fault, Progress};
use crate::catalog::{Segment, segment_name};
use crate::clock::{Clock, from_micros, to_micros};
use crate::format::{
    FRAME_BYTES, FrameKind, Place, SEAL_BYTES, SEGMENT_HEADER_BYTES, Seal, SealReason, SegmentHeader,
    encode_frame, encode_seal, encode_segment_header, frame_bytes,
};
use crate::front::Group;
use crate::poison::Poison;
use crate::shared::{Full, Shared, Shortage};
use crate::storage::{StorageFile, is_full, write_new};

/// Space is allocated in steps of this where there is enough of it, …
const EXTENT_BYTES: u64 = 1 << 20;

/// … and of this where there is not.
const BLOCK_BYTES: u64 = 4 << 10;

/// Left alone on every disk, for the next segment's header.
const RESERVE_BYTES: u64 = 256 << 10;

/// Frames are handed to the disk in pieces of about this size.
const PIECE_BYTES: usize = 1 << 20;

#[derive(Debug)]
pub(crate) struct Active {
    path: PathBuf,
    file: Arc<dyn StorageFile>,
    first_seq: u64,
    last_seq: u64,
    body_bytes: u64,
    /// Where the next frame goes.
    end: u64,
    /// Where the allocated space ends.
    allocated: u64,
    /// How old it was when it was opened by this process, and when that was; the latter `None` while it is empty.
    age_at_open: Duration,
    since: Option<Duration>,
    piece: Vec<u8>,
}

impl Active {
    /// Makes the next segment.
    pub(crate) fn create(shared: &Shared, first_seq: u64) -> Result<Self, Fault> {
        let created_micros = to_micros(shared.options.clock.now());
        let header = SegmentHeader {
            journal: shared.id,
            first_seq,
            created_micros,
        };
        let name = segment_name(first_seq);
        let path = shared.storage.path(&name);
        let file = match write_new(&*shared.storage, &name, &encode_segment_header(&header)) {
            Ok(file) => file,
            // Even where the fsync of a file says so: nothing relies on this file yet, and the next try makes it anew.
            Err(error) if is_full(&error) => return Err(disk_full(SEGMENT_HEADER_BYTES)),
            Err(source) => {
                return Err(Poison::Io {
                    doing: "create segment",
                    path,
                    source,
                }
                .into());
            }
        };
        let segment = Segment::empty(first_seq, created_micros);
        shared.catalog.add(segment);
        Ok(Self::resume(path, file, &segment, &*shared.options.clock))
    }

    /// Goes on with a segment whose file ends where its frames do.
    pub(crate) fn resume(
        path: PathBuf,
        file: Arc<dyn StorageFile>,
        segment: &Segment,
        clock: &dyn Clock,
    ) -> Self {
        assert!(segment.seal.is_none(), "a sealed segment is never written again");
        let is_empty = segment.last_seq < segment.first_seq;
        let age = clock
            .now()
            .duration_since(from_micros(segment.created_micros))
            .unwrap_or_default();
        Self {
            path,
            file,
            first_seq: segment.first_seq,
            last_seq: segment.last_seq,
            body_bytes: segment.body_bytes,
            end: segment.frames_end,
            allocated: segment.file_bytes,
            age_at_open: if is_empty { Duration::ZERO } else { age },
            since: (!is_empty).then(|| clock.elapsed()),
            piece: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.last_seq < self.first_seq
    }

    pub(super) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    /// Time since the first record.
    pub(super) fn age(&self, clock: &dyn Clock) -> Duration {
        match self.since {
            Some(since) => self.age_at_open + clock.elapsed().saturating_sub(since),
            None => Duration::ZERO,
        }
    }

    /// How much of a group fits before `limit`, with its seal.
    pub(super) fn fit(&self, lengths: &[u32], done: Progress, limit: u64) -> Progress {
        let mut fitting = Progress {
            end: self.end,
            ..done
        };
        for length in &lengths[done.records..] {
            let length = *length as usize;
            let end = fitting.end + frame_bytes(length);
            if end + SEAL_BYTES > limit {
                break;
            }
            fitting = Progress {
                records: fitting.records + 1,
                bytes: fitting.bytes + length,
                end,
            };
        }
        fitting
    }

    /// Allocates space for what is wanted, or says how much of it has room. At least one record, else full.
    pub(super) fn make_room(
        &mut self,
        shared: &Shared,
        lengths: &[u32],
        done: Progress,
        wanted: Progress,
    ) -> Result<Progress, Fault> {
        let needed = wanted.end + SEAL_BYTES;
        let shortage = match self.allocate(shared, needed) {
            Ok(()) => return Ok(wanted),
            Err(Fault::Full(full)) => full.shortage,
            Err(fault) => return Err(fault),
        };
        let fitting = self.fit(lengths, done, self.allocated);
        if fitting.records > done.records {
            return Ok(fitting);
        }
        let first = frame_bytes(lengths[done.records] as usize);
        let needed = self.end + first + SEAL_BYTES;
        match self.allocate(shared, needed) {
            Ok(()) => Ok(self.fit(lengths, done, self.allocated)),
            Err(Fault::Full(_)) => Err(Fault::Full(Full {
                shortage,
                needed_bytes: needed - self.allocated,
            })),
            Err(fault) => Err(fault),
        }
    }

    fn allocate(&mut self, shared: &Shared, needed: u64) -> Result<(), Fault> {
        if needed <= self.allocated {
            return Ok(());
        }
        let most = shared.options.segment_bytes_max;
        let generous = needed.max(self.allocated + EXTENT_BYTES).min(most).max(needed);
        let frugal = needed.next_multiple_of(BLOCK_BYTES).min(most).max(needed);
        match self.allocate_to(shared, generous) {
            Err(Fault::Full(_)) if frugal < generous => self.allocate_to(shared, frugal),
            outcome => outcome,
        }
    }

    fn allocate_to(&mut self, shared: &Shared, target: u64) -> Result<(), Fault> {
        let more = target - self.allocated;
        let (_, used) = shared.catalog.usage();
        if used + more > shared.options.budget_bytes {
            return Err(Fault::Full(Full {
                shortage: Shortage::Budget,
                needed_bytes: more,
            }));
        }
        let free = shared
            .storage
            .free_bytes()
            .map_err(|source| self.failed("ask for free space", source))?;
        if free < more.saturating_add(shared.options.free_bytes_min.max(RESERVE_BYTES)) {
            return Err(disk_full(more));
        }
        match self.file.allocate(self.allocated, more) {
            Ok(()) => {
                self.allocated = target;
                shared
                    .catalog
                    .update_newest(|segment| segment.file_bytes = target);
                Ok(())
            }
            Err(error) if is_full(&error) => Err(disk_full(more)),
            Err(source) => Err(self.failed("allocate space in segment", source).into()),
        }
    }

    /// Writes the records between two points of a group. Until the sync has returned they count for nothing.
    pub(super) fn write(
        &mut self,
        shared: &Shared,
        group: &Group,
        from: Progress,
        to: Progress,
        durable_seq: u64,
    ) -> Result<(), Fault> {
        assert_eq!(self.last_seq, durable_seq, "a group follows on what is durable");
        assert_eq!(
            group.first_seq() + from.records as u64,
            durable_seq + 1,
            "no record is left out"
        );
        assert!(
            to.end + SEAL_BYTES <= self.allocated,
            "space is allocated before it is written"
        );
        let mut bodies = &group.bytes()[from.bytes..to.bytes];
        let mut seq = durable_seq;
        let mut piece_at = self.end;
        self.piece.clear();
        for length in &group.lengths()[from.records..to.records] {
            let (body, rest) = bodies.split_at(*length as usize);
            bodies = rest;
            seq += 1;
            let place = Place {
                journal: shared.id,
                offset: piece_at + self.piece.len() as u64,
            };
            encode_frame(&mut self.piece, place, FrameKind::Record, seq, durable_seq, body);
            if self.piece.len() >= PIECE_BYTES {
                self.flush(piece_at)?;
                piece_at += self.piece.len() as u64;
                self.piece.clear();
            }
        }
        self.flush(piece_at)?;
        assert_eq!(
            piece_at + self.piece.len() as u64,
            to.end,
            "frames are as long as was counted"
        );
        self.piece.clear();
        self.piece.shrink_to(PIECE_BYTES + FRAME_BYTES);
        Ok(())
    }

    fn flush(&self, offset: u64) -> Result<(), Fault> {
        match self.file.write_at(&self.piece, offset) {
            Ok(()) => Ok(()),
            // Where allocated space is no promise (copy on write). The same bytes are written again at the same place.
            Err(error) if is_full(&error) => Err(disk_full(self.piece.len() as u64)),
            Err(source) => Err(self.failed("write segment", source).into()),
        }
    }

    pub(super) fn sync(&self) -> Result<(), Poison> {
        self.file
            .sync_data()
            .map_err(|source| self.failed("sync segment", source))
    }

    /// Counts records that have become durable and lets readers have them.
    pub(super) fn advance(&mut self, shared: &Shared, records: usize, body_bytes: usize, end: u64) {
        let clock = &*shared.options.clock;
        self.since.get_or_insert_with(|| clock.elapsed());
        self.last_seq += records as u64;
        self.body_bytes += body_bytes as u64;
        self.end = end;
        shared.catalog.update_newest(|segment| {
            assert_eq!(
                segment.first_seq, self.first_seq,
                "only the newest segment is written to"
            );
            segment.last_seq = self.last_seq;
            segment.body_bytes = self.body_bytes;
            segment.frames_end = end;
        });
    }

    /// Writes the seal, gives back the space behind it, makes both durable and lets readers know.
    pub(super) fn seal(&mut self, shared: &Shared, reason: SealReason) -> Result<(), Fault> {
        let seal = Seal {
            last_seq: self.last_seq,
            count: self.last_seq + 1 - self.first_seq,
            body_bytes: self.body_bytes,
            sealed_micros: to_micros(shared.options.clock.now()),
            reason,
        };
        self.piece.clear();
        encode_seal(
            &mut self.piece,
            Place {
                journal: shared.id,
                offset: self.end,
            },
            &seal,
        );
        self.flush(self.end)?;
        let file_bytes = self.end + SEAL_BYTES;
        self.file
            .set_len(file_bytes)
            .map_err(|source| self.failed("cut segment behind its seal", source))?;
        self.file
            .sync_data()
            .map_err(|source| self.failed("sync sealed segment", source))?;
        shared.catalog.update_newest(|segment| {
            assert_eq!(segment.last_seq, seal.last_seq, "the seal fits what is durable");
            segment.file_bytes = file_bytes;
            segment.seal = Some(seal);
        });
        Ok(())
    }

    fn failed(&self, doing: &'static str, source: std::io::Error) -> Poison {
        Poison::Io {
            doing,
            path: self.path.clone(),
            source,
        }
    }
}

fn disk_full(needed_bytes: u64) -> Fault {
    Fault::Full(Full {
        shortage: Shortage::Disk,
        needed_bytes,
    })
}
