//! A disk in memory that does to unsynced state what a real one may do to it.
//!
//! Every file has two contents: what a process reads (the page cache) and what is on the disk. A sync that has returned
//! makes them the same. A crash ([`Simulated::crash`]) decides the fate of all that lies between: each sector of 512
//! bytes, each file's length and each change of a name by itself. So writes are lost, torn, reordered, or leave garbage.
//!
//! What it never does, because the journal relies on it: harm bytes that are synced and not written since, and those
//! that an unsynced write leaves as they are; undo a sync; show anything but zeros where a file was cut or lengthened.
//!
//! Every operation that changes something is counted, and power or the disk may fail at any of them. Threads of the journal
//! can be held before their next operation, so that a seed decides the order of operations and not the scheduler.

mod crash;
mod inode;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use journal::{DirectoryLock, Storage, StorageFile};

pub(crate) use self::crash::Mood;
use self::inode::Inode;
use crate::random::Random;
use crate::rig::DEADLINE;

/// What a disk writes as one.
pub(crate) const SECTOR: usize = 512;

/// Names and small files need a block that is free.
const BLOCK: u64 = 4096;

/// How often a wait looks whether it is in vain.
const LOOK: Duration = Duration::from_millis(10);

/// What changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Rename,
    Remove,
    SyncDir,
    Write,
    Allocate,
    SetLen,
    Sync,
}

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Opener,
    Writer,
    Keeper,
}

impl Role {
    pub(crate) fn current() -> Self {
        match std::thread::current().name() {
            Some("journal-writer") => Self::Writer,
            Some("journal-keeper") => Self::Keeper,
            _ => Self::Opener,
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trip {
    /// The operation may have begun; after it nothing is done any more.
    Stop,
    /// The disk says that it has failed, and goes on.
    Fail,
}

#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are facts of their own, not states of one machine"
)]
struct World {
    files: BTreeMap<u64, Inode>,
    /// What processes see, and what is on the disk.
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    unsynced_names: Vec<NameChange>,
    next_id: u64,
    /// How often each file is open now.
    opened: BTreeMap<u64, usize>,
    /// Contents of files that were removed: what a reused block may still hold.
    stale: Vec<Vec<u8>>,
    /// Where stale sectors came to lie in the last crash: file, sector, and where it was once.
    revenants: Vec<(u64, usize, usize)>,
    capacity: Option<u64>,
    tells_free: bool,
    locked: bool,
    stopped: bool,
    failed: bool,
    tripped_by: Option<Role>,
    plan: Option<(u64, Trip)>,
    chance: Random,
    operations: u64,
    /// A digest of all operations so far.
    trace: u64,
    held: Vec<Role>,
    waiting: BTreeMap<Role, Operation>,
    /// A held thread that may do its next operation.
    passes: Option<Role>,
}

#[derive(Debug, Clone)]
enum NameChange {
    Create { name: String, file: u64 },
    Rename { from: String, to: String, file: u64 },
    Remove { name: String, file: u64 },
}

#[derive(Debug)]
struct Device {
    world: Mutex<World>,
    moved: Condvar,
}

/// A directory on a simulated disk, as one run of a process sees it.
#[derive(Debug, Clone)]
pub(crate) struct Simulated {
    device: Arc<Device>,
}

impl Simulated {
    pub(crate) fn new(seed: u64) -> Self {
        Self::of(World {
            files: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            unsynced_names: Vec::new(),
            next_id: 0,
            opened: BTreeMap::new(),
            stale: Vec::new(),
            revenants: Vec::new(),
            capacity: None,
            tells_free: false,
            locked: false,
            stopped: false,
            failed: false,
            tripped_by: None,
            plan: None,
            chance: Random::new(seed),
            operations: 0,
            trace: 0,
            held: Vec::new(),
            waiting: BTreeMap::new(),
            passes: None,
        })
    }

    fn of(world: World) -> Self {
        let device = Device {
            world: Mutex::new(world),
            moved: Condvar::new(),
        };
        Self {
            device: Arc::new(device),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.device.world)
    }

