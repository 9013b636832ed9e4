//! Opening what is on the disk: check all of it, then, and only then, mend the end.

mod error;
mod newest;
mod sealed;
mod tail;

use std::collections::VecDeque;
use std::path::PathBuf;

use uuid::Uuid;

pub use self::error::OpenError;
use self::newest::{Newest, Settled};
use self::sealed::open_sealed;
use crate::birth::{IDENTITY_NAME, give_birth, read_identity};
use crate::catalog::{Segment, parse_segment_name, segment_name};
use crate::checkpoint::{CURSOR_ENDING, Cursor, CursorFault, cursor_name};
use crate::format::{FormatError, SEQ_LIMIT};
use crate::options::Options;
use crate::storage::{PARTIAL, Storage};
use crate::writer::Active;

/// What opening a journal found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Whether the journal was made just now.
    pub created: bool,
    /// The oldest position that can be read, once there is something.
    pub first_retained: u64,
    /// The last position; everything up to it is durable.
    pub durable_seq: u64,
    /// How many segments there are.
    pub segments: usize,
    /// What was cut off the end.
    pub torn: Option<TornTail>,
}

/// A torn write at the end of the log, which was never reported durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornTail {
    /// The segment.
    pub path: PathBuf,
    /// Where it was cut.
    pub offset: u64,
    /// How many bytes were there, without the zeros behind them.
    pub bytes: u64,
}

/// A journal that is fit to go on.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub(crate) journal: Uuid,
    pub(crate) segments: VecDeque<Segment>,
    pub(crate) active: Option<Active>,
    pub(crate) cursors: Vec<Cursor>,
    pub(crate) report: Recovery,
}

/// Opens a directory that this process has locked.
pub(crate) fn recover(storage: &dyn Storage, options: &Options) -> Result<Recovered, OpenError> {
    let directory = || storage.path("");
    let io = |doing| {
        move |source| OpenError::Io {
            doing,
            path: storage.path(""),
            source,
        }
    };
    let mut names = storage.list().map_err(io("list files in"))?;
    remove_partials(storage, &mut names)?;
    // The process before may have ended between a rename and its sync. What is built on names needs them to stay.
    storage.sync_dir().map_err(io("sync directory"))?;
    let created = !names.iter().any(|name| name == IDENTITY_NAME);
    let identity = if created {
        let identity = give_birth(storage, &names, &*options.clock)?;
        names = storage.list().map_err(io("list files in"))?;
        identity
    } else {
        read_identity(storage)?
    };
    let journal = identity.journal;

    let known = open_cursors(storage, journal, &names, options)?;
    // Before anything is deleted because of them.
    confirm_cursors(&known)?;
    let mut firsts = first_seqs(storage, &names)?;
    remove_passed(storage, &mut firsts, &known, options)?;
    let Some((&first_retained, &newest)) = firsts.first().zip(firsts.last()) else {
        return Err(OpenError::NoSegments { path: directory() });
    };
    let some_cursor = names.iter().any(|name| name.ends_with(CURSOR_ENDING));
    check_prefix(first_retained, &known, some_cursor, &options.evict_behind)?;

    let mut segments = VecDeque::with_capacity(firsts.len());
    for first_seq in &firsts[..firsts.len() - 1] {
        let segment = open_sealed(storage, journal, *first_seq)?;
        check_follows(storage, segments.back(), *first_seq)?;
        segments.push_back(segment);
    }
    check_follows(storage, segments.back(), newest)?;
    let last = Newest::read(storage, journal, newest)?;
    let durable_seq = last.tail.last_seq;
    if durable_seq > SEQ_LIMIT {
        return Err(OpenError::Corrupt {
            path: storage.path(&segment_name(newest)),
            offset: 0,
            source: FormatError::SeqLimit { found: durable_seq },
        });
    }
    check_end(&known, durable_seq)?;

    let Settled { segment, file, torn } = last.settle()?;
    let active = segment
        .seal
        .is_none()
        .then(|| Active::resume(storage.path(&segment.name()), file, &segment, &*options.clock));
    segments.push_back(segment);
    let cursors = complete_cursors(storage, journal, known, options, first_retained - 1)?;
    let report = Recovery {
        created,
        first_retained,
        durable_seq,
        segments: segments.len(),
        torn,
    };
    Ok(Recovered {
        journal,
        segments,
        active,
        cursors,
        report,
    })
}

fn remove_partials(storage: &dyn Storage, names: &mut Vec<String>) -> Result<(), OpenError> {
    for name in names.iter().filter(|name| name.ends_with(PARTIAL)) {
        storage.remove(name).map_err(|source| OpenError::Io {
            doing: "remove unfinished",
            path: storage.path(name),
            source,
        })?;
    }
    names.retain(|name| !name.ends_with(PARTIAL));
    Ok(())
}

/// The cursors that are there, in the order of the consumers.
fn open_cursors(
    storage: &dyn Storage,
    journal: Uuid,
    names: &[String],
    options: &Options,
) -> Result<Vec<(String, Option<Cursor>)>, OpenError> {
    let mut cursors = Vec::with_capacity(options.consumers.len());
    for consumer in &options.consumers {
        let name = cursor_name(consumer);
        let cursor = if names.contains(&name) {
            let path = storage.path(&name);
            let cursor = Cursor::open(storage, journal, consumer).map_err(|fault| match fault {
                CursorFault::Io(source) => OpenError::Io {
                    doing: "read checkpoint",
                    path,
                    source,
                },
                CursorFault::Format(source) => OpenError::Corrupt {
                    path,
                    offset: 0,
                    source,
                },
            })?;
            Some(cursor)
        } else {
            None
        };
        cursors.push((consumer.clone(), cursor));
    }
    Ok(cursors)
}

