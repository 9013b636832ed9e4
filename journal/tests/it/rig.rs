//! What the tests hold the journal with: a clock moved by hand, and a storage whose disk can be held, filled and broken.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use journal::{Clock, DirectoryLock, Disk, Journal, Options, Record, Storage, StorageFile};

/// A wait that takes this long will never end.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

/// Waits with a deadline, which only a broken journal meets.
#[track_caller]
pub(crate) fn within<T>(wait: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(DEADLINE, wait).await {
            Ok(out) => out,
            Err(elapsed) => panic!("the wait at {caller} never ended: {elapsed}"),
        }
    }
}

/// Whether a future has nothing to say when polled once.
pub(crate) async fn is_pending(future: impl Future) -> bool {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_pending())).await
}

/// Small segments, and nothing left to others on the disk.
pub(crate) fn small() -> Options {
    Options {
        segment_bytes_max: 4096,
        record_bytes_max: 1024,
        pending_bytes_max: 1 << 20,
        free_bytes_min: 0,
        ..Options::default()
    }
}

pub(crate) fn with_consumers(options: Options, consumers: &[&str]) -> Options {
    Options {
        consumers: consumers.iter().map(|name| (*name).to_owned()).collect(),
        ..options
    }
}

/// A body that says which record it is, of a length that varies with it.
pub(crate) fn body(seq: u64) -> Vec<u8> {
    let mut body = format!("record {seq}:").into_bytes();
    let filling = usize::try_from(seq % 97).unwrap();
    body.resize(body.len() + filling, b'.');
    body
}

/// Appends the bodies of the next `count` positions and waits until they are durable.
pub(crate) async fn append(journal: &Journal, count: u64) -> u64 {
    let mut last = journal.appended_seq();
    for _ in 0..count {
        let seq = last + 1;
        within(journal.room()).await.unwrap();
        assert_eq!(journal.try_append(&body(seq)).unwrap(), seq);
        last = seq;
    }
    within(journal.wait_durable(last)).await.unwrap();
    last
}

/// Reads the records behind `after_seq` up to `last_seq` and checks each.
pub(crate) async fn read(journal: &Journal, after_seq: u64, last_seq: u64) {
    let mut reader = journal.reader(after_seq).unwrap();
    let mut expected = after_seq;
    while expected < last_seq {
        for record in within(reader.next(64, 4096)).await.unwrap().records {
            expected += 1;
            check(&record, expected);
        }
    }
}

#[track_caller]
pub(crate) fn check(record: &Record, seq: u64) {
    assert_eq!(record.seq, seq);
    assert_eq!(record.body, body(seq), "body of seq {seq}");
}

/// The segment files of a directory, oldest first.
pub(crate) fn segment_files(directory: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "fbj"))
        .collect();
    files.sort();
    files
}

/// Copies all files of a directory, as a crash would leave them.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Time that goes when told.
#[derive(Debug, Default)]
pub(crate) struct ManualClock {
    micros: AtomicU64,
}

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.micros
            .fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_795_000_000) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::SeqCst))
    }
}

/// A directory on a disk that does what a test says.
#[derive(Debug)]
pub(crate) struct Rigged {
    disk: Disk,
    control: Arc<Control>,
}

#[derive(Debug, Default)]
pub(crate) struct Control {
    gate: Mutex<Gate>,
    gate_moved: Condvar,
    syncs: AtomicU64,
    sync_fails: AtomicBool,
    write_fails: AtomicBool,
    sync_dir_fails: AtomicBool,
    /// Space left for allocations, if it is limited.
    room: Mutex<Option<u64>>,
    /// Whether writes into allocated space fail too, as on a file system that copies on write.
    writes_need_room: AtomicBool,
}

#[derive(Debug, Default)]
struct Gate {
    held: bool,
    waiting: usize,
}

impl Rigged {
    pub(crate) fn new(directory: &Path) -> (Arc<Self>, Arc<Control>) {
        let control = Arc::new(Control::default());
        let storage = Self {
            disk: Disk::new(directory),
            control: Arc::clone(&control),
        };
        (Arc::new(storage), control)
    }
}

