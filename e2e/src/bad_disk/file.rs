//! A file on a bad disk: what was written and not synced lies in memory, where only this process sees it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::StorageFile;

use super::plan::{Op, Plan, When, die};

/// Where a segment's records begin, behind its header.
const RECORDS_AT: u64 = 64;

/// What is written and not synced, of a file that may be open more than once.
#[derive(Debug)]
pub(super) struct Content(Mutex<Unsynced>);

#[derive(Debug)]
struct Unsynced {
    length: u64,
    /// In the order of writing.
    writes: Vec<(u64, Vec<u8>)>,
}

impl Content {
    /// Of a file with so many bytes, all synced.
    pub(super) fn of(length: u64) -> Self {
        Self(Mutex::new(Unsynced {
            length,
            writes: Vec::new(),
        }))
    }

    fn get(&self) -> MutexGuard<'_, Unsynced> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
pub(super) struct BadFile {
    is_segment: bool,
    below: Arc<dyn StorageFile>,
    content: Arc<Content>,
    plan: Arc<Plan>,
}

impl BadFile {
    pub(super) fn new(
        name: &str,
        below: Arc<dyn StorageFile>,
        content: Arc<Content>,
        plan: Arc<Plan>,
    ) -> Self {
        // A file is made under another name than it will have.
        let name = std::path::Path::new(name.trim_end_matches(".partial"));
        Self {
            is_segment: name.extension().is_some_and(|ending| ending == "fbj"),
            below,
            content,
            plan,
        }
    }

    fn op(&self, segment: Op, cursor: Op) -> Op {
        if self.is_segment { segment } else { cursor }
    }

