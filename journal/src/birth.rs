//! Making a journal, and knowing one that was made in full.
//!
//! The first segment is made first and the identity last, so an identity vouches for a segment. Whatever lacks an
//! identity was never used, and only what a birth itself can have left behind is taken for that.

use std::io;

use uuid::{NoContext, Timestamp, Uuid};

use crate::catalog::{parse_segment_name, segment_name};
use crate::checkpoint::CURSOR_ENDING;
use crate::clock::{Clock, from_micros, to_micros};
use crate::format::{
    HEADER_BYTES, Identity, SEGMENT_HEADER_BYTES, SegmentHeader, decode_identity, encode_identity,
    encode_segment_header,
};
use crate::recovery::OpenError;
use crate::storage::{Storage, write_new};

/// The identity's file name.
pub(crate) const IDENTITY_NAME: &str = "journal.id";

/// Reads the identity of a journal.
pub(crate) fn read_identity(storage: &dyn Storage) -> Result<Identity, OpenError> {
    let path = storage.path(IDENTITY_NAME);
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; HEADER_BYTES];
        let filled = storage.open(IDENTITY_NAME)?.read_at(&mut bytes, 0)?;
        bytes.truncate(filled);
        Ok(bytes)
    };
    let bytes = read().map_err(|source| OpenError::Io {
        doing: "read identity",
        path: path.clone(),
        source,
    })?;
    decode_identity(&bytes).map_err(|source| OpenError::Corrupt {
        path,
        offset: 0,
        source,
    })
}

/// Makes a journal in a directory that has none.
pub(crate) fn give_birth(
    storage: &dyn Storage,
    names: &[String],
    clock: &dyn Clock,
) -> Result<Identity, OpenError> {
    refuse_remains(storage, names)?;
    let created_micros = to_micros(clock.now());
    let since = from_micros(created_micros)
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    let now = Timestamp::from_unix(NoContext, since.as_secs(), since.subsec_nanos());
    let identity = Identity {
        journal: Uuid::new_v7(now),
        created_micros,
    };

    let header = SegmentHeader {
        journal: identity.journal,
        first_seq: 1,
        created_micros,
    };
    let make = |name: &str, bytes: &[u8]| {
        write_new(storage, name, bytes).map_err(|source| OpenError::Io {
            doing: "create",
            path: storage.path(name),
            source,
        })
    };
    make(&segment_name(1), &encode_segment_header(&header))?;
    make(IDENTITY_NAME, &encode_identity(&identity))?;
    Ok(identity)
}

/// Refuses files that a journal of unknown identity has left.
fn refuse_remains(storage: &dyn Storage, names: &[String]) -> Result<(), OpenError> {
    for name in names {
        let left_by_birth = match parse_segment_name(name) {
            None => !name.ends_with(CURSOR_ENDING),
            Some(Some(1)) => {
                let length = storage.open(name).and_then(|file| file.len());
                let length = length.map_err(|source| OpenError::Io {
                    doing: "look at segment",
                    path: storage.path(name),
                    source,
                })?;
                length <= SEGMENT_HEADER_BYTES
            }
            Some(_) => false,
        };
        if !left_by_birth {
            return Err(OpenError::NoIdentity {
                identity: storage.path(IDENTITY_NAME),
                found: storage.path(name),
            });
        }
    }
    Ok(())
}
