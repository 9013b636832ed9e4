//! A checkpoint's slot: one of two in a cursor file, so that a torn write leaves the other.

use uuid::Uuid;

use super::{Checksum, FormatError, SEQ_LIMIT, VERSION, bytes_at};

/// Length of a cursor file.
pub(crate) const CURSOR_FILE_BYTES: usize = 2 * SLOT_DISTANCE;

const SLOT_BYTES: usize = 64;
/// Far enough apart that no sector or page holds both.
const SLOT_DISTANCE: usize = 4096;
const CHECKSUM_AT: usize = SLOT_BYTES - 4;
const MAGIC: [u8; 8] = *b"FBJRNCUR";

/// One written checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    /// Counts the writes; its lowest bit says which slot it is in.
    pub(crate) generation: u64,
    pub(crate) seq: u64,
}

/// Where the slot of a generation stands.
pub(crate) const fn slot_offset(generation: u64) -> usize {
    if generation.is_multiple_of(2) {
        0
    } else {
        SLOT_DISTANCE
    }
}

pub(crate) fn encode_slot(journal: Uuid, consumer: &str, slot: Slot) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..10].copy_from_slice(&VERSION.to_le_bytes());
    bytes[16..32].copy_from_slice(journal.as_bytes());
    bytes[32..40].copy_from_slice(&slot.generation.to_le_bytes());
    bytes[40..48].copy_from_slice(&slot.seq.to_le_bytes());
    let checksum = checksum(consumer, &bytes);
    bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// Decodes the slot that `bytes` begin with.
pub(crate) fn decode_slot(journal: Uuid, consumer: &str, bytes: &[u8]) -> Result<Slot, FormatError> {
    let Some(bytes) = bytes.first_chunk::<SLOT_BYTES>() else {
        return Err(FormatError::Truncated {
            missing: (SLOT_BYTES - bytes.len()) as u64,
        });
    };
    if bytes[..8] != MAGIC {
        return Err(FormatError::Magic);
    }
    let version = u16::from_le_bytes(bytes_at(bytes, 8));
    if version != VERSION {
        return Err(FormatError::Version { found: version });
    }
    if checksum(consumer, bytes).to_le_bytes() != bytes[CHECKSUM_AT..] {
        return Err(FormatError::HeaderChecksum);
    }
    let found = Uuid::from_bytes(bytes_at(bytes, 16));
    if found != journal {
        return Err(FormatError::ForeignJournal { found });
    }
    let generation = u64::from_le_bytes(bytes_at(bytes, 32));
    if generation > SEQ_LIMIT {
        return Err(FormatError::Generation { found: generation });
    }
    Ok(Slot {
        generation,
        seq: u64::from_le_bytes(bytes_at(bytes, 40)),
    })
}

fn checksum(consumer: &str, bytes: &[u8; SLOT_BYTES]) -> u32 {
    Checksum::default()
        .add(&bytes[..CHECKSUM_AT])
        .add(consumer.as_bytes())
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_slot_is_noticed() {
        let journal = Uuid::from_u128(7);
        let slot = Slot {
            generation: 3,
            seq: 99,
        };
        let bytes = encode_slot(journal, "loader", slot);
        assert_eq!(decode_slot(journal, "loader", &bytes), Ok(slot));
        for bit in 0..SLOT_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode_slot(journal, "loader", &flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_generation_that_could_not_be_followed_is_refused() {
        let journal = Uuid::from_u128(7);
        let decoded = |generation| {
            let slot = Slot { generation, seq: 1 };
            decode_slot(journal, "loader", &encode_slot(journal, "loader", slot))
        };
        assert!(decoded(SEQ_LIMIT).is_ok());
        assert_eq!(
            decoded(u64::MAX),
            Err(FormatError::Generation { found: u64::MAX })
        );
    }

    #[test]
    fn a_slot_belongs_to_one_consumer_of_one_journal() {
        let bytes = encode_slot(
            Uuid::from_u128(7),
            "loader",
            Slot {
                generation: 3,
                seq: 99,
            },
        );
        assert_eq!(
            decode_slot(Uuid::from_u128(7), "archiver", &bytes),
            Err(FormatError::HeaderChecksum)
        );
        let foreign = FormatError::ForeignJournal {
            found: Uuid::from_u128(7),
        };
        assert_eq!(decode_slot(Uuid::from_u128(8), "loader", &bytes), Err(foreign));
    }
}
