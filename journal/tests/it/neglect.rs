//! Journals that neglect one duty each, for tests which show that the model notices.
//!
//! The journal's own code has no switch for that. The duty is undone below it, by a storage that doesn't do what it was
//! asked for, or above it, by a reader that doesn't ask the journal.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use journal::{DirectoryLock, Storage, StorageFile};

use crate::raw::{FRAMES_BEGIN, RawFrame};
use crate::simulated::{Role, SECTOR, Simulated, is_segment};

/// What is left undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Neglect {
    Nothing,
    /// Names are never made durable.
    DirectorySync,
    /// What recovery finds torn stays in the file.
    TailCut,
    /// Readers get what is written and not yet durable.
    ReaderMark,
    /// Checksums don't cover where a frame stands and which one it is.
    Position,
    /// Segments are reported durable without a sync.
    SegmentSync,
    /// Recovery doesn't write again what a failed sync may have dropped.
    Rewrite,
}

impl Neglect {
    /// The disk as this journal uses it.
    pub(crate) fn on(self, disk: &Simulated) -> Arc<dyn Storage> {
        match self {
            Self::Nothing | Self::ReaderMark | Self::Position => Arc::new(disk.clone()),
            Self::DirectorySync | Self::TailCut | Self::SegmentSync | Self::Rewrite => Arc::new(Neglectful {
                neglect: self,
                disk: disk.clone(),
            }),
        }
    }

    /// What a crash has left, as this journal understands it.
    pub(crate) fn understand(self, disk: &Simulated) {
        if self == Self::Position {
            disk.edit_revenants(adopt);
        }
    }
}

/// Makes stale frames sound where they now stand, if they were sound where they stood before: as they are to a journal
/// whose checksums don't cover the place, and which takes a frame's seq from the frames before it.
fn adopt(segment: &mut [u8], revenants: &[(usize, usize)]) {
    if segment.len() < FRAMES_BEGIN {
        return;
    }
    let first_seq = u64::from_le_bytes(segment[32..40].try_into().unwrap());
    let (mut offset, mut seq) = (FRAMES_BEGIN, first_seq);
    while let Some(frame) = RawFrame::at(segment, offset) {
        if !(frame.seq == seq && frame.is_sound_at(segment, offset)) {
            let revenant = revenants.iter().find(|(sector, _)| *sector == offset / SECTOR);
            let Some((_, from)) = revenant else { return };
            if !frame.is_sound_at(segment, from * SECTOR + offset % SECTOR) {
                return;
            }
            frame.sign(segment, seq);
        }
        offset = frame.end();
        seq += 1;
    }
}

#[derive(Debug)]
struct Neglectful {
    neglect: Neglect,
    disk: Simulated,
}

impl Neglectful {
    fn file(&self, name: &str, file: Arc<dyn StorageFile>) -> Arc<dyn StorageFile> {
        Arc::new(NeglectfulFile {
            neglect: self.neglect,
            is_segment: is_segment(name),
            file,
        })
    }
}

impl Storage for Neglectful {
    fn path(&self, name: &str) -> PathBuf {
        self.disk.path(name)
    }

    fn create_dir(&self) -> io::Result<()> {
        self.disk.create_dir()
    }

    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn DirectoryLock>>> {
        self.disk.lock(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        // Called with the name of the unfinished file.
        let segment = name.trim_end_matches(".partial");
        Ok(self.file(segment, self.disk.create(name)?))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        Ok(self.file(name, self.disk.open(name)?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        match self.neglect {
            Neglect::DirectorySync => Ok(()),
            _ => self.disk.sync_dir(),
        }
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }
}

#[derive(Debug)]
struct NeglectfulFile {
    neglect: Neglect,
    is_segment: bool,
    file: Arc<dyn StorageFile>,
}

impl NeglectfulFile {
    /// Whether this is recovery's mending of a segment, which it neglects in this way.
    fn neglects_mending(&self, neglect: Neglect) -> bool {
        self.neglect == neglect && self.is_segment && Role::current() == Role::Opener
    }
}

impl StorageFile for NeglectfulFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if self.neglects_mending(Neglect::Rewrite) && offset > 0 {
            return Ok(());
        }
        self.file.write_at(bytes, offset)
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        // What was not cut is still there.
        let there = self.file.len()?;
        if self.neglect == Neglect::TailCut && there > offset {
            let more = (offset + length).saturating_sub(there);
            return if more == 0 {
                Ok(())
            } else {
                self.file.allocate(there, more)
            };
        }
        self.file.allocate(offset, length)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        if self.neglects_mending(Neglect::TailCut) && length < self.file.len()? {
            return Ok(());
        }
        self.file.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.neglect == Neglect::SegmentSync && self.is_segment {
            return Ok(());
        }
        self.file.sync_data()
    }
}
