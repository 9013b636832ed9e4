//! Opening what is on the disk: check all of it, then, and only then, mend the end.

mod tail;

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use self::tail::Tail;
use crate::birth::{IDENTITY_NAME, give_birth, read_identity};
use crate::catalog::{Segment, parse_segment_name, segment_name};
use crate::checkpoint::{CURSOR_ENDING, Cursor, CursorFault, cursor_name};
use crate::format::{
    FormatError, FrameHead, FrameKind, Place, SEAL_BYTES, SEGMENT_HEADER_BYTES, decode_seal,
    decode_segment_header,
};
use crate::options::{Options, OptionsError};
use crate::storage::{PARTIAL, Storage, StorageFile, is_full};
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

/// Why a journal was not opened. Nothing on the disk was changed, but for files that were never finished.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The options don't fit together.
    #[error("the journal's options don't fit together")]
    Options(#[from] OptionsError),
    /// Another process writes this journal.
    #[error("{} is locked: another process has this journal open; stop it, or give this one its own directory", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The disk failed.
    #[error("{doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the disk said.
        #[source]
        source: io::Error,
    },
    /// There are files of a journal, but not what says which.
    #[error(
        "{} is missing although {} exists; restore it, or move the directory aside to begin a new journal",
        identity.display(), found.display()
    )]
    NoIdentity {
        /// The missing file.
        identity: PathBuf,
        /// What needs it.
        found: PathBuf,
    },
    /// A file's bytes are not what they must be, and not in the way of a torn write.
    #[error(
        "{} is damaged at offset {offset}; restore it from a copy, or move the directory aside and replay what was archived",
        path.display()
    )]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        #[source]
        source: FormatError,
    },
    /// A file is named nearly like a segment.
    #[error("{} is not a segment's name: twenty digits, not all zero, and .fbj; move the file elsewhere", path.display())]
    StrangeName {
        /// The file.
        path: PathBuf,
    },
    /// The journal has an identity but no segment.
    #[error("no segment in {}; restore them, or move the directory aside to begin a new journal", path.display())]
    NoSegments {
        /// The directory.
        path: PathBuf,
    },
    /// Segments are missing in the middle.
    #[error("seq {first_missing} to {last_missing} are missing before {}; restore their segment", path.display())]
    Gap {
        /// The segment behind the gap.
        path: PathBuf,
        /// The first missing position.
        first_missing: u64,
        /// The last missing position.
        last_missing: u64,
    },
    /// Two segments claim the same positions.
    #[error("{} begins before the segment ahead of it ends, at seq {previous_last}; move one of them elsewhere", path.display())]
    Overlap {
        /// The later segment.
        path: PathBuf,
        /// Where the earlier one ends.
        previous_last: u64,
    },
    /// Segments are missing at the beginning that a consumer has not passed.
    #[error(
        "the journal begins at seq {first_retained}, but {consumer} has passed only {checkpoint}; restore the segments between"
    )]
    MissingPrefix {
        /// Who still needs them.
        consumer: String,
        /// How far it has come.
        checkpoint: u64,
        /// What there is.
        first_retained: u64,
    },
    /// A consumer was told that something was durable which is not there.
    #[error("the journal ends at seq {end}, but {consumer} has passed {checkpoint}; its end was lost, restore it")]
    BeyondEnd {
        /// Who has passed it.
        consumer: String,
        /// How far it has come.
        checkpoint: u64,
        /// Where the journal ends.
        end: u64,
    },
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
    let io = |doing| move |source| OpenError::Io { doing, path: storage.path(""), source };
    let mut names = storage.list().map_err(io("list files in"))?;
    remove_partials(storage, &mut names)?;
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
    let mut firsts = first_seqs(storage, &names)?;
    remove_passed(storage, &mut firsts, &known, options)?;
    let Some((&first_retained, &newest)) = firsts.first().zip(firsts.last()) else {
        return Err(OpenError::NoSegments { path: directory() });
    };
    let some_cursor = names.iter().any(|name| name.ends_with(CURSOR_ENDING));
    check_prefix(first_retained, &known, some_cursor)?;

    let mut segments = VecDeque::with_capacity(firsts.len());
    for first_seq in &firsts[..firsts.len() - 1] {
        let segment = open_sealed(storage, journal, *first_seq)?;
        check_follows(storage, segments.back(), *first_seq)?;
        segments.push_back(segment);
    }
    check_follows(storage, segments.back(), newest)?;
    let last = Newest::read(storage, journal, newest)?;
    let durable_seq = last.tail.last_seq;
    check_end(&known, durable_seq)?;

    let (segment, file, torn) = last.settle(storage)?;
    let active = segment
        .seal
        .is_none()
        .then(|| Active::resume(storage.path(&segment.name()), file, &segment, &*options.clock));
    segments.push_back(segment);
    let cursors = complete_cursors(storage, journal, known, options, first_retained - 1)?;
    let report = Recovery { created, first_retained, durable_seq, segments: segments.len(), torn };
    Ok(Recovered { journal, segments, active, cursors, report })
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
                CursorFault::Io(source) => OpenError::Io { doing: "read checkpoint", path, source },
                CursorFault::Format(source) => OpenError::Corrupt { path, offset: 0, source },
            })?;
            Some(cursor)
        } else {
            None
        };
        cursors.push((consumer.clone(), cursor));
    }
    Ok(cursors)
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
            None => {
                Cursor::create(storage, journal, &consumer, start).map_err(|source| OpenError::Io {
                    doing: "create checkpoint",
                    path: storage.path(&cursor_name(&consumer)),
                    source,
                })?
            }
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
            Some(None) => return Err(OpenError::StrangeName { path: storage.path(name) }),
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
    let checkpoints: Option<Vec<u64>> =
        known.iter().map(|(_, cursor)| cursor.as_ref().map(Cursor::seq)).collect();
    // A consumer without a checkpoint is new, and may want whatever there is.
    let Some(passed) = checkpoints.filter(|_| !options.consumers.is_empty()) else { return Ok(()) };
    let passed = passed.into_iter().min().unwrap_or_default();
    let successors_begin = firsts.iter().skip(1);
    let expendable = successors_begin.take_while(|next| **next <= passed.saturating_add(1)).count();
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
) -> Result<(), OpenError> {
    for (consumer, cursor) in known {
        if let Some(cursor) = cursor
            && cursor.seq() < first_retained - 1
        {
            let (consumer, checkpoint) = (consumer.clone(), cursor.seq());
            return Err(OpenError::MissingPrefix { consumer, checkpoint, first_retained });
        }
    }
    if first_retained > 1 && !some_cursor {
        // Only consumers make segments go, and consumers leave cursors.
        let consumer = "no consumer".to_owned();
        return Err(OpenError::MissingPrefix { consumer, checkpoint: 0, first_retained });
    }
    Ok(())
}

