//! One frame of an object, decompressed: whole lines with known positions.

use crate::index::{CorruptObject, FrameEntry};
use crate::line::OwnedLine;

/// The lines of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    entry: FrameEntry,
    bytes: Vec<u8>,
}

impl Frame {
    /// Decompresses a frame of the size its entry says. zstd's checksum is verified.
    pub fn decode(entry: FrameEntry, compressed: &[u8]) -> Result<Self, CorruptObject> {
        // The index's reader has bounded this number, so a hostile frame can't take more than one line's memory.
        let capacity = entry.uncompressed_bytes as usize;
        let bytes = zstd::bulk::decompress(compressed, capacity).map_err(|source| CorruptObject::Frame {
            first_seq: entry.first_seq,
            source,
        })?;
        if bytes.len() != capacity || bytes.last() != Some(&b'\n') {
            return Err(CorruptObject::Contradiction {
                what: "a frame's lines and its size",
            });
        }
        Ok(Self { entry, bytes })
    }

    /// Where it lies and what it holds.
    pub fn entry(&self) -> &FrameEntry {
        &self.entry
    }

    /// The lines as they are.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All its messages.
    pub fn messages(&self) -> Result<Vec<OwnedLine>, CorruptObject> {
        if self.lines().count() != self.entry.lines as usize {
            return Err(CorruptObject::Contradiction {
                what: "a frame's lines and their number",
            });
        }
        // The index's reader has seen that the last of these positions is one.
        let seqs = (0..u64::from(self.entry.lines)).map(|at| self.entry.first_seq + at);
        self.lines()
            .zip(seqs)
            .map(|(line, seq)| parse(line, seq))
            .collect()
    }

    /// The message of one position; `None` for one that is not in this frame.
    pub fn message(&self, seq: u64) -> Result<Option<OwnedLine>, CorruptObject> {
        let Some(at) = seq
            .checked_sub(self.entry.first_seq)
            .filter(|at| *at < u64::from(self.entry.lines))
        else {
            return Ok(None);
        };
        let line = usize::try_from(at)
            .ok()
            .and_then(|at| self.lines().nth(at))
            .ok_or(CorruptObject::Contradiction {
                what: "a frame's lines and their number",
            })?;
        parse(line, seq).map(Some)
    }

    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.split_inclusive(|byte| *byte == b'\n')
    }
}

fn parse(line: &[u8], seq: u64) -> Result<OwnedLine, CorruptObject> {
    let message = OwnedLine::parse(line).map_err(|source| CorruptObject::Line { seq, source })?;
    if message.seq != seq {
        return Err(CorruptObject::Seq {
            expected: seq,
            found: message.seq,
        });
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(lines: u32, uncompressed_bytes: usize) -> FrameEntry {
        let uncompressed_bytes = u32::try_from(uncompressed_bytes).unwrap();
        FrameEntry {
            first_seq: 5,
            lines,
            offset: 0,
            compressed_bytes: 0,
            uncompressed_bytes,
        }
    }

    fn lines(seqs: &[u64]) -> Vec<u8> {
        let rest = r#""source":"s","topic":"t","received_at":"2026-11-23T10:00:00.000000Z","qos":0,"retain":false,"dup":false"#;
        seqs.iter()
            .flat_map(|seq| format!("{{\"seq\":{seq},{rest},\"payload\":\"p\"}}\n").into_bytes())
            .collect()
    }

    fn frame(seqs: &[u64], count: u32) -> Frame {
        let lines = lines(seqs);
        Frame::decode(
            entry(count, lines.len()),
            &zstd::encode_all(lines.as_slice(), 3).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn a_frame_gives_all_its_messages_and_each_by_its_position() {
        let frame = frame(&[5, 6, 7], 3);
        assert_eq!(frame.messages().unwrap().len(), 3);
        assert_eq!(frame.message(6).unwrap().unwrap().seq, 6);
        assert_eq!(frame.message(4).unwrap(), None);
        assert_eq!(frame.message(8).unwrap(), None);
    }

    #[test]
    fn lines_that_are_not_where_the_index_says_are_refused() {
        assert!(matches!(
            frame(&[5, 7], 2).messages(),
            Err(CorruptObject::Seq {
                expected: 6,
                found: 7
            })
        ));
        assert!(matches!(
            frame(&[5, 7], 2).message(6),
            Err(CorruptObject::Seq {
                expected: 6,
                found: 7
            })
        ));
        assert!(matches!(
            frame(&[5, 6], 3).messages(),
            Err(CorruptObject::Contradiction { .. })
        ));
        assert!(matches!(
            frame(&[5, 6], 3).message(7),
            Err(CorruptObject::Contradiction { .. })
        ));
    }

    #[test]
    fn a_frame_that_holds_more_or_less_than_declared_is_refused() {
        let lines = lines(&[5, 6]);
        let compressed = zstd::encode_all(lines.as_slice(), 3).unwrap();
        assert!(matches!(
            Frame::decode(entry(2, lines.len() - 1), &compressed),
            Err(CorruptObject::Frame { .. })
        ));
        assert!(matches!(
            Frame::decode(entry(2, lines.len() + 1), &compressed),
            Err(CorruptObject::Contradiction { .. })
        ));
        let bomb = zstd::encode_all(vec![b'\n'; 100_000_000].as_slice(), 3).unwrap();
        assert!(matches!(
            Frame::decode(entry(2, 1000), &bomb),
            Err(CorruptObject::Frame { .. })
        ));
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_or_refused(bytes: Vec<u8>, size in 1_usize..100_000) {
            let _ = Frame::decode(entry(1, size), &bytes).map(|frame| frame.messages());
        }

        #[test]
        fn any_damage_to_a_frame_is_found(at: prop::sample::Index, flip in 1_u8..) {
            let lines = lines(&[5, 6, 7]);
            let mut compressor = zstd::bulk::Compressor::new(3).unwrap();
            compressor.include_checksum(true).unwrap();
            let mut compressed = compressor.compress(&lines).unwrap();
            let at = at.index(compressed.len());
            compressed[at] ^= flip;
            if let Ok(frame) = Frame::decode(entry(3, lines.len()), &compressed) {
                // Some bits of a frame's header carry no meaning for its content.
                prop_assert_eq!(frame.bytes(), lines);
            }
        }
    }
}
