//! What the journal asks of a disk, and nothing more: the seam where tests put a disk that fails, fills or forgets.
//!
//! A storage is one directory without subdirectories. What a method has written may be lost, torn or reordered by a
//! crash until the sync that covers it has returned: [`StorageFile::sync_data`] for content and length,
//! [`Storage::sync_dir`] for names.

mod disk;

use std::fmt::Debug;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::disk::Disk;

/// One directory on some disk.
pub trait Storage: Debug + Send + Sync + 'static {
    /// Where a file is, for messages to people.
    fn path(&self, name: &str) -> PathBuf;

    /// Makes sure that the directory is there, durably.
    fn create_dir(&self) -> io::Result<()>;

    /// Takes the file `name` for this process alone until the lock is dropped; `None` when another has it.
    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn DirectoryLock>>>;

    /// The names of all files.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes a new, empty file, or empties the one that is there.
    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>>;

    /// Opens a file for reading and writing.
    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>>;

    /// Gives a file another name; a file of that name is replaced.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file. Whoever has it open may go on reading it.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations, renames and removals durable.
    fn sync_dir(&self) -> io::Result<()>;

    /// How many bytes this process could still write.
    fn free_bytes(&self) -> io::Result<u64>;
}

/// A file that is open for reading and writing.
pub trait StorageFile: Debug + Send + Sync {
    /// The length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buffer` from `offset` on; returns fewer bytes only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Lengthens the file by zeros from `offset`, its end, by `length` bytes that have their place on the disk: later
    /// writes into them don't fail for want of room.
    fn allocate(&self, offset: u64, length: u64) -> io::Result<()>;

    /// Cuts or lengthens the file.
    fn set_len(&self, length: u64) -> io::Result<()>;

    /// Makes content and length durable.
    fn sync_data(&self) -> io::Result<()>;
}

/// Holds a directory for one process; dropping it lets go.
pub trait DirectoryLock: Debug + Send + Sync {}

/// Whether an error means that the disk, or the quota on it, is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Makes a whole small file durable under its name: `.partial`, fsync, rename, fsync of the directory.
pub(crate) fn write_new(storage: &dyn Storage, name: &str, bytes: &[u8]) -> io::Result<Arc<dyn StorageFile>> {
    let partial = format!("{name}{PARTIAL}");
    let file = storage.create(&partial)?;
    let written = u64::try_from(bytes.len())
        .map_err(io::Error::other)
        .and_then(|length| file.allocate(0, length))
        .and_then(|()| file.write_at(bytes, 0));
    if let Err(error) = written {
        // Nothing depends on the partial file; what can't be removed now is removed at the next start.
        let _ = storage.remove(&partial);
        return Err(error);
    }
    file.sync_data()?;
    storage.rename(&partial, name)?;
    storage.sync_dir()?;
    Ok(file)
}

/// The ending of a file that is being made.
pub(crate) const PARTIAL: &str = ".partial";