fn check_end(known: &[(String, Option<Cursor>)], end: u64) -> Result<(), OpenError> {
    for (consumer, cursor) in known {
        if let Some(cursor) = cursor
            && cursor.seq() > end
        {
            return Err(OpenError::BeyondEnd { consumer: consumer.clone(), checkpoint: cursor.seq(), end });
        }
    }
    Ok(())
}

fn check_follows(storage: &dyn Storage, before: Option<&Segment>, first_seq: u64) -> Result<(), OpenError> {
    let Some(before) = before else { return Ok(()) };
    let path = storage.path(&segment_name(first_seq));
    if first_seq <= before.last_seq {
        return Err(OpenError::Overlap { path, previous_last: before.last_seq });
    }
    if first_seq > before.last_seq + 1 {
        let (first_missing, last_missing) = (before.last_seq + 1, first_seq - 1);
        return Err(OpenError::Gap { path, first_missing, last_missing });
    }
    Ok(())
}

/// Checks header, seal and length of a segment that has a successor.
fn open_sealed(storage: &dyn Storage, journal: Uuid, first_seq: u64) -> Result<Segment, OpenError> {
    let name = segment_name(first_seq);
    let path = storage.path(&name);
    let read = || -> io::Result<(Vec<u8>, Vec<u8>, u64)> {
        let file = storage.open(&name)?;
        let length = file.len()?;
        let mut header = vec![0; SEGMENT_HEADER_BYTES as usize];
        let filled = file.read_at(&mut header, 0)?;
        header.truncate(filled);
        let mut seal = vec![0; SEAL_BYTES as usize];
        let filled = file.read_at(&mut seal, length.saturating_sub(SEAL_BYTES))?;
        seal.truncate(filled);
        Ok((header, seal, length))
    };
    let (header, seal, file_bytes) =
        read().map_err(|source| OpenError::Io { doing: "read segment", path: path.clone(), source })?;
    let corrupt = |offset, source| OpenError::Corrupt { path: path.clone(), offset, source };
    let created_micros =
        check_header(&header, journal, first_seq).map_err(|source| corrupt(0, source))?;

    let seal_at = file_bytes.saturating_sub(SEAL_BYTES);
    let place = Place { journal, offset: seal_at };
    let head = FrameHead::decode(&seal)
        .ok()
        .filter(|head| head.kind == FrameKind::Seal && head.frame_bytes() == SEAL_BYTES)
        .ok_or_else(|| corrupt(seal_at, FormatError::Unsealed))?;
    let seal = head
        .body(place, &seal)
        .and_then(|body| decode_seal(&head, body))
        .map_err(|source| corrupt(seal_at, source))?;
    let counted = seal.last_seq.checked_sub(first_seq - 1).filter(|count| *count > 0).unwrap_or_default();
    if counted != seal.count || counted == 0 {
        return Err(corrupt(seal_at, FormatError::SealCount { sealed: seal.count, found: counted }));
    }
    Ok(Segment {
        first_seq,
        last_seq: seal.last_seq,
        created_micros,
        body_bytes: seal.body_bytes,
        frames_end: seal_at,
        file_bytes,
        seal: Some(seal),
    })
}

