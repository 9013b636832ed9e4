//! The last segment, the only one that may be torn: looked at first, mended only when all checks have passed.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use uuid::Uuid;

use super::tail::{self, Tail};
use super::{OpenError, TornTail};
use crate::catalog::{Segment, segment_name};
use crate::format::{SEAL_BYTES, check_segment_header};
use crate::storage::{Storage, StorageFile, is_full};

/// The last segment, the only one that may be torn. It is held in memory as a whole while it is looked at.
#[derive(Debug)]
pub(super) struct Newest {
    file: Arc<dyn StorageFile>,
    path: PathBuf,
    bytes: Vec<u8>,
    created_micros: i64,
    first_seq: u64,
    pub(super) tail: Tail,
}

/// The last segment, fit to go on.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) segment: Segment,
    pub(super) file: Arc<dyn StorageFile>,
    pub(super) torn: Option<TornTail>,
}

impl Newest {
    pub(super) fn read(storage: &dyn Storage, journal: Uuid, first_seq: u64) -> Result<Self, OpenError> {
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
        let (file, bytes) = read().map_err(|source| OpenError::Io {
            doing: "read segment",
            path: path.clone(),
            source,
        })?;
        let corrupt = |offset, source| OpenError::Corrupt {
            path: path.clone(),
            offset,
            source,
        };
        let created_micros =
            check_segment_header(&bytes, journal, first_seq).map_err(|source| corrupt(0, source))?;
        let tail =
            tail::scan(&bytes, journal, first_seq).map_err(|damage| corrupt(damage.offset, damage.source))?;
        Ok(Self {
            file,
            path,
            bytes,
            created_micros,
            first_seq,
            tail,
        })
    }

    /// Cuts what is torn and makes sure that the rest is on the disk and not only in the page cache.
    pub(super) fn settle(self) -> Result<Settled, OpenError> {
        let Self {
            file,
            path,
            bytes,
            created_micros,
            first_seq,
            tail,
        } = self;
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
            Ok(file_bytes)
        };
        let file_bytes = settle().map_err(|source| OpenError::Io {
            doing: "mend the end of",
            path: path.clone(),
            source,
        })?;
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
        Ok(Settled { segment, file, torn })
    }
}
