//! A directory in memory, filled from a fuzzer's bytes: files one behind the other, each
//!
//! ```text
//! name u8 (below) | flags u8 (bit 0: make the checksums right) | length u16 | [first seq u64] | bytes
//! ```
//!
//! Of a checkpoint's file the bytes are its two slots, without the zeros between them.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::{DirectoryLock, Storage, StorageFile};

#[derive(Debug, Default)]
pub(crate) struct Directory(Mutex<BTreeMap<String, Arc<File>>>);

#[derive(Debug, Default)]
struct File(Mutex<Vec<u8>>);

#[derive(Debug)]
struct Lock;

impl DirectoryLock for Lock {}

impl Directory {
    /// The directory that a fuzzer's bytes mean; every sequence of bytes means one.
    pub(crate) fn of(data: &[u8]) -> Self {
        let directory = Self::default();
        let mut rest = data;
        while let Some(([name, flags, low, high], behind)) = rest.split_first_chunk() {
            rest = behind;
            let mut first_seq = 1;
            if *name % 8 == 2 {
                let Some((seq, behind)) = rest.split_first_chunk() else {
                    break;
                };
                first_seq = u64::from_le_bytes(*seq);
                rest = behind;
            }
            let length = usize::from(u16::from_le_bytes([*low, *high])).min(rest.len());
            let (bytes, behind) = rest.split_at(length);
            rest = behind;
            let mut bytes = bytes.to_vec();
            let sound = flags & 1 == 1;
            let name = match name % 8 {
                0 => {
                    if sound {
                        set_checksum(&mut bytes, 0, "");
                    }
                    "journal.id".to_owned()
                }
                1 | 2 => {
                    if sound {
                        set_segment_checksums(&mut bytes);
                    }
                    format!("{first_seq:020}.fbj")
                }
                number @ 3..=5 => {
                    let consumer = ["loader", "archiver", "other"][usize::from(number - 3)];
                    if bytes.len() > SLOT {
                        bytes.splice(SLOT..SLOT, [0; 4096 - SLOT]);
                    }
                    if sound {
                        set_checksum(&mut bytes, 0, consumer);
                        set_checksum(&mut bytes, 4096, consumer);
                    }
                    format!("{consumer}.cursor")
                }
                6 => "00000000000000000021.fbj.partial".to_owned(),
                _ => "0000000000000000021.fbj".to_owned(),
            };
            directory.files().insert(name, Arc::new(File(Mutex::new(bytes))));
        }
        directory
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<String, Arc<File>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str) -> io::Result<Arc<File>> {
        self.files()
            .get(name)
            .cloned()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// Bytes of a header and of a checkpoint's slot; the last four are the checksum of those before.
const SLOT: usize = 64;

fn set_checksum(bytes: &mut [u8], at: usize, consumer: &str) {
    if let Some(slot) = bytes.get_mut(at..at + SLOT) {
        let crc = crc32c::crc32c_append(crc32c::crc32c(&slot[..60]), consumer.as_bytes());
        slot[60..].copy_from_slice(&crc.to_le_bytes());
    }
}

/// The header's and each frame's, as far as their lengths lead; and that of a seal at the end.
fn set_segment_checksums(bytes: &mut [u8]) {
    set_checksum(bytes, 0, "");
    let mut at = SLOT;
    while let Some(next) = set_frame_checksum(bytes, at) {
        at = next;
    }
    if let Some(seal) = bytes.len().checked_sub(56) {
        set_frame_checksum(bytes, seal);
    }
}

fn set_frame_checksum(bytes: &mut [u8], at: usize) -> Option<usize> {
    let journal: [u8; 16] = *bytes.get(16..)?.first_chunk()?;
    let head: [u8; 24] = *bytes.get(at..)?.first_chunk()?;
    let [_, _, _, _, length @ ..] = head;
    let length = usize::try_from(u32::from_le_bytes(*length.first_chunk()?)).ok()?;
    let body = bytes.get(at + 24..at.checked_add(24)?.checked_add(length)?)?;
    let crc = crc32c::crc32c(&journal);
    let crc = crc32c::crc32c_append(crc, &(at as u64).to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &head[4..]);
    let crc = crc32c::crc32c_append(crc, body);
    bytes[at..at + 4].copy_from_slice(&crc.to_le_bytes());
    Some(at + (24 + length).next_multiple_of(8))
}

impl Storage for Directory {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("/journal").join(name)
    }

    fn create_dir(&self) -> io::Result<()> {
        Ok(())
    }

    fn lock(&self, _name: &str) -> io::Result<Option<Box<dyn DirectoryLock>>> {
        Ok(Some(Box::new(Lock)))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.files().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let file = Arc::new(File::default());
        self.files().insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        Ok(self.find(name)?)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let file = self.find(from)?;
        let mut files = self.files();
        files.remove(from);
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.find(name)?;
        self.files().remove(name);
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(1 << 30)
    }
}

impl File {
    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the file so long at least, as a disk of a megabyte.
    fn reach(&self, length: u64) -> io::Result<MutexGuard<'_, Vec<u8>>> {
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= 4 << 20)
            .ok_or(io::ErrorKind::StorageFull)?;
        let mut bytes = self.bytes();
        if bytes.len() < length {
            bytes.resize(length, 0);
        }
        Ok(bytes)
    }
}

impl StorageFile for File {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let bytes = self.bytes();
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| bytes.get(offset..))
            .unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn write_at(&self, new: &[u8], offset: u64) -> io::Result<()> {
        let end = offset.saturating_add(new.len() as u64);
        let mut bytes = self.reach(end)?;
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        bytes[start..start + new.len()].copy_from_slice(new);
        Ok(())
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        self.reach(offset.saturating_add(length)).map(drop)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut bytes = self.reach(length)?;
        bytes.truncate(usize::try_from(length).map_err(io::Error::other)?);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}