/// Checks that a header is of this journal and position; returns when the segment was made.
pub(crate) fn check_header(bytes: &[u8], journal: Uuid, first_seq: u64) -> Result<i64, FormatError> {
    let header = decode_segment_header(bytes)?;
    if header.journal != journal {
        return Err(FormatError::ForeignJournal { found: header.journal });
    }
    if header.first_seq != first_seq {
        return Err(FormatError::FirstSeq { found: header.first_seq });
    }
    Ok(header.created_micros)
}

/// The last segment, the only one that may be torn. It is held in memory as a whole while it is looked at.
#[derive(Debug)]
struct Newest {
    file: Arc<dyn StorageFile>,
    path: PathBuf,
    bytes: Vec<u8>,
    created_micros: i64,
    first_seq: u64,
    tail: Tail,
}

impl Newest {
    fn read(storage: &dyn Storage, journal: Uuid, first_seq: u64) -> Result<Self, OpenError> {
        let name = segment_name(first_seq);
        let path = storage.path(&name);
        let read = || -> io::Result<(Arc<dyn StorageFile>, Vec<u8>)> {
            let file = storage.open(&name)?;
            let length = usize::try_from(file.len()?).map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            let filled = file.read_at(&mut bytes, 0)?;
            bytes.truncate(filled);
            Ok((file, bytes))
        };
        let (file, bytes) =
            read().map_err(|source| OpenError::Io { doing: "read segment", path: path.clone(), source })?;
        let corrupt = |offset, source| OpenError::Corrupt { path: path.clone(), offset, source };
        let created_micros =
            check_header(&bytes, journal, first_seq).map_err(|source| corrupt(0, source))?;
        let tail = tail::scan(&bytes, journal, first_seq)
            .map_err(|damage| corrupt(damage.offset, damage.source))?;
        Ok(Self { file, path, bytes, created_micros, first_seq, tail })
    }

    /// Cuts what is torn and makes sure that the rest is on the disk and not only in the page cache.
    fn settle(
        self,
        storage: &dyn Storage,
    ) -> Result<(Segment, Arc<dyn StorageFile>, Option<TornTail>), OpenError> {
        let Self { file, path, bytes, created_micros, first_seq, tail } = self;
        let last_group = &bytes[tail.group_start..tail.end];
        let settle = || -> io::Result<u64> {
            file.set_len(tail.end as u64)?;
            if !last_group.is_empty() {
                file.write_at(last_group, tail.group_start as u64)?;
            }
            let mut file_bytes = tail.end as u64;
            if tail.seal.is_none() {
                // A seal must find room on a full disk too. Where there is none at all, it waits like a record does.
                match file.allocate(file_bytes, SEAL_BYTES) {
                    Err(error) if is_full(&error) => {}
                    allocated => {
                        allocated?;
                        file_bytes += SEAL_BYTES;
                    }
                }
            }
            file.sync_data()?;
            storage.sync_dir()?;
            Ok(file_bytes)
        };
        let file_bytes =
            settle().map_err(|source| OpenError::Io { doing: "mend the end of", path: path.clone(), source })?;
        let segment = Segment {
            first_seq,
            last_seq: tail.last_seq,
            created_micros,
            body_bytes: tail.body_bytes,
            frames_end: tail.frames_end as u64,
            file_bytes,
            seal: tail.seal,
        };
        let torn = (tail.torn_bytes > 0).then_some(TornTail {
            path,
            offset: tail.end as u64,
            bytes: tail.torn_bytes as u64,
        });
        Ok((segment, file, torn))
    }
}
