//! The body of the frame that ends a segment for good.

use super::{FormatError, FrameHead, FrameKind, Place, bytes_at, encode_frame, frame_bytes};

/// Length of a seal's body.
pub(crate) const SEAL_BODY_BYTES: usize = 32;

/// Length of a seal's frame; kept free at the end of each segment.
pub(crate) const SEAL_BYTES: u64 = frame_bytes(SEAL_BODY_BYTES);

/// Why a segment was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealReason {
    /// The next record would have made it too large.
    Size,
    /// It was old enough.
    Age,
    /// It was asked for.
    Asked,
}

/// What a seal says of its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) last_seq: u64,
    pub(crate) count: u64,
    pub(crate) body_bytes: u64,
    pub(crate) sealed_micros: i64,
    pub(crate) reason: SealReason,
}

/// Appends a seal's frame to `out`. All records before it are durable.
pub(crate) fn encode_seal(out: &mut Vec<u8>, place: Place, seal: &Seal) {
    let mut body = [0; SEAL_BODY_BYTES];
    body[..8].copy_from_slice(&seal.count.to_le_bytes());
    body[8..16].copy_from_slice(&seal.body_bytes.to_le_bytes());
    body[16..24].copy_from_slice(&seal.sealed_micros.to_le_bytes());
    body[24] = match seal.reason {
        SealReason::Size => 1,
        SealReason::Age => 2,
        SealReason::Asked => 3,
    };
    encode_frame(out, place, FrameKind::Seal, seal.last_seq, seal.last_seq, &body);
}

/// Decodes the body of a frame whose head says that it is a seal.
pub(crate) fn decode_seal(head: &FrameHead, body: &[u8]) -> Result<Seal, FormatError> {
    let Some(body) = body
        .first_chunk::<SEAL_BODY_BYTES>()
        .filter(|_| body.len() == SEAL_BODY_BYTES)
    else {
        // A body's length fits 32 bits because the head's does.
        return Err(FormatError::SealLength {
            found: u32::try_from(body.len()).unwrap_or(u32::MAX),
        });
    };
    let reason = match body[24] {
        1 => SealReason::Size,
        2 => SealReason::Age,
        3 => SealReason::Asked,
        found => return Err(FormatError::SealReason { found }),
    };
    if body[25..] != [0; 7] {
        return Err(FormatError::Padding);
    }
    Ok(Seal {
        last_seq: head.seq,
        count: u64::from_le_bytes(bytes_at(body, 0)),
        body_bytes: u64::from_le_bytes(bytes_at(body, 8)),
        sealed_micros: i64::from_le_bytes(bytes_at(body, 16)),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_seal_survives_the_round_trip() {
        let place = Place {
            journal: Uuid::from_u128(7),
            offset: 1024,
        };
        for reason in [SealReason::Size, SealReason::Age, SealReason::Asked] {
            let seal = Seal {
                last_seq: 30,
                count: 10,
                body_bytes: 1500,
                sealed_micros: 1,
                reason,
            };
            let mut bytes = Vec::new();
            encode_seal(&mut bytes, place, &seal);
            assert_eq!(bytes.len() as u64, SEAL_BYTES);
            let head = FrameHead::decode(&bytes).unwrap();
            assert_eq!(head.kind, FrameKind::Seal);
            assert_eq!(head.proven_seq(), Ok(30));
            assert_eq!(decode_seal(&head, head.body(place, &bytes).unwrap()), Ok(seal));
        }
    }

    #[test]
    fn bad_bodies_have_their_own_errors() {
        let place = Place {
            journal: Uuid::from_u128(7),
            offset: 0,
        };
        let mut bytes = Vec::new();
        encode_frame(&mut bytes, place, FrameKind::Seal, 1, 1, &[0; 32]);
        let head = FrameHead::decode(&bytes).unwrap();
        assert_eq!(
            decode_seal(&head, &[0; 32]),
            Err(FormatError::SealReason { found: 0 })
        );
        assert_eq!(
            decode_seal(&head, &[0; 31]),
            Err(FormatError::SealLength { found: 31 })
        );
        let mut padded = [0; 32];
        padded[24] = 1;
        padded[31] = 1;
        assert_eq!(decode_seal(&head, &padded), Err(FormatError::Padding));
    }
}
