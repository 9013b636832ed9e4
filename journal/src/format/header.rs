//! The 64 bytes at the beginning of a segment, and the 64 bytes of the identity.

use uuid::Uuid;

use super::{Checksum, FormatError, VERSION, bytes_at};

/// Length of a segment's header and of an identity.
pub(crate) const HEADER_BYTES: usize = 64;

/// Where a segment's first frame begins.
pub(crate) const SEGMENT_HEADER_BYTES: u64 = HEADER_BYTES as u64;

const CHECKSUM_AT: usize = HEADER_BYTES - 4;
const SEGMENT_MAGIC: [u8; 8] = *b"FBJRNSEG";
const IDENTITY_MAGIC: [u8; 8] = *b"FBJRNLID";

/// What a segment says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) journal: Uuid,
    pub(crate) first_seq: u64,
    pub(crate) created_micros: i64,
}

/// Who a journal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) journal: Uuid,
    pub(crate) created_micros: i64,
}

pub(crate) fn encode_segment_header(header: &SegmentHeader) -> [u8; HEADER_BYTES] {
    encode(SEGMENT_MAGIC, header)
}

fn decode_segment_header(bytes: &[u8]) -> Result<SegmentHeader, FormatError> {
    decode(SEGMENT_MAGIC, bytes)
}

/// Checks that a header is of this journal and position; returns when the segment was made.
pub(crate) fn check_segment_header(bytes: &[u8], journal: Uuid, first_seq: u64) -> Result<i64, FormatError> {
    let header = decode_segment_header(bytes)?;
    if header.journal != journal {
        return Err(FormatError::ForeignJournal {
            found: header.journal,
        });
    }
    if header.first_seq != first_seq {
        return Err(FormatError::FirstSeq {
            found: header.first_seq,
        });
    }
    Ok(header.created_micros)
}

pub(crate) fn encode_identity(identity: &Identity) -> [u8; HEADER_BYTES] {
    // The position's field has no meaning in an identity.
    let header = SegmentHeader {
        journal: identity.journal,
        first_seq: 0,
        created_micros: identity.created_micros,
    };
    encode(IDENTITY_MAGIC, &header)
}

pub(crate) fn decode_identity(bytes: &[u8]) -> Result<Identity, FormatError> {
    let header = decode(IDENTITY_MAGIC, bytes)?;
    Ok(Identity {
        journal: header.journal,
        created_micros: header.created_micros,
    })
}

fn encode(magic: [u8; 8], header: &SegmentHeader) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..8].copy_from_slice(&magic);
    bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
    bytes[16..32].copy_from_slice(header.journal.as_bytes());
    bytes[32..40].copy_from_slice(&header.first_seq.to_le_bytes());
    bytes[40..48].copy_from_slice(&header.created_micros.to_le_bytes());
    let checksum = Checksum::default().add(&bytes[..CHECKSUM_AT]).finish();
    bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

fn decode(magic: [u8; 8], bytes: &[u8]) -> Result<SegmentHeader, FormatError> {
    let Some(bytes) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Err(FormatError::Truncated {
            missing: (HEADER_BYTES - bytes.len()) as u64,
        });
    };
    if bytes[..8] != magic {
        return Err(FormatError::Magic);
    }
    // The version comes before the checksum: another version may check itself in another way.
    let version = u16::from_le_bytes(bytes_at(bytes, 8));
    if version != VERSION {
        return Err(FormatError::Version { found: version });
    }
    let checksum = Checksum::default().add(&bytes[..CHECKSUM_AT]).finish();
    if checksum.to_le_bytes() != bytes[CHECKSUM_AT..] {
        return Err(FormatError::HeaderChecksum);
    }
    Ok(SegmentHeader {
        journal: Uuid::from_bytes(bytes_at(bytes, 16)),
        first_seq: u64::from_le_bytes(bytes_at(bytes, 32)),
        created_micros: i64::from_le_bytes(bytes_at(bytes, 40)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_header_is_noticed() {
        let header = SegmentHeader {
            journal: Uuid::now_v7(),
            first_seq: 751,
            created_micros: 1,
        };
        let bytes = encode_segment_header(&header);
        assert_eq!(decode_segment_header(&bytes), Ok(header));
        for bit in 0..HEADER_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = decode_segment_header(&flipped).unwrap_err();
            match bit / 8 {
                0..8 => assert_eq!(error, FormatError::Magic),
                8..10 => assert!(matches!(error, FormatError::Version { .. })),
                _ => assert_eq!(error, FormatError::HeaderChecksum),
            }
        }
        for length in 0..HEADER_BYTES {
            let missing = (HEADER_BYTES - length) as u64;
            assert_eq!(
                decode_segment_header(&bytes[..length]),
                Err(FormatError::Truncated { missing })
            );
        }
    }

    #[test]
    fn an_identity_is_no_segment() {
        let identity = Identity {
            journal: Uuid::now_v7(),
            created_micros: 1,
        };
        let bytes = encode_identity(&identity);
        assert_eq!(decode_identity(&bytes), Ok(identity));
        assert_eq!(decode_segment_header(&bytes), Err(FormatError::Magic));
    }
}
