//! Whether the journal's disk has room, and how long it takes to be sure of a write.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Finding;
use crate::cli::IngestLimits;

/// The journal leaves this much to others (its `Options`).
const LEFT_TO_OTHERS: u64 = 256 * 1024 * 1024;
/// Writes that are timed.
const WRITES: usize = 16;
/// Slower, and the messages of a second share few writes.
const SLOW: Duration = Duration::from_millis(25);

pub(super) fn look(journal: &Path, limits: &IngestLimits) -> Finding {
    let what = format!("disk of {}", journal.display());
    // Before the first start there is no journal: the disk is that of the nearest directory above it.
    let directory = nearest(journal);
    let measured = measure(&directory);
    let Measured {
        free,
        fsync,
        is_memory,
    } = match measured {
        Ok(measured) => measured,
        Err(error) => {
            let hint = "choose another place with --data-dir, or let this user write there";
            return Finding::broken(what, error.to_string(), hint);
        }
    };
    let budget = limits.journal_mb * 1_000_000;
    let used = size_of(journal);
    let said = format!(
        "{} MB free, a write is safe after {:.1} ms",
        free / 1_000_000,
        fsync.as_secs_f64() * 1000.0
    );
    if is_memory {
        let hint = "what is acknowledged is lost when the machine stops: put --data-dir on a disk";
        return Finding::broken(what, format!("{said}; it is memory (tmpfs)"), hint);
    }
    if free <= LEFT_TO_OTHERS {
        let hint = "free some, or choose another place with --data-dir: the journal takes nothing while less than 256 MiB are free";
        return Finding::broken(what, said, hint);
    }
    if free + used < budget + LEFT_TO_OTHERS {
        let hint = format!(
            "the journal may need {} MB when database or S3 are away: free some, or say a smaller --journal-mb",
            limits.journal_mb
        );
        return Finding::warning(what, said, hint);
    }
    if fsync > SLOW {
        let hint = "each group of messages waits that long for its acknowledgement: a local SSD is faster than a network's disk";
        return Finding::warning(what, said, hint);
    }
    Finding::well(what, said)
}

struct Measured {
    free: u64,
    fsync: Duration,
    is_memory: bool,
}

fn nearest(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    whole
        .ancestors()
        .find(|directory| directory.is_dir())
        .unwrap_or(Path::new("/"))
        .to_owned()
}

fn measure(directory: &Path) -> io::Result<Measured> {
    /// Linux's number of tmpfs (statfs(2)).
    const TMPFS: i64 = 0x0102_1994;
    let disk = rustix::fs::statvfs(directory)?;
    let system = rustix::fs::statfs(directory)?;
    let path = directory.join(format!(".fieldbook-doctor-{}", std::process::id()));
    let file = File::options().write(true).create_new(true).open(&path)?;
    let timed = time_writes(file);
    std::fs::remove_file(&path)?;
    Ok(Measured {
        free: disk.f_bavail * disk.f_frsize,
        fsync: timed?,
        is_memory: system.f_type == TMPFS,
    })
}

/// The middle one of some.
fn time_writes(mut file: File) -> io::Result<Duration> {
    let mut times = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        file.write_all(&[0; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times[WRITES / 2])
}

/// What the journal takes already.
fn size_of(journal: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(journal) else {
        return 0;
    };
    entries
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .sum()
}
