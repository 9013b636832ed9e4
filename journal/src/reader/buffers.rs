//! Memory that chunks are read into, again and again.
//!
//! Chunks are read on the runtime's threads for blocking work, and let go of on others. Memory that takes this way in pieces
//! of ever other sizes comes back late: an ingest that lagged for a second held ten times as much as it used.

use bytes::{Bytes, BytesMut};

/// One to read into while the records of the other are still in use.
const KEPT: usize = 2;

/// A larger chunk holds a single record, and is not kept.
const KEPT_BYTES_MAX: usize = super::CHUNK_BYTES_MAX;

/// The chunks that were read last. Each is read into once more when no record of it is left.
#[derive(Debug, Default)]
pub(crate) struct Buffers([Bytes; KEPT]);

impl Buffers {
    /// A buffer of this length, with whatever bytes.
    pub(super) fn take(&mut self, length: usize) -> BytesMut {
        for kept in &mut self.0 {
            match std::mem::take(kept).try_into_mut() {
                Ok(mut free) if free.capacity() >= length => {
                    free.resize(length, 0);
                    return free;
                }
                // One that is too small is worth nothing.
                Ok(_) => {}
                Err(in_use) => *kept = in_use,
            }
        }
        let usual = length.next_power_of_two().min(KEPT_BYTES_MAX);
        let mut new = BytesMut::with_capacity(usual.max(length));
        new.resize(length, 0);
        new
    }

    /// Keeps what was read in place of the older one.
    pub(super) fn keep(&mut self, chunk: &Bytes) {
        if chunk.len() <= KEPT_BYTES_MAX {
            let oldest = self.0.iter().position(Bytes::is_empty).unwrap_or(0);
            self.0[oldest..].rotate_left(1);
            self.0[KEPT - 1] = chunk.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads into a buffer, and tells where it lies.
    fn read(buffers: &mut Buffers, length: usize, byte: u8) -> (Bytes, *const u8) {
        let mut buffer = buffers.take(length);
        assert_eq!(buffer.len(), length);
        buffer.fill(byte);
        let chunk = buffer.freeze();
        buffers.keep(&chunk);
        let place = chunk.as_ptr();
        (chunk, place)
    }

    #[test]
    fn memory_is_read_into_again_when_no_record_of_it_is_left_and_never_before() {
        let mut buffers = Buffers::default();
        let (first, first_place) = read(&mut buffers, 100, 1);
        let record = first.slice(10..20);
        drop(first);
        let (second, second_place) = read(&mut buffers, 120, 2);
        assert_ne!(first_place, second_place);
        let (third, third_place) = read(&mut buffers, 120, 3);
        assert!(
            ![first_place, second_place].contains(&third_place),
            "both are in use"
        );
        assert_eq!((&record[..], &second[..]), (&[1; 10][..], &[2; 120][..]));

        drop(second);
        let (fourth, fourth_place) = read(&mut buffers, 90, 4);
        assert_eq!(fourth_place, second_place);
        drop(third);
        let (fifth, fifth_place) = read(&mut buffers, 128, 5);
        assert_eq!(fifth_place, third_place, "a longer one where there is room");
        assert_eq!((&fourth[..], &fifth[..]), (&[4; 90][..], &[5; 128][..]));
        assert_eq!(&record[..], &[1; 10]);
    }

    #[test]
    fn a_chunk_of_one_huge_record_is_not_kept() {
        let mut buffers = Buffers::default();
        drop(read(&mut buffers, KEPT_BYTES_MAX + 1, 1));
        assert!(buffers.0.iter().all(Bytes::is_empty));
    }
}
