//! What goes wrong, and when.

use std::io;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a disk is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    SegmentWrite,
    SegmentSync,
    CursorWrite,
    CursorSync,
    Allocate,
    Rename,
    Remove,
    DirectorySync,
}

const OPS: [(&str, Op); 8] = [
    ("segment-write", Op::SegmentWrite),
    ("segment-sync", Op::SegmentSync),
    ("cursor-write", Op::CursorWrite),
    ("cursor-sync", Op::CursorSync),
    ("allocate", Op::Allocate),
    ("rename", Op::Rename),
    ("remove", Op::Remove),
    ("directory-sync", Op::DirectorySync),
];

/// Where in an operation the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    /// With a part of it done, where it has parts.
    Half,
    After,
}

/// The nth operation of a kind.
#[derive(Debug)]
struct Instant {
    op: Op,
    when: When,
    nth: u64,
    seen: AtomicU64,
}

impl Instant {
    /// Counts an operation, and says whether it is the one.
    fn comes(&self, op: Op) -> bool {
        self.op == op && self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.nth
    }
}

#[derive(Debug, Default)]
pub(super) struct Plan {
    slow: Duration,
    slow_segments: Duration,
    pub(super) forgets: bool,
    pub(super) lies: bool,
    kill: Option<Instant>,
    fail: Option<Instant>,
}

impl Plan {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut plan = Self::default();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            match name {
                "slow" => plan.slow = Duration::from_millis(number(value)?),
                "slow-segments" => plan.slow_segments = Duration::from_millis(number(value)?),
                "forgets" => plan.forgets = true,
                "lies" => plan.lies = true,
                "kill" => plan.kill = Some(instant(value)?),
                "fail" => {
                    let (op, nth) = value.split_once(':').ok_or("fail=OP:NTH")?;
                    plan.fail = Some(instant(&format!("{op}:before:{nth}"))?);
                }
                _ => return Err(format!("{name} is no word for a bad disk")),
            }
        }
        Ok(plan)
    }

    /// A sync takes so long.
    pub(super) fn wait(&self, op: Op) {
        let long = if op == Op::SegmentSync {
            self.slow + self.slow_segments
        } else {
            self.slow
        };
        #[expect(clippy::disallowed_methods, reason = "a slow disk blocks its thread")]
        if !long.is_zero() {
            std::thread::sleep(long);
        }
    }

    /// Does an operation that has no halves, unless its instant has come.
    pub(super) fn around<T>(&self, op: Op, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let when = self.begins(op)?;
        let done = work();
        if when.is_some() {
            die();
        }
        done
    }

    /// An operation begins: it may fail or be the last thing that happens. Says whether the process ends half way
    /// through or after it.
    pub(super) fn begins(&self, op: Op) -> io::Result<Option<When>> {
        if self.fail.as_ref().is_some_and(|fail| fail.comes(op)) {
            return Err(rustix::io::Errno::IO.into());
        }
        let Some(kill) = self.kill.as_ref().filter(|kill| kill.comes(op)) else {
            return Ok(None);
        };
        if kill.when == When::Before {
            die();
        }
        Ok(Some(kill.when))
    }
}

/// Ends this process at once, as SIGKILL from outside would.
pub(super) fn die() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    // The signal has been sent; nothing more of this thread may happen until it strikes.
    loop {
        std::thread::park();
    }
}

fn instant(text: &str) -> Result<Instant, String> {
    let wrong = || format!("{text} is not OP:WHEN:NTH");
    let [op, when, nth] = text.split(':').collect::<Vec<_>>()[..] else {
        return Err(wrong());
    };
    let (_, op) = OPS
        .into_iter()
        .find(|(name, _)| *name == op)
        .ok_or_else(|| format!("{op} is no operation"))?;
    let when = match when {
        "before" => When::Before,
        "half" => When::Half,
        "after" => When::After,
        _ => return Err(wrong()),
    };
    Ok(Instant {
        op,
        when,
        nth: number(nth)?,
        seen: AtomicU64::new(0),
    })
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}