    /// The same machine for the next process; this one's process can't do anything to it any more.
    pub(crate) fn restart(&self) -> Self {
        let mut world = self.world();
        world.stopped = true;
        let next = Self::of(World {
            locked: false,
            stopped: false,
            failed: false,
            tripped_by: None,
            plan: None,
            held: Vec::new(),
            waiting: BTreeMap::new(),
            passes: None,
            opened: BTreeMap::new(),
            ..world.clone()
        });
        self.device.moved.notify_all();
        next
    }

    /// Lets something go wrong at the `after`-th operation from now.
    pub(crate) fn plan(&self, after: u64, trip: Trip) {
        let mut world = self.world();
        world.plan = Some((world.operations + after, trip));
    }

    /// What has gone wrong.
    pub(crate) fn tripped(&self) -> bool {
        let world = self.world();
        world.stopped || world.failed
    }

    /// Whose operation it was that went wrong first.
    pub(crate) fn tripped_by(&self) -> Option<Role> {
        self.world().tripped_by
    }

    pub(crate) fn operations(&self) -> u64 {
        self.world().operations
    }

    pub(crate) fn trace(&self) -> u64 {
        self.world().trace
    }

    /// Limits the disk to what is used and so many bytes more, or not; `tells` whether it says how much is free.
    pub(crate) fn limit_room(&self, more: Option<u64>, tells: bool) {
        let mut world = self.world();
        world.capacity = more.map(|more| world.used() + more);
        world.tells_free = tells;
    }

    /// Makes a thread wait before its next operation.
    pub(crate) fn hold(&self, role: Role) {
        let mut world = self.world();
        if !world.held.contains(&role) {
            world.held.push(role);
        }
    }

    pub(crate) fn release(&self, role: Role) {
        self.world().held.retain(|held| *held != role);
        self.device.moved.notify_all();
    }

    /// Waits until a held thread is before an operation; `None` when something has gone wrong, or `never` says that it
    /// won't come there.
    pub(crate) fn await_held(&self, role: Role, never: impl Fn() -> bool) -> Option<Operation> {
        self.wait_or(never, |world| world.waiting.contains_key(&role));
        self.world().waiting.get(&role).copied()
    }

    /// Lets a held thread go on to its next operation.
    pub(crate) fn pass_one(&self, role: Role, never: impl Fn() -> bool) -> Option<Operation> {
        self.await_held(role, &never)?;
        let before = {
            let mut world = self.world();
            world.passes = Some(role);
            world.operations
        };
        self.device.moved.notify_all();
        self.wait_or(&never, |world| world.operations > before);
        self.await_held(role, never)
    }

    /// Waits until just these segments are there, durably if so wanted, or something has gone wrong.
    pub(crate) fn await_segments(&self, expected: &[String], durably: bool) {
        let never = || false;
        self.wait_or(never, |world| {
            let segments = world.names.keys().filter(|name| is_segment(name));
            (!durably || world.unsynced_names.is_empty()) && segments.eq(expected.iter())
        });
    }

