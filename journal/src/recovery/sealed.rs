//! Checking a segment that has a successor, without reading all of it.

use std::io;

use uuid::Uuid;

use super::OpenError;
use crate::catalog::{Segment, segment_name};
use crate::format::{
    FRAME_BYTES, FormatError, FrameHead, FrameKind, HEADER_BYTES, Place, SEAL_BYTES, SEGMENT_HEADER_BYTES,
    check_segment_header, decode_seal,
};
use crate::storage::Storage;

/// Checks header, seal and length of a segment that has a successor.
pub(super) fn open_sealed(
    storage: &dyn Storage,
    journal: Uuid,
    first_seq: u64,
) -> Result<Segment, OpenError> {
    let name = segment_name(first_seq);
    let path = storage.path(&name);
    let read = || -> io::Result<(Vec<u8>, Vec<u8>, u64)> {
        let file = storage.open(&name)?;
        let length = file.len()?;
        let mut header = vec![0; HEADER_BYTES];
        let filled = file.read_at(&mut header, 0)?;
        header.truncate(filled);
        let mut seal = vec![0; usize::try_from(SEAL_BYTES).expect("a seal is short")];
        let filled = file.read_at(&mut seal, length.saturating_sub(SEAL_BYTES))?;
        seal.truncate(filled);
        Ok((header, seal, length))
    };
    let (header, seal, file_bytes) = read().map_err(|source| OpenError::Io {
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
        check_segment_header(&header, journal, first_seq).map_err(|source| corrupt(0, source))?;

    let seal_at = file_bytes.saturating_sub(SEAL_BYTES);
    let place = Place {
        journal,
        offset: seal_at,
    };
    let head = FrameHead::decode(&seal)
        .ok()
        .filter(|head| head.kind == FrameKind::Seal && head.frame_bytes() == SEAL_BYTES)
        .ok_or_else(|| corrupt(seal_at, FormatError::Unsealed))?;
    let seal = head
        .body(place, &seal)
        .and_then(|body| decode_seal(&head, body))
        .map_err(|source| corrupt(seal_at, source))?;
    // What the records before it can be at most: nothing later is reckoned with numbers that only the seal says.
    let frames_bytes = seal_at
        .checked_sub(SEGMENT_HEADER_BYTES)
        .ok_or_else(|| corrupt(seal_at, FormatError::Unsealed))?;
    if seal.count > frames_bytes / FRAME_BYTES as u64 {
        return Err(corrupt(
            seal_at,
            FormatError::SealCount {
                sealed: seal.count,
                found: frames_bytes / FRAME_BYTES as u64,
            },
        ));
    }
    if seal.body_bytes > frames_bytes {
        return Err(corrupt(
            seal_at,
            FormatError::SealBytes {
                sealed: seal.body_bytes,
                found: frames_bytes,
            },
        ));
    }
    let counted = seal
        .last_seq
        .checked_sub(first_seq - 1)
        .filter(|count| *count > 0)
        .unwrap_or_default();
    if counted != seal.count || counted == 0 {
        return Err(corrupt(
            seal_at,
            FormatError::SealCount {
                sealed: seal.count,
                found: counted,
            },
        ));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{Seal, SealReason, SegmentHeader, encode_seal, encode_segment_header};
    use crate::storage::Disk;

    /// What opening a segment says that has `frames_bytes` of records, by its length, and this seal.
    fn opened(frames_bytes: usize, count: u64, body_bytes: u64) -> Result<Segment, FormatError> {
        let (journal, first_seq) = (Uuid::from_u128(7), 5);
        let header = SegmentHeader {
            journal,
            first_seq,
            created_micros: 1,
        };
        let mut bytes = encode_segment_header(&header).to_vec();
        bytes.resize(HEADER_BYTES + frames_bytes, 0);
        let place = Place {
            journal,
            offset: bytes.len() as u64,
        };
        let seal = Seal {
            last_seq: (first_seq - 1).wrapping_add(count),
            count,
            body_bytes,
            sealed_micros: 1,
            reason: SealReason::Age,
        };
        encode_seal(&mut bytes, place, &seal);
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(segment_name(first_seq)), bytes).unwrap();
        open_sealed(&Disk::new(directory.path()), journal, first_seq).map_err(|error| match error {
            OpenError::Corrupt { source, .. } => source,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn a_seal_cannot_count_more_than_its_segment_has_room_for() {
        assert!(opened(48, 2, 48).is_ok());
        for count in [3, u64::MAX - 4, u64::MAX] {
            let refused = FormatError::SealCount {
                sealed: count,
                found: 2,
            };
            assert_eq!(opened(48, count, 0).unwrap_err(), refused);
        }
        for sealed in [49, u64::MAX] {
            assert_eq!(
                opened(48, 2, sealed).unwrap_err(),
                FormatError::SealBytes { sealed, found: 48 }
            );
        }
    }

    #[test]
    fn a_seal_that_begins_within_the_header_is_none() {
        let (journal, first_seq) = (Uuid::from_u128(7), 5);
        let header = encode_segment_header(&SegmentHeader {
            journal,
            first_seq,
            created_micros: 1,
        });
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(segment_name(first_seq)), header).unwrap();
        let error = open_sealed(&Disk::new(directory.path()), journal, first_seq).unwrap_err();
        assert!(
            matches!(
                error,
                OpenError::Corrupt {
                    source: FormatError::Unsealed,
                    ..
                }
            ),
            "{error}"
        );
    }
}
