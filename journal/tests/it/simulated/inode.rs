//! A file: what processes see of it, what is on the disk, and what is under way between.

use std::collections::BTreeMap;

use super::SECTOR;
use crate::random::Random;

#[derive(Debug, Clone, Default)]
pub(super) struct Inode {
    /// What processes see.
    pub(super) cache: Vec<u8>,
    /// What is on the disk.
    pub(super) durable: Vec<u8>,
    /// The contents that each sector has had since the last sync; any of them may have reached the disk.
    pub(super) unsynced: BTreeMap<usize, Vec<[u8; SECTOR]>>,
    /// The lengths that it has had since the last sync.
    pub(super) lengths: Vec<usize>,
}

impl Inode {
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if end > self.cache.len() {
            self.set_len(end);
        }
        self.cache[offset..end].copy_from_slice(bytes);
        self.touch(offset, end);
    }

    pub(super) fn set_len(&mut self, length: usize) {
        let before = self.cache.len();
        self.cache.resize(length, 0);
        self.lengths.push(length);
        // What is cut off reads as zeros should the file grow again.
        self.touch(length, before);
    }

    fn touch(&mut self, begin: usize, end: usize) {
        if begin >= end {
            return;
        }
        for sector in begin / SECTOR..=(end - 1) / SECTOR {
            let content = sector_of(&self.cache, sector);
            self.unsynced.entry(sector).or_default().push(content);
        }
    }

    pub(super) fn sync(&mut self) {
        self.durable.resize(self.cache.len(), 0);
        for sector in std::mem::take(&mut self.unsynced).into_keys() {
            self.flush(sector);
        }
        self.lengths.clear();
    }

    fn flush(&mut self, sector: usize) {
        let content = sector_of(&self.cache, sector);
        put(&mut self.durable, sector, &content);
    }

    /// After a failed sync some sectors are on the disk. The others are not, and are either still to be written or, as on
    /// Linux, count as clean: no later sync brings them to the disk.
    pub(super) fn fail_sync(&mut self, chance: &mut Random) {
        if chance.chance(30) {
            return;
        }
        self.durable.resize(self.cache.len(), 0);
        self.lengths.clear();
        for sector in std::mem::take(&mut self.unsynced).into_keys() {
            if chance.chance(30) {
                self.flush(sector);
            }
        }
    }
}

/// A sector's content; zeros behind the end.
pub(super) fn sector_of(bytes: &[u8], sector: usize) -> [u8; SECTOR] {
    let mut content = [0; SECTOR];
    let there = bytes.get(sector * SECTOR..).unwrap_or_default();
    let length = there.len().min(SECTOR);
    content[..length].copy_from_slice(&there[..length]);
    content
}

/// Puts a sector's content as far as the file reaches.
pub(super) fn put(bytes: &mut [u8], sector: usize, content: &[u8; SECTOR]) {
    let begin = (sector * SECTOR).min(bytes.len());
    let end = ((sector + 1) * SECTOR).min(bytes.len());
    bytes[begin..end].copy_from_slice(&content[..end - begin]);
}