impl Control {
    /// Makes every sync wait from now on.
    pub(crate) fn hold_syncs(&self) {
        self.gate.lock().unwrap().held = true;
    }

    /// Waits until a sync is being held, with a deadline.
    pub(crate) fn await_held_sync(&self) {
        let gate = self.gate.lock().unwrap();
        let (gate, _) = self
            .gate_moved
            .wait_timeout_while(gate, DEADLINE, |gate| gate.waiting == 0)
            .unwrap();
        assert!(gate.waiting > 0, "no sync came");
    }

    pub(crate) fn release_syncs(&self) {
        self.gate.lock().unwrap().held = false;
        self.gate_moved.notify_all();
    }

    /// How many times content was synced.
    pub(crate) fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::SeqCst)
    }

    pub(crate) fn fail_syncs(&self) {
        self.sync_fails.store(true, Ordering::SeqCst);
    }

    pub(crate) fn fail_writes(&self) {
        self.write_fails.store(true, Ordering::SeqCst);
    }

    pub(crate) fn fail_dir_syncs(&self) {
        self.sync_dir_fails.store(true, Ordering::SeqCst);
    }

    pub(crate) fn limit_room(&self, bytes: Option<u64>) {
        *self.room.lock().unwrap() = bytes;
    }

    pub(crate) fn let_writes_need_room(&self) {
        self.writes_need_room.store(true, Ordering::SeqCst);
    }

    fn take_room(&self, bytes: u64) -> io::Result<()> {
        let mut room = self.room.lock().unwrap();
        let Some(left) = room.as_mut() else { return Ok(()) };
        *left = left.checked_sub(bytes).ok_or(io::ErrorKind::StorageFull)?;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut gate = self.gate.lock().unwrap();
        gate.waiting += 1;
        self.gate_moved.notify_all();
        let mut gate = self.gate_moved.wait_while(gate, |gate| gate.held).unwrap();
        gate.waiting -= 1;
        drop(gate);
        self.syncs.fetch_add(1, Ordering::SeqCst);
        fail_if(&self.sync_fails)
    }
}

fn fail_if(flag: &AtomicBool) -> io::Result<()> {
    if flag.load(Ordering::SeqCst) {
        Err(io::Error::other("the disk is broken"))
    } else {
        Ok(())
    }
}

impl Storage for Rigged {
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
        Ok(Arc::new(RiggedFile {
            file: self.disk.create(name)?,
            control: Arc::clone(&self.control),
        }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        Ok(Arc::new(RiggedFile {
            file: self.disk.open(name)?,
            control: Arc::clone(&self.control),
        }))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let length = self.disk.open(name)?.len()?;
        self.disk.remove(name)?;
        if let Some(room) = self.control.room.lock().unwrap().as_mut() {
            *room += length;
        }
        Ok(())
    }

    fn sync_dir(&self) -> io::Result<()> {
        fail_if(&self.control.sync_dir_fails)?;
        self.disk.sync_dir()
    }

    fn free_bytes(&self) -> io::Result<u64> {
        // Far from the bound: full is met at allocation, as when others fill the disk.
        Ok(1 << 40)
    }
}

#[derive(Debug)]
struct RiggedFile {
    file: Arc<dyn StorageFile>,
    control: Arc<Control>,
}

impl StorageFile for RiggedFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        fail_if(&self.control.write_fails)?;
        if self.control.writes_need_room.load(Ordering::SeqCst) {
            self.control.take_room(bytes.len() as u64)?;
        }
        self.file.write_at(bytes, offset)
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        self.control.take_room(length)?;
        self.file.allocate(offset, length)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let before = self.file.len()?;
        self.file.set_len(length)?;
        if let Some(room) = self.control.room.lock().unwrap().as_mut() {
            *room += before.saturating_sub(length);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.control.sync()?;
        self.file.sync_data()
    }
}
