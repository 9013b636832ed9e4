//! A frame: 24 bytes of head, a body, and zeros up to the next multiple of 8.

use uuid::Uuid;

use super::{Checksum, FormatError, RECORD_BYTES_LIMIT, bytes_at};

/// Length of a frame's head.
pub(crate) const FRAME_BYTES: usize = 24;

/// Frames begin at multiples of this.
const ALIGNMENT: usize = 8;

const KIND_RECORD: u8 = 1;
const KIND_SEAL: u8 = 2;

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Record,
    Seal,
}

/// A frame's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub(crate) kind: FrameKind,
    pub(crate) body_bytes: usize,
    pub(crate) seq: u64,
    /// `seq` minus the durable position when the frame was written.
    pub(crate) ahead: u32,
    checksum: u32,
}

/// Where a frame stands; its checksum covers this too.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) journal: Uuid,
    pub(crate) offset: u64,
}

/// Length of a frame with its padding.
pub(crate) const fn frame_bytes(body_bytes: usize) -> u64 {
    ((FRAME_BYTES + body_bytes).next_multiple_of(ALIGNMENT)) as u64
}

/// Appends a frame to `out`.
pub(crate) fn encode_frame(
    out: &mut Vec<u8>,
    place: Place,
    kind: FrameKind,
    seq: u64,
    durable_seq: u64,
    body: &[u8],
) {
    assert!(
        body.len() <= RECORD_BYTES_LIMIT,
        "a record's size is checked before it is taken"
    );
    let length = u32::try_from(body.len()).expect("the limit fits 32 bits");
    let ahead = seq
        .checked_sub(durable_seq)
        .and_then(|ahead| u32::try_from(ahead).ok());
    let ahead = ahead.expect("a group begins right behind the durable position and has less than 2^32 bytes");
    let mut head = [0; FRAME_BYTES];
    head[4..8].copy_from_slice(&length.to_le_bytes());
    head[8..16].copy_from_slice(&seq.to_le_bytes());
    head[16..20].copy_from_slice(&ahead.to_le_bytes());
    head[20] = match kind {
        FrameKind::Record => KIND_RECORD,
        FrameKind::Seal => KIND_SEAL,
    };
    let checksum = checksum(place, &head, body);
    head[..4].copy_from_slice(&checksum.to_le_bytes());

    let begin = out.len();
    out.extend_from_slice(&head);
    out.extend_from_slice(body);
    out.resize(begin + (FRAME_BYTES + body.len()).next_multiple_of(ALIGNMENT), 0);
}

impl FrameHead {
    /// Decodes a head; nothing in it is proven until [`FrameHead::body`] has checked it.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let Some(bytes) = bytes.first_chunk::<FRAME_BYTES>() else {
            if bytes.iter().all(|byte| *byte == 0) {
                return Err(FormatError::NoFrame);
            }
            return Err(FormatError::Truncated {
                missing: (FRAME_BYTES - bytes.len()) as u64,
            });
        };
        let kind = match bytes[20] {
            KIND_RECORD => FrameKind::Record,
            KIND_SEAL => FrameKind::Seal,
            0 if bytes.iter().all(|byte| *byte == 0) => return Err(FormatError::NoFrame),
            found => return Err(FormatError::FrameKind { found }),
        };
        if bytes[21..] != [0; 3] {
            return Err(FormatError::Padding);
        }
        let length = u32::from_le_bytes(bytes_at(bytes, 4));
        let body_bytes = length as usize;
        if body_bytes > RECORD_BYTES_LIMIT {
            return Err(FormatError::FrameLength { found: length });
        }
        Ok(Self {
            kind,
            body_bytes,
            seq: u64::from_le_bytes(bytes_at(bytes, 8)),
            ahead: u32::from_le_bytes(bytes_at(bytes, 16)),
            checksum: u32::from_le_bytes(bytes_at(bytes, 0)),
        })
    }

    /// Length of the whole frame.
    pub(crate) fn frame_bytes(&self) -> u64 {
        frame_bytes(self.body_bytes)
    }

    /// Everything up to here was durable when the frame was written, if the frame is sound.
    pub(crate) fn proven_seq(&self) -> Result<u64, FormatError> {
        self.seq
            .checked_sub(u64::from(self.ahead))
            .ok_or(FormatError::FrameAhead { found: self.ahead })
    }

    /// The body of the frame that begins with `bytes`, after checking all of it.
    pub(crate) fn body<'a>(&self, place: Place, bytes: &'a [u8]) -> Result<&'a [u8], FormatError> {
        let whole = (FRAME_BYTES + self.body_bytes).next_multiple_of(ALIGNMENT);
        let Some(frame) = bytes.get(..whole) else {
            return Err(FormatError::Truncated {
                missing: (whole - bytes.len()) as u64,
            });
        };
        let (head, rest) = frame.split_at(FRAME_BYTES);
        let (body, padding) = rest.split_at(self.body_bytes);
        if checksum(place, head, body) != self.checksum {
            return Err(FormatError::FrameChecksum);
        }
        if padding.iter().any(|byte| *byte != 0) {
            return Err(FormatError::Padding);
        }
        self.proven_seq()?;
        Ok(body)
    }
}

