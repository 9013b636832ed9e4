//! A disk that is slow, forgets what was not synced, fails, or ends the process at a chosen instant.
//!
//! ```text
//! BAD_DISK=forgets,slow=10,kill=segment-sync:before:17
//!
//! slow=MS                every sync takes so much longer
//! slow-segments=MS       those of segments do
//! forgets                what is not synced is kept in this process only: its SIGKILL is the machine's loss of power
//! lies                   with `forgets`: records count as synced and are not, so that acknowledgements come too early
//! kill=OP:WHEN:NTH       SIGKILL before, half way through or after the nth operation of that kind
//! fail=OP:NTH            the nth operation of that kind fails: input/output error
//!
//! OP: segment-write, segment-sync, cursor-write, cursor-sync, allocate, rename, remove, directory-sync
//!     (what is no segment counts as a cursor)
//! ```
//!
//! Below it lies the machine's own disk, and the files on it are the journal's: the next process may have a good disk.
//! Names and lengths go there at once, content with its sync; each is one of the outcomes that a loss of power may have.

mod file;
mod plan;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use journal::{DirectoryLock, Disk, Storage, StorageFile};

use self::file::{BadFile, Content};
use self::plan::{Op, Plan};

/// The variable that says how bad the disk is; without it, the disk is good.
pub const VARIABLE: &str = "BAD_DISK";

/// The disk of a directory, as bad as [`VARIABLE`] says.
///
/// # Panics
///
/// When that says nothing that can be understood.
pub fn open(directory: &Path) -> Arc<dyn Storage> {
    let disk = Disk::new(directory);
    // The program's own command line has no word for a bad disk, and should have none.
    match std::env::var(VARIABLE) {
        Ok(text) => Arc::new(BadDisk {
            disk,
            plan: Arc::new(Plan::parse(&text).unwrap_or_else(|wrong| panic!("{VARIABLE}={text}: {wrong}"))),
            contents: Mutex::default(),
        }),
        Err(_) => Arc::new(disk),
    }
}

#[derive(Debug)]
struct BadDisk {
    disk: Disk,
    plan: Arc<Plan>,
    /// What is written and not synced, by the files' names: whoever opens a file sees it.
    contents: Mutex<HashMap<String, Arc<Content>>>,
}

impl BadDisk {
    fn file(&self, name: &str, below: Arc<dyn StorageFile>, content: Arc<Content>) -> Arc<dyn StorageFile> {
        let plan = Arc::clone(&self.plan);
        Arc::new(BadFile::new(name, below, content, plan))
    }

    fn contents(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Content>>> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for BadDisk {
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
        let below = self.disk.create(name)?;
        let content = Arc::new(Content::of(0));
        self.contents().insert(name.to_owned(), Arc::clone(&content));
        Ok(self.file(name, below, content))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let below = self.disk.open(name)?;
        let length = below.len()?;
        let mut contents = self.contents();
        let content = contents
            .entry(name.to_owned())
            .or_insert_with(|| Arc::new(Content::of(length)));
        let content = Arc::clone(content);
        drop(contents);
        Ok(self.file(name, below, content))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.plan.around(Op::Rename, || self.disk.rename(from, to))?;
        let mut contents = self.contents();
        if let Some(content) = contents.remove(from) {
            contents.insert(to.to_owned(), content);
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.plan.around(Op::Remove, || self.disk.remove(name))?;
        self.contents().remove(name);
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.plan.wait(Op::DirectorySync);
        self.plan.around(Op::DirectorySync, || self.disk.sync_dir())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.disk.free_bytes()
    }
}
