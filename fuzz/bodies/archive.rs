//! An object of the archive, and what it is made of: read in full, or refused with a reason, within the format's memory.
//!
//! The first byte says what the others are: an object as it is, one whose index gets its checksum right (which no
//! fuzzer guesses), lines that are compressed for it, or one line or key.

use archive::{CorruptObject, Frame, FrameEntry, Index, OwnedLine, SegmentKey, SensorListKey};

pub(crate) fn run(data: &[u8]) {
    let Some((form, data)) = data.split_first() else {
        return;
    };
    match form % 4 {
        0 => object(data),
        1 => object(&with_checksum(data)),
        2 => frame(data),
        _ => {
            line(data);
            if let Ok(text) = std::str::from_utf8(data) {
                key(text);
            }
        }
    }
}

fn object(data: &[u8]) {
    let Ok(index) = Index::parse(data) else { return };
    let facts = index.facts();
    assert!(facts.uncompressed_bytes <= archive::MAX_OBJECT_BYTES);
    let mut next_seq = Some(facts.first_seq);
    for entry in index.frames() {
        assert_eq!(Some(entry.first_seq), next_seq);
        next_seq = entry.first_seq.checked_add(entry.lines.into());
        assert_eq!(index.frame_of(entry.first_seq), Some(entry));
        let range = entry.range();
        let range = usize::try_from(range.start)
            .ok()
            .zip(usize::try_from(range.end).ok());
        if let Some(compressed) = range.and_then(|(start, end)| data.get(start..end)) {
            let _ = messages(*entry, compressed);
        }
    }
    assert_eq!(next_seq.map_or(u64::MAX, |next| next - 1), facts.last_seq());
    assert_eq!(facts.key().to_string().parse().ok(), Some(facts.key()));
}

fn messages(entry: FrameEntry, compressed: &[u8]) -> Result<(), CorruptObject> {
    let frame = Frame::decode(entry, compressed)?;
    assert_eq!(frame.bytes().len(), entry.uncompressed_bytes as usize);
    let messages = frame.messages()?;
    assert_eq!(messages.len(), entry.lines as usize);
    for message in &messages {
        assert_eq!(frame.message(message.seq)?.as_ref(), Some(message));
    }
    Ok(())
}

/// Makes the checksum of the index right, if there is one: over its bytes up to itself, 12 before the end.
fn with_checksum(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    if let Ok(length) = Index::length(&data)
        && let Some(start) = data.len().checked_sub(length)
    {
        let end = data.len() - 12;
        let crc = crc32c::crc32c(&data[start..end]).to_le_bytes();
        data[end..end + 4].copy_from_slice(&crc);
    }
    data
}

/// A frame of these lines, counted right, from the position that the first of them says.
fn frame(lines: &[u8]) {
    let Ok(compressed) = zstd::bulk::compress(lines, 1) else {
        return;
    };
    let first = lines.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first_seq = OwnedLine::parse(first).map_or(0, |line| line.seq.min(u64::MAX / 2));
    let small = |number: usize| u32::try_from(number).expect("a fuzzer's input is short");
    let entry = FrameEntry {
        first_seq,
        lines: small(lines.iter().filter(|byte| **byte == b'\n').count()),
        offset: 0,
        compressed_bytes: small(compressed.len()),
        uncompressed_bytes: small(lines.len()),
    };
    let _ = messages(entry, &compressed);
}

fn line(data: &[u8]) {
    let Ok(line) = OwnedLine::parse(data) else { return };
    let mut again = Vec::new();
    line.as_line()
        .write(&mut again)
        .expect("what was read can be written");
    assert_eq!(
        OwnedLine::parse(&again).expect("what was written can be read"),
        line
    );
}

fn key(text: &str) {
    if let Ok(key) = text.parse::<SegmentKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<SensorListKey>() {
        assert_eq!(key.to_string(), text);
    }
}