    /// Waits until something is reached, has gone wrong, or will never be.
    fn wait_or(&self, never: impl Fn() -> bool, reached: impl Fn(&World) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        let mut world = self.world();
        while !(reached(&world) || world.stopped || world.failed || never()) {
            assert!(
                Instant::now() < deadline,
                "the journal never came there: {:?}, {:?}",
                world.names,
                world.waiting
            );
            let woken = self.device.moved.wait_timeout(world, LOOK);
            world = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How many removed files still take room because they are open.
    pub(crate) fn deleted_and_open(&self) -> usize {
        self.world().deleted_and_open().count()
    }

    /// The bytes of a file as processes see them, for a reader that respects nothing.
    pub(crate) fn peek(&self, name: &str) -> Option<Vec<u8>> {
        let world = self.world();
        Some(world.files[world.names.get(name)?].cache.clone())
    }

    /// Changes the files in which the last crash has left stale blocks: their bytes, the sectors, and where those were once.
    pub(crate) fn edit_revenants(&self, edit: impl Fn(&mut [u8], &[(usize, usize)])) {
        let mut world = self.world();
        let revenants = std::mem::take(&mut world.revenants);
        for (id, inode) in &mut world.files {
            let here = revenants.iter().filter(|(file, ..)| file == id);
            let here: Vec<(usize, usize)> = here.map(|(_, sector, from)| (*sector, *from)).collect();
            if !here.is_empty() {
                edit(&mut inode.durable, &here);
                inode.cache.clone_from(&inode.durable);
            }
        }
    }

    /// Begins an operation: waits while its thread is held, counts it, and says what goes wrong with it.
    fn begin(&self, operation: Operation, name: &str) -> io::Result<(MutexGuard<'_, World>, Option<Trip>)> {
        let role = Role::current();
        let mut world = self.world();
        while world.held.contains(&role) && !world.stopped && world.passes != Some(role) {
            world.waiting.insert(role, operation);
            self.device.moved.notify_all();
            world = self
                .device
                .moved
                .wait(world)
                .unwrap_or_else(PoisonError::into_inner);
        }
        world.waiting.remove(&role);
        if world.passes == Some(role) {
            world.passes = None;
        }
        world.refuse_if_stopped()?;
        world.operations += 1;
        world.note(role, operation, name);
        let due = world.plan.filter(|(at, _)| *at == world.operations);
        let trip = due.map(|(_, trip)| trip);
        match trip {
            Some(Trip::Stop) => world.stopped = true,
            Some(Trip::Fail) => world.failed = true,
            None => {}
        }
        world.tripped_by = world.tripped_by.or(trip.map(|_| role));
        self.device.moved.notify_all();
        Ok((world, trip))
    }
}

impl World {
    fn refuse_if_stopped(&self) -> io::Result<()> {
        if self.stopped {
            Err(io::Error::other("the power is gone"))
        } else {
            Ok(())
        }
    }

    fn note(&mut self, role: Role, operation: Operation, name: &str) {
        let digest = [role as u8, operation as u8];
        for byte in digest.iter().chain(name.as_bytes()) {
            self.trace = (self.trace ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn used(&self) -> u64 {
        let files = self.names.values().chain(self.deleted_and_open());
        let lengths = files.map(|file| self.files[file].cache.len() as u64);
        lengths.map(|length| length.next_multiple_of(SECTOR as u64)).sum()
    }

    /// Files that were removed and keep their room for those who have them open.
    fn deleted_and_open(&self) -> impl Iterator<Item = &u64> {
        let named = |file: &u64| self.names.values().any(|other| other == file);
        self.opened.keys().filter(move |file| !named(file))
    }

    fn free(&self) -> u64 {
        self.capacity
            .map_or(1 << 40, |capacity| capacity.saturating_sub(self.used()))
    }

    fn file(&mut self, file: u64) -> &mut Inode {
        self.files
            .get_mut(&file)
            .expect("files are kept while the process runs")
    }

    fn find(&self, name: &str) -> io::Result<u64> {
        self.names
            .get(name)
            .copied()
            .ok_or(io::ErrorKind::NotFound.into())
    }
}

/// Whether a file of this name is a segment; a `.partial` one is not yet.
pub(crate) fn is_segment(name: &str) -> bool {
    std::path::Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "fbj")
}

/// A test that has failed in one thread shall not fail in others for another reason.
fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the caller is told when the operation went wrong.
fn outcome(trip: Option<Trip>) -> io::Result<()> {
    match trip {
        None => Ok(()),
        Some(Trip::Stop) => Err(io::Error::other("the power is gone")),
        Some(Trip::Fail) => Err(io::Error::other("the disk is broken")),
    }
}

impl Storage for Simulated {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("simulated").join(name)
    }

    fn create_dir(&self) -> io::Result<()> {
        self.world().refuse_if_stopped()
    }

    fn lock(&self, _name: &str) -> io::Result<Option<Box<dyn DirectoryLock>>> {
        let mut world = self.world();
        world.refuse_if_stopped()?;
        if std::mem::replace(&mut world.locked, true) {
            return Ok(None);
        }
        Ok(Some(Box::new(Lock { disk: self.clone() })))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let world = self.world();
        world.refuse_if_stopped()?;
        Ok(world.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        if self.world().free() < BLOCK {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (mut world, trip) = self.begin(Operation::Create, name)?;
        if trip != Some(Trip::Fail) {
            if let Ok(file) = world.find(name) {
                world.file(file).set_len(0);
            } else {
                let file = world.next_id;
                world.next_id += 1;
                world.files.insert(file, Inode::default());
                world.names.insert(name.to_owned(), file);
                let name = name.to_owned();
                world.unsynced_names.push(NameChange::Create { name, file });
            }
        }
        outcome(trip)?;
        let file = world.find(name)?;
        drop(world);
        Ok(self.opened(name, file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let world = self.world();
        world.refuse_if_stopped()?;
        let file = world.find(name)?;
        drop(world);
        Ok(self.opened(name, file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (mut world, trip) = self.begin(Operation::Rename, from)?;
        if trip != Some(Trip::Fail) {
            let file = world.find(from)?;
            world.names.remove(from);
            world.names.insert(to.to_owned(), file);
            let (from, to) = (from.to_owned(), to.to_owned());
            world.unsynced_names.push(NameChange::Rename { from, to, file });
        }
        outcome(trip)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let (mut world, trip) = self.begin(Operation::Remove, name)?;
        if trip != Some(Trip::Fail) {
            let file = world.find(name)?;
            world.names.remove(name);
            let content = world.file(file).cache.clone();
            world.stale.push(content);
            let name = name.to_owned();
            world.unsynced_names.push(NameChange::Remove { name, file });
        }
        outcome(trip)
    }

    fn sync_dir(&self) -> io::Result<()> {
        let (mut world, trip) = self.begin(Operation::SyncDir, "")?;
        if trip.is_none() {
            world.durable_names = world.names.clone();
            world.unsynced_names.clear();
            self.device.moved.notify_all();
        }
        outcome(trip)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        let world = self.world();
        world.refuse_if_stopped()?;
        Ok(if world.tells_free { world.free() } else { 1 << 40 })
    }
}

impl Simulated {
    fn opened(&self, name: &str, file: u64) -> Arc<dyn StorageFile> {
        *self.world().opened.entry(file).or_default() += 1;
        Arc::new(SimulatedFile {
            disk: self.clone(),
            name: name.trim_end_matches(".partial").to_owned(),
            file,
        })
    }
}

#[derive(Debug)]
struct Lock {
    disk: Simulated,
}

impl DirectoryLock for Lock {}

impl Drop for Lock {
    fn drop(&mut self) {
        self.disk.world().locked = false;
    }
}

#[derive(Debug)]
struct SimulatedFile {
    disk: Simulated,
    name: String,
    file: u64,
}

impl Drop for SimulatedFile {
    fn drop(&mut self) {
        let mut world = self.disk.world();
        if let Some(count) = world.opened.get_mut(&self.file) {
            *count -= 1;
            if *count == 0 {
                world.opened.remove(&self.file);
            }
        }
    }
}

impl StorageFile for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        let mut world = self.disk.world();
        world.refuse_if_stopped()?;
        Ok(world.file(self.file).cache.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut world = self.disk.world();
        world.refuse_if_stopped()?;
        let offset = usize::try_from(offset).unwrap();
        let there = world.file(self.file).cache.get(offset..).unwrap_or_default();
        let filled = there.len().min(buffer.len());
        buffer[..filled].copy_from_slice(&there[..filled]);
        Ok(filled)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (mut world, trip) = self.disk.begin(Operation::Write, &self.name)?;
        let offset = usize::try_from(offset).unwrap();
        let written = match trip {
            Some(Trip::Fail) => world.chance.index(bytes.len()),
            _ => bytes.len(),
        };
        world.file(self.file).write(offset, &bytes[..written]);
        outcome(trip)
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        if self.disk.world().free() < length.next_multiple_of(SECTOR as u64) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (mut world, trip) = self.disk.begin(Operation::Allocate, &self.name)?;
        let end = usize::try_from(offset + length).unwrap();
        if trip != Some(Trip::Fail) && end > world.file(self.file).cache.len() {
            world.file(self.file).set_len(end);
        }
        outcome(trip)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let (mut world, trip) = self.disk.begin(Operation::SetLen, &self.name)?;
        if trip != Some(Trip::Fail) {
            world.file(self.file).set_len(usize::try_from(length).unwrap());
        }
        outcome(trip)
    }

    fn sync_data(&self) -> io::Result<()> {
        let (mut world, trip) = self.disk.begin(Operation::Sync, &self.name)?;
        match trip {
            None => world.file(self.file).sync(),
            Some(Trip::Stop) => {}
            Some(Trip::Fail) => {
                let mut chance = world.chance.clone();
                world.file(self.file).fail_sync(&mut chance);
                world.chance = chance;
            }
        }
        outcome(trip)
    }
}
