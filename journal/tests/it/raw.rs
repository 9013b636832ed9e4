//! The format read without the journal's code: what a test does to frames, it does by the description on the crate's page.

/// Where a segment's first frame begins.
pub(crate) const FRAMES_BEGIN: usize = 64;
const HEAD: usize = 24;

/// A frame as its bytes say, whether they are sound or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawFrame {
    pub(crate) offset: usize,
    pub(crate) seq: u64,
    pub(crate) body_bytes: usize,
    checksum: u32,
}

impl RawFrame {
    /// The record's frame at an offset, if the bytes there look like one.
    pub(crate) fn at(segment: &[u8], offset: usize) -> Option<Self> {
        let head = segment.get(offset..offset + HEAD)?;
        let word = |at: usize| u32::from_le_bytes(head[at..at + 4].try_into().unwrap());
        let body_bytes = word(4) as usize;
        let whole = offset.checked_add(HEAD)?.checked_add(body_bytes)? <= segment.len();
        (head[20..] == [1, 0, 0, 0] && whole).then(|| Self {
            offset,
            seq: u64::from_le_bytes(head[8..16].try_into().unwrap()),
            body_bytes,
            checksum: word(0),
        })
    }

    /// Whether it is sound as a frame that stands at `place`.
    pub(crate) fn is_sound_at(&self, segment: &[u8], place: usize) -> bool {
        checksum(segment, self.offset, self.body_bytes, place) == self.checksum
    }

    pub(crate) fn body<'a>(&self, segment: &'a [u8]) -> &'a [u8] {
        &segment[self.offset + HEAD..][..self.body_bytes]
    }

    /// Where the next frame begins.
    pub(crate) fn end(&self) -> usize {
        (self.offset + HEAD + self.body_bytes).next_multiple_of(8)
    }

    /// Makes it a sound frame of another position, where it stands.
    pub(crate) fn sign(&self, segment: &mut [u8], seq: u64) {
        segment[self.offset + 8..self.offset + 16].copy_from_slice(&seq.to_le_bytes());
        let checksum = checksum(segment, self.offset, self.body_bytes, self.offset);
        segment[self.offset..self.offset + 4].copy_from_slice(&checksum.to_le_bytes());
    }
}

/// All sound frames of records from the beginning on.
pub(crate) fn sound_frames(segment: &[u8]) -> Vec<RawFrame> {
    let mut frames = Vec::new();
    let mut offset = FRAMES_BEGIN;
    while let Some(frame) = RawFrame::at(segment, offset).filter(|frame| frame.is_sound_at(segment, offset)) {
        offset = frame.end();
        frames.push(frame);
    }
    frames
}

fn checksum(segment: &[u8], offset: usize, body_bytes: usize, place: usize) -> u32 {
    let journal = &segment[16..32];
    let sum = crc32c::crc32c(journal);
    let sum = crc32c::crc32c_append(sum, &(place as u64).to_le_bytes());
    crc32c::crc32c_append(sum, &segment[offset + 4..offset + HEAD + body_bytes])
}
