//! A directory of the operating system.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::{DirectoryLock, Storage, StorageFile};

/// What is written at once where a file system can't allocate.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// The real thing: files in a directory, made durable by `fsync`.
#[derive(Debug, Clone)]
pub struct Disk {
    directory: PathBuf,
}

impl Disk {
    /// A storage in `directory`, which need not exist yet.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
        }
    }
}

impl Storage for Disk {
    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn create_dir(&self) -> io::Result<()> {
        // Each directory that is missing is an entry of its parent, which must be durable before the child is relied on.
        let mut missing: Vec<&Path> = self
            .directory
            .ancestors()
            .take_while(|directory| !directory.exists())
            .collect();
        while let Some(directory) = missing.pop() {
            if directory.as_os_str().is_empty() {
                continue;
            }
            match fs::create_dir(directory) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                created => created?,
            }
            sync_directory(directory.parent().unwrap_or(directory))?;
        }
        Ok(())
    }

    fn lock(&self, name: &str) -> io::Result<Option<Box<dyn DirectoryLock>>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.path(name))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(FileLock(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            // A name that is not UTF-8 is none of the journal's.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        Ok(Arc::new(DiskFile {
            file: options.open(self.path(name))?,
        }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        Ok(Arc::new(DiskFile {
            file: OpenOptions::new().read(true).write(true).open(self.path(name))?,
        }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        sync_directory(&self.directory)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let disk = rustix::fs::statvfs(&self.directory)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
}

fn sync_directory(directory: &Path) -> io::Result<()> {
    let here = Path::new(".");
    let directory = if directory.as_os_str().is_empty() {
        here
    } else {
        directory
    };
    File::open(directory)?.sync_all()
}

#[derive(Debug)]
struct DiskFile {
    file: File,
}

impl StorageFile for DiskFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.file.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        loop {
            return match rustix::fs::fallocate(&self.file, FallocateFlags::empty(), offset, length) {
                Err(Errno::INTR) => continue,
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => self.write_zeros(offset, length),
                outcome => Ok(outcome?),
            };
        }
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

impl DiskFile {
    /// Allocates the portable way.
    fn write_zeros(&self, offset: u64, length: u64) -> io::Result<()> {
        let mut written = 0;
        while written < length {
            let step = (length - written).min(ZEROS.len() as u64);
            let step_bytes = usize::try_from(step).expect("a step is no longer than the zeros at hand");
            self.file.write_all_at(&ZEROS[..step_bytes], offset + written)?;
            written += step;
        }
        Ok(())
    }
}

/// The lock belongs to the open file, of which any child process has a copy until it runs its own program: closing ours alone
/// would leave the directory locked for that while.
#[derive(Debug)]
struct FileLock(File);

impl DirectoryLock for FileLock {}

impl Drop for FileLock {
    fn drop(&mut self) {
        // If it can't be, it goes with the last copy.
        let _ = self.0.unlock();
    }
}