fn checksum(place: Place, head: &[u8], body: &[u8]) -> u32 {
    Checksum::default()
        .add(place.journal.as_bytes())
        .add(&place.offset.to_le_bytes())
        .add(&head[4..])
        .add(body)
        .finish()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place() -> Place {
        Place {
            journal: Uuid::from_u128(7),
            offset: 64,
        }
    }

    fn decode(place: Place, bytes: &[u8]) -> Result<(FrameHead, Vec<u8>), FormatError> {
        let head = FrameHead::decode(bytes)?;
        Ok((head, head.body(place, bytes)?.to_vec()))
    }

    #[test]
    fn every_flipped_bit_of_a_frame_is_noticed() {
        let mut bytes = Vec::new();
        encode_frame(
            &mut bytes,
            place(),
            FrameKind::Record,
            9,
            7,
            b"a body of 19 bytes.",
        );
        assert_eq!(bytes.len() as u64, frame_bytes(19));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(place(), &flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_frame_is_sound_only_in_its_place() {
        let mut bytes = Vec::new();
        encode_frame(&mut bytes, place(), FrameKind::Record, 9, 7, b"body");
        let elsewhere = Place {
            offset: 72,
            ..place()
        };
        assert_eq!(decode(elsewhere, &bytes), Err(FormatError::FrameChecksum));
        let other = Place {
            journal: Uuid::from_u128(8),
            ..place()
        };
        assert_eq!(decode(other, &bytes), Err(FormatError::FrameChecksum));
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            seq in 1_u64..u64::MAX,
            ahead in 0_u32..1000,
        ) {
            let durable = seq.saturating_sub(u64::from(ahead));
            let mut bytes = Vec::new();
            encode_frame(&mut bytes, place(), FrameKind::Record, seq, durable, &body);
            let (head, decoded) = decode(place(), &bytes).unwrap();
            prop_assert_eq!(head.seq, seq);
            prop_assert_eq!(head.proven_seq(), Ok(durable));
            prop_assert_eq!(head.frame_bytes(), bytes.len() as u64);
            prop_assert_eq!(decoded, body);
        }

        #[test]
        fn random_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(place(), &bytes).is_err());
        }

        #[test]
        fn random_bytes_behind_a_plausible_head_are_refused_without_panic(
            mut bytes in proptest::collection::vec(any::<u8>(), 24..200),
            length in 0_u32..300,
            kind in 1_u8..3,
        ) {
            bytes[4..8].copy_from_slice(&length.to_le_bytes());
            bytes[20..24].copy_from_slice(&[kind, 0, 0, 0]);
            prop_assert!(decode(place(), &bytes).is_err());
        }
    }
}
