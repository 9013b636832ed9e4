//! What the quality of sensors is computed from. How is `catalogue`'s; here is what of the readings it takes, and what the
//! loader counted of those that are no readings.
//!
//! An asker's scope is looked at beforehand: callers hand in sensors that are within.

mod intake;
mod samples;

pub use intake::{Came, CameRequest, came, prune_intake};
pub use samples::{SampleRequest, Samples, samples};
