//! Walking the last segment's frames, and telling a torn end from damage.

use uuid::Uuid;

use crate::format::{FRAME_BYTES, FormatError, FrameHead, FrameKind, HEADER_BYTES, Place, Seal, decode_seal};

/// Frames begin at multiples of this.
const ALIGNMENT: usize = 8;

/// The search for later frames may checksum this many times the bytes it searches. Bytes chosen by an enemy could else make
/// it checksum nearly all of them at each place.
const SEARCH_EFFORT: usize = 16;

/// What the last segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tail {
    pub(super) last_seq: u64,
    pub(super) body_bytes: u64,
    /// Where the last group begins that no later frame proves durable.
    pub(super) group_start: usize,
    /// Where the records end.
    pub(super) frames_end: usize,
    /// Where everything sound ends: behind the seal, if there is one.
    pub(super) end: usize,
    pub(super) seal: Option<Seal>,
    /// Bytes behind the end, without trailing zeros.
    pub(super) torn_bytes: usize,
}

/// Something that a torn write can't have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    pub(super) offset: u64,
    pub(super) source: FormatError,
}

/// Walks a whole segment whose header is sound.
pub(super) fn scan(bytes: &[u8], journal: Uuid, first_seq: u64) -> Result<Tail, Damage> {
    let mut tail = Tail {
        last_seq: first_seq - 1,
        body_bytes: 0,
        group_start: HEADER_BYTES,
        frames_end: HEADER_BYTES,
        end: HEADER_BYTES,
        seal: None,
        torn_bytes: 0,
    };
    let mut proven = first_seq - 1;
    loop {
        let offset = tail.end;
        let damage = |source| Damage {
            offset: offset as u64,
            source,
        };
        let rest = &bytes[offset..];
        let place = Place {
            journal,
            offset: offset as u64,
        };
        let sound = FrameHead::decode(rest).and_then(|head| Ok((head, head.body(place, rest)?)));
        // A sound frame of another position is a block that an older file has left here, and as good as garbage.
        let expected = |head: &FrameHead| match head.kind {
            FrameKind::Record => tail.last_seq + 1,
            FrameKind::Seal => tail.last_seq,
        };
        let Some((head, body)) = sound.ok().filter(|(head, _)| head.seq == expected(head)) else {
            tail.torn_bytes = rest.len() - trailing_zeros(rest);
            if tail.torn_bytes > 0 {
                refuse_proven_damage(bytes, journal, offset, tail.last_seq + 1)?;
            }
            return Ok(tail);
        };
        let frame_proves = head.proven_seq().map_err(damage)?;
        if frame_proves > proven || head.kind == FrameKind::Seal {
            proven = frame_proves;
            tail.group_start = offset;
        }
        tail.end += whole(&head);
        match head.kind {
            FrameKind::Record => {
                tail.last_seq = head.seq;
                tail.body_bytes += body.len() as u64;
                tail.frames_end = tail.end;
            }
            FrameKind::Seal => {
                let seal = decode_seal(&head, body).map_err(damage)?;
                check_seal(&seal, &tail, first_seq).map_err(damage)?;
                tail.seal = Some(seal);
                // Nothing is written behind a seal; what is there was never durable.
                let behind = &bytes[tail.end..];
                tail.torn_bytes = behind.len() - trailing_zeros(behind);
                return Ok(tail);
            }
        }
    }
}

fn check_seal(seal: &Seal, tail: &Tail, first_seq: u64) -> Result<(), FormatError> {
    let found = tail.last_seq + 1 - first_seq;
    if seal.count != found || found == 0 {
        return Err(FormatError::SealCount {
            sealed: seal.count,
            found,
        });
    }
    if seal.body_bytes != tail.body_bytes {
        return Err(FormatError::SealBytes {
            sealed: seal.body_bytes,
            found: tail.body_bytes,
        });
    }
    Ok(())
}

/// Looks from bad bytes on for a sound frame that was written when `lost_seq`, which should be here, was durable.
fn refuse_proven_damage(bytes: &[u8], journal: Uuid, bad: usize, lost_seq: u64) -> Result<(), Damage> {
    let damage = |source| {
        Err(Damage {
            offset: bad as u64,
            source,
        })
    };
    let mut effort = (bytes.len() - bad).saturating_mul(SEARCH_EFFORT);
    let most_frames = ((bytes.len() - bad) / FRAME_BYTES) as u64;
    let begin = bad.next_multiple_of(ALIGNMENT);
    for offset in (begin..bytes.len()).step_by(ALIGNMENT) {
        let rest = &bytes[offset..];
        let Ok(head) = FrameHead::decode(rest) else {
            continue;
        };
        let proves = head.proven_seq().is_ok_and(|proven| proven >= lost_seq);
        let possible = proves && head.seq - lost_seq <= most_frames && whole(&head) <= rest.len();
        if !possible {
            continue;
        }
        let Some(left) = effort.checked_sub(whole(&head)) else {
            return damage(FormatError::Undecidable);
        };
        effort = left;
        if head
            .body(
                Place {
                    journal,
                    offset: offset as u64,
                },
                rest,
            )
            .is_ok()
        {
            return damage(FormatError::ProvenDamage { proof: offset as u64 });
        }
    }
    Ok(())
}

fn whole(head: &FrameHead) -> usize {
    usize::try_from(head.frame_bytes()).expect("a frame's length fits memory, its body's does")
}

fn trailing_zeros(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|byte| **byte == 0).count()
}
