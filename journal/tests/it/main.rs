//! The journal at its public surface: on a real directory, and on one that fails, fills and waits as told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, helpers included")]

mod random;
mod raw;
mod rig;

mod neglect;
mod simulated;

mod appending;
mod chaos;
mod checkpoints;
mod damage;
mod eviction;
mod faults;
mod fixture;
mod fuzz;
mod model;
mod reading;
mod recovery;
mod sealing;
mod small_disk;
mod tail;
