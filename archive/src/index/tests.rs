//! An index is read as it was written, and damage to it is found and named.

use proptest::prelude::*;

use super::*;

fn index(frames: &[(u32, u32, u32)]) -> Index {
    let at = |text| clock::parse(text).unwrap();
    let mut entries = Vec::new();
    let (mut offset, mut first_seq) = (0, 4711);
    for &(compressed_bytes, uncompressed_bytes, lines) in frames {
        entries.push(FrameEntry {
            first_seq,
            lines,
            offset,
            compressed_bytes,
            uncompressed_bytes,
        });
        offset += u64::from(compressed_bytes);
        first_seq += u64::from(lines);
    }
    let facts = ObjectFacts {
        journal: Uuid::from_u128(7),
        first_seq: 4711,
        count: first_seq - 4711,
        first_received_at: at("2026-11-23T10:00:00.000002Z"),
        min_received_at: at("2026-11-23T10:00:00.000001Z"),
        max_received_at: at("2026-11-23T10:00:00.000003Z"),
        uncompressed_bytes: entries
            .iter()
            .map(|frame| u64::from(frame.uncompressed_bytes))
            .sum(),
        sha256: [9; 32],
        object_bytes: 0,
    };
    Index::new(facts, entries)
}

fn written(index: &Index) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.write(&mut bytes);
    bytes
}

/// Sets four bytes and makes the checksum right again, as no accident would.
fn forged(mut bytes: Vec<u8>, at: usize, number: u32) -> Vec<u8> {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    let end = bytes.len() - 12;
    let crc = crc32c::crc32c(&bytes[..end]);
    bytes[end..end + 4].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn the_least_index_is_one_tail_and_160_frames_still_are() {
    assert_eq!(written(&index(&[(10, 20, 1)])).len(), TAIL_BYTES);
    assert_eq!(written(&index(&[(10, 20, 1); 160])).len(), TAIL_BYTES);
    assert!(written(&index(&[(10, 20, 1); 161])).len() > TAIL_BYTES);
}

#[test]
fn a_standard_decoder_skips_the_index() {
    assert_eq!(
        zstd::decode_all(written(&index(&[(10, 20, 1)])).as_slice()).unwrap(),
        b""
    );
}

#[test]
fn what_is_no_index_is_told_from_a_newer_one_and_a_damaged_one() {
    let good = written(&index(&[(10, 20, 1), (10, 20, 3)]));
    assert!(matches!(Index::parse(b""), Err(CorruptObject::NoIndex)));
    assert!(matches!(Index::parse(&good[1..]), Err(CorruptObject::NoIndex)));
    assert!(matches!(
        Index::parse(&good[..good.len() - 1]),
        Err(CorruptObject::NoIndex)
    ));
    let newer = forged(good.clone(), good.len() - 24, 2);
    assert!(matches!(
        Index::parse(&newer),
        Err(CorruptObject::Version { version: 2 })
    ));
    let mut damaged = good;
    damaged[40] ^= 1;
    assert!(matches!(
        Index::parse(&damaged),
        Err(CorruptObject::IndexChecksum)
    ));
}

#[test]
fn sizes_beyond_the_limits_and_sums_that_do_not_add_up_are_refused() {
    let good = || written(&index(&[(10, 20, 1), (10, 20, 3)]));
    for (at, number, what) in [
        (32, 5, "totals"),
        (32, 0, "number of messages"),
        (40, 41, "totals"),
        (52, i32::MAX.cast_unsigned(), "years"),
        (104, 0, "limits"),
        (104, u32::MAX, "limits"),
        (108, u32::MAX, "limits"),
        (112, 0, "limits"),
        (120, 1_000_001, "limits"),
        (2048 - 20, 3, "limits"),
        (2048 - 20, 1, "totals"),
        (2048 - 20, 0, "number of frames"),
        (2048 - 20, 170, "number of frames"),
        (2048 - 16, 2060, "number of frames"),
        (0, 0x184D_2A5E, "skippable"),
        (4, 2048, "skippable"),
    ] {
        let error = Index::parse(&forged(good(), at, number)).unwrap_err();
        assert!(error.to_string().contains(what), "byte {at}: {error}");
    }
    let error = Index::parse(&forged(forged(good(), 24, u32::MAX), 28, u32::MAX)).unwrap_err();
    assert!(error.to_string().contains("first position"), "{error}");
}

proptest! {
    #[test]
    fn every_index_is_read_as_it_was_written(
        frames in prop::collection::vec((1_u32..2_000_000, 1_u32..=1_000_000, 1_u32..10_000), 1..300),
        before in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let index = index(&frames);
        let mut bytes = before;
        index.write(&mut bytes);
        prop_assert_eq!(Index::parse(&bytes).unwrap(), index);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = Index::parse(&bytes);
        let _ = Index::length(&bytes);
    }

    #[test]
    fn any_forgery_is_read_or_refused(at in 0_usize..2048 - 12, number: u32, second in 0_usize..2048 - 12, other: u32) {
        let bytes = written(&index(&[(10, 20, 1), (10, 20, 3)]));
        let at = at.min(bytes.len() - 16);
        let second = second.min(bytes.len() - 16);
        let _ = Index::parse(&forged(forged(bytes, at, number), second, other));
    }
}