    /// Does a part of what was written, then ends.
    fn tear(&self, writes: &[(u64, Vec<u8>)]) -> ! {
        let bytes: usize = writes.iter().map(|(_, bytes)| bytes.len()).sum();
        let mut left = bytes / 2;
        for (offset, bytes) in writes {
            let part = &bytes[..left.min(bytes.len())];
            // Whether it gets through or not: this is the end.
            let _ = self.below.write_at(part, *offset);
            left -= part.len();
        }
        die();
    }
}

impl StorageFile for BadFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.content.get().length)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let unsynced = self.content.get();
        let there = unsynced.length.saturating_sub(offset);
        let wanted = usize::try_from(there).map_or(buffer.len(), |there| there.min(buffer.len()));
        let buffer = &mut buffer[..wanted];
        let filled = self.below.read_at(buffer, offset)?;
        buffer[filled..].fill(0);
        for (at, bytes) in &unsynced.writes {
            let (begin, end) = (
                offset.max(*at),
                (offset + wanted as u64).min(at + bytes.len() as u64),
            );
            if begin < end {
                let index =
                    |from: u64, position: u64| usize::try_from(position - from).expect("within a buffer");
                buffer[index(offset, begin)..index(offset, end)]
                    .copy_from_slice(&bytes[index(*at, begin)..index(*at, end)]);
            }
        }
        Ok(wanted)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let when = self.plan.begins(self.op(Op::SegmentWrite, Op::CursorWrite))?;
        if when == Some(When::Half) {
            self.tear(&[(offset, bytes.to_vec())]);
        }
        let mut unsynced = self.content.get();
        if self.plan.forgets {
            unsynced.writes.push((offset, bytes.to_vec()));
        } else {
            self.below.write_at(bytes, offset)?;
        }
        unsynced.length = unsynced.length.max(offset + bytes.len() as u64);
        if when.is_some() {
            die();
        }
        Ok(())
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        self.plan.around(Op::Allocate, || {
            let mut unsynced = self.content.get();
            self.below.allocate(offset, length)?;
            unsynced.length = unsynced.length.max(offset + length);
            Ok(())
        })
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut unsynced = self.content.get();
        // What is cut off is zeros when the file grows again, so what was to be written there goes, too.
        for (offset, bytes) in &mut unsynced.writes {
            let kept = usize::try_from(length.saturating_sub(*offset)).unwrap_or(usize::MAX);
            bytes.truncate(kept);
        }
        self.below.set_len(length)?;
        unsynced.length = length;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let op = self.op(Op::SegmentSync, Op::CursorSync);
        self.plan.wait(op);
        let when = self.plan.begins(op)?;
        let mut unsynced = self.content.get();
        if when == Some(When::Half) {
            self.tear(&unsynced.writes);
        }
        let lies = self.plan.lies && self.is_segment;
        let (kept, written): (Vec<_>, Vec<_>) = std::mem::take(&mut unsynced.writes)
            .into_iter()
            .partition(|(offset, _)| lies && *offset >= RECORDS_AT);
        unsynced.writes = kept;
        for (offset, bytes) in &written {
            self.below.write_at(bytes, *offset)?;
        }
        self.below.sync_data()?;
        if when.is_some() {
            die();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use journal::{Disk, Storage};

    use super::*;

    fn file(directory: &std::path::Path, plan: &str) -> BadFile {
        let disk = Disk::new(directory);
        let name = "00000000000000000001.fbj";
        let below = disk.create(name).unwrap();
        let plan = Arc::new(Plan::parse(plan).unwrap());
        BadFile::new(name, below, Arc::new(Content::of(0)), plan)
    }

    fn on_disk(directory: &std::path::Path) -> Vec<u8> {
        std::fs::read(directory.join("00000000000000000001.fbj")).unwrap()
    }

    #[test]
    fn what_is_not_synced_is_seen_here_and_is_not_on_the_disk() {
        let room = tempfile::tempdir().unwrap();
        let file = file(room.path(), "forgets");
        file.allocate(0, 8).unwrap();
        file.write_at(b"abcd", 2).unwrap();
        file.write_at(b"X", 3).unwrap();
        let mut buffer = [9; 6];
        assert_eq!(file.read_at(&mut buffer, 1).unwrap(), 6);
        assert_eq!(&buffer, b"\0aXcd\0");
        assert_eq!(file.read_at(&mut buffer, 6).unwrap(), 2);
        assert_eq!(on_disk(room.path()), [0; 8]);
        file.sync_data().unwrap();
        assert_eq!(on_disk(room.path()), b"\0\0aXcd\0\0");
    }

    #[test]
    fn a_cut_takes_what_was_to_be_written_behind_it() {
        let room = tempfile::tempdir().unwrap();
        let file = file(room.path(), "forgets");
        file.write_at(b"abcdef", 0).unwrap();
        file.set_len(3).unwrap();
        file.sync_data().unwrap();
        assert_eq!(on_disk(room.path()), b"abc");
    }

    #[test]
    fn a_lying_disk_keeps_headers_and_no_records() {
        let room = tempfile::tempdir().unwrap();
        let file = file(room.path(), "forgets,lies");
        file.allocate(0, 66).unwrap();
        file.write_at(b"h", 0).unwrap();
        file.write_at(b"r", 64).unwrap();
        file.sync_data().unwrap();
        let on_disk = on_disk(room.path());
        assert_eq!((on_disk[0], on_disk[64]), (b'h', 0));
    }

    #[test]
    fn a_disk_fails_at_the_operation_that_was_named() {
        let room = tempfile::tempdir().unwrap();
        let file = file(room.path(), "fail=segment-sync:2");
        file.write_at(b"a", 0).unwrap();
        file.sync_data().unwrap();
        assert_eq!(file.sync_data().unwrap_err().raw_os_error(), Some(5));
        file.sync_data().unwrap();
    }

    #[test]
    fn words_that_mean_nothing_are_refused() {
        for wrong in [
            "slow=soon",
            "kill=rename:17",
            "kill=rename:never:1",
            "fail=nothing:1",
            "forgetful",
        ] {
            assert!(Plan::parse(wrong).is_err(), "{wrong}");
        }
    }
}
