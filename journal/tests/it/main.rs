//! The journal at its public surface: on a real directory, and on one that fails, fills and waits as told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, helpers included")]

mod rig;

mod appending;
mod chaos;
mod checkpoints;
mod damage;
mod faults;
mod fixture;
mod fuzz;
mod reading;
mod recovery;
mod sealing;
