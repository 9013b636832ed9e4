//! Tests that use only public surfaces; see `tests/it`.
//!
//! What stands here is their one accomplice: the program on a disk that forgets, fails and kills ([`bad_disk`]).

pub mod bad_disk;