fn confirm_cursors(known: &[(String, Option<Cursor>)]) -> Result<(), OpenError> {
    for cursor in known.iter().filter_map(|(_, cursor)| cursor.as_ref()) {
        cursor.confirm().map_err(|source| OpenError::Io {
            doing: "write checkpoint again",
            path: cursor.path().clone(),
            source,
        })?;
    }
    Ok(())
}

fn complete_cursors(
    storage: &dyn Storage,
    journal: Uuid,
    known: Vec<(String, Option<Cursor>)>,
    options: &Options,
    start: u64,
) -> Result<Vec<Cursor>, OpenError> {
    let mut cursors = Vec::with_capacity(options.consumers.len());
    for (consumer, cursor) in known {
        cursors.push(match cursor {
            Some(cursor) => cursor,
            None => Cursor::create(storage, journal, &consumer, start).map_err(|source| OpenError::Io {
                doing: "create checkpoint",
                path: storage.path(&cursor_name(&consumer)),
                source,
            })?,
        });
    }
    Ok(cursors)
}

/// The first positions of all segments by their names, in order.
fn first_seqs(storage: &dyn Storage, names: &[String]) -> Result<Vec<u64>, OpenError> {
    let mut firsts = Vec::new();
    for name in names {
        match parse_segment_name(name) {
            None => {}
            Some(Some(first_seq)) => firsts.push(first_seq),
            Some(None) => {
                return Err(OpenError::StrangeName {
                    path: storage.path(name),
                });
            }
        }
    }
    firsts.sort_unstable();
    Ok(firsts)
}

/// Deletes segments that lie below all checkpoints. A crash may have kept any of those that were being deleted, with
/// gaps between them, so this comes before the search for gaps.
fn remove_passed(
    storage: &dyn Storage,
    firsts: &mut Vec<u64>,
    known: &[(String, Option<Cursor>)],
    options: &Options,
) -> Result<(), OpenError> {
    let checkpoints: Option<Vec<u64>> = known
        .iter()
        .map(|(_, cursor)| cursor.as_ref().map(Cursor::seq))
        .collect();
    // A consumer without a checkpoint is new, and may want whatever there is.
    let Some(passed) = checkpoints.filter(|_| !options.consumers.is_empty()) else {
        return Ok(());
    };
    let passed = passed.into_iter().min().unwrap_or_default();
    let successors_begin = firsts.iter().skip(1);
    let expendable = successors_begin
        .take_while(|next| **next <= passed.saturating_add(1))
        .count();
    for first_seq in firsts.drain(..expendable) {
        let name = segment_name(first_seq);
        storage.remove(&name).map_err(|source| OpenError::Io {
            doing: "delete passed segment",
            path: storage.path(&name),
            source,
        })?;
    }
    if expendable > 0 {
        storage.sync_dir().map_err(|source| OpenError::Io {
            doing: "sync directory",
            path: storage.path(""),
            source,
        })?;
    }
    Ok(())
}

fn check_prefix(
    first_retained: u64,
    known: &[(String, Option<Cursor>)],
    some_cursor: bool,
    evict_behind: &[String],
) -> Result<(), OpenError> {
    // What was deleted for want of room is kept elsewhere, as these say; the others find it there.
    let is_bound = |consumer: &String| evict_behind.is_empty() || evict_behind.contains(consumer);
    for (consumer, cursor) in known.iter().filter(|(consumer, _)| is_bound(consumer)) {
        if let Some(cursor) = cursor
            && cursor.seq() < first_retained - 1
        {
            let (consumer, checkpoint) = (consumer.clone(), cursor.seq());
            return Err(OpenError::MissingPrefix {
                consumer,
                checkpoint,
                first_retained,
            });
        }
    }
    if first_retained > 1 && !some_cursor {
        // Only consumers make segments go, and consumers leave cursors.
        let consumer = "no consumer".to_owned();
        return Err(OpenError::MissingPrefix {
            consumer,
            checkpoint: 0,
            first_retained,
        });
    }
    Ok(())
}

fn check_end(known: &[(String, Option<Cursor>)], end: u64) -> Result<(), OpenError> {
    for (consumer, cursor) in known {
        if let Some(cursor) = cursor
            && cursor.seq() > end
        {
            return Err(OpenError::BeyondEnd {
                consumer: consumer.clone(),
                checkpoint: cursor.seq(),
                end,
            });
        }
    }
    Ok(())
}

fn check_follows(storage: &dyn Storage, before: Option<&Segment>, first_seq: u64) -> Result<(), OpenError> {
    let Some(before) = before else { return Ok(()) };
    let path = storage.path(&segment_name(first_seq));
    if first_seq <= before.last_seq {
        return Err(OpenError::Overlap {
            path,
            previous_last: before.last_seq,
        });
    }
    if first_seq > before.last_seq + 1 {
        let (first_missing, last_missing) = (before.last_seq + 1, first_seq - 1);
        return Err(OpenError::Gap {
            path,
            first_missing,
            last_missing,
        });
    }
    Ok(())
}
